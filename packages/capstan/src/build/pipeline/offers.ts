import { parseReference } from "@capstan/contract";
import type { Caller } from "../../base/foundation/caller.ts";
import type { ProjectFile } from "./config/project-file.ts";
import type { Contents } from "./contents.ts";
import type { MadeOutput, StepFacts } from "./model.ts";
import type { ModelSink } from "./seams.ts";
import type { Offered } from "./store.ts";

/** A step that ended well in this plan or before, with what it made. */
export type Made = {
  step: string;
  run: string;
  pipelineRun: string;
  key: string;
  outputs: readonly MadeOutput[];
  params: StepFacts["params"];
};

/** Offers every output that a model is `from:`. The same bytes are the same version, so that offering again does nothing. */
export async function offerModels(
  models: ModelSink,
  contents: Contents,
  ask: { project: string; file: ProjectFile; made: readonly Made[]; because: string | undefined },
  caller: Caller,
): Promise<Offered[]> {
  const offered: Offered[] = [];
  for (const [model, config] of Object.entries(ask.file.config.models ?? {})) {
    const ref = config.from === undefined ? undefined : parseReference(config.from);
    const step = ref && ask.made.find((one) => one.step === (ref.version === null ? ref.name : `${ref.name}@${ref.version}`));
    const output = step?.outputs.find((one) => one.name === ref?.part) ?? (ref?.part === null ? step?.outputs[0] : undefined);
    if (!step || !output || config.register === "manual") continue;
    const answer = await models.offer(
      {
        project: ask.project,
        model,
        config,
        pipelineRun: step.pipelineRun,
        step: { name: step.step, run: step.run, key: step.key },
        output: {
          ref: config.from ?? "",
          name: output.path,
          form: output.form,
          digest: output.digest,
          path: await contents.localPath(output),
          sizeBytes: output.sizeBytes,
        },
        params: Object.fromEntries(step.params.map(([name, json]) => [name, plainParam(json)])),
        ...(ask.because !== undefined && { because: ask.because }),
      },
      caller,
    );
    offered.push({ model, version: answer.version, digest: output.digest, text: answer.text });
  }
  return offered;
}

/** A parameter's JSON as people write it: text without quotes. */
export function plainParam(json: string): string {
  const value: unknown = JSON.parse(json);
  return typeof value === "string" ? value : json;
}
