import type { Caller } from "../../base/foundation/caller.ts";
import type { ProjectFile } from "./config/project-file.ts";
import type { Contents } from "./contents.ts";
import type { Taken } from "./facts.ts";
import { offerModels } from "./offers.ts";
import { deliver, writeTheLock } from "./plain-folder.ts";
import type { PlannedNode } from "./plan.ts";
import type { ModelSink } from "./seams.ts";
import type { Offered } from "./store.ts";

export type SettledRun = {
  run: null;
  planned: readonly PlannedNode[];
  reused: number;
  savedSeconds: number;
  lockWritten: boolean;
  offered: readonly Offered[];
};

/** A run in which nothing is out of date: folder and lock get what they lack, models are offered. */
export async function settleNothing(
  deps: { contents: Contents; models: ModelSink | undefined },
  project: string,
  file: ProjectFile,
  planned: readonly PlannedNode[],
  taken: Taken,
  caller: Caller,
  because: string | undefined,
): Promise<SettledRun> {
  const hits = planned.flatMap((one) => (one.hit ? [{ node: one.node, hit: one.hit, facts: one.facts }] : []));
  let lockWritten = false;
  if (file.plain) {
    for (const one of hits) await deliver(deps.contents, file, one.hit.outputs);
    lockWritten =
      hits.length > 0
        ? await writeTheLock(
            file,
            new Map(hits.map((one) => [one.node.id, { key: one.hit.stepKey, facts: one.facts, outputs: one.hit.outputs }])),
            taken,
          )
        : false;
  }
  const offered = !deps.models
    ? []
    : await offerModels(
        deps.models,
        deps.contents,
        {
          project,
          file,
          made: hits.map(({ node, hit, facts }) => ({
            step: node.id,
            run: hit.stepRun,
            pipelineRun: hit.pipelineRun,
            key: hit.stepKey,
            outputs: hit.outputs,
            params: facts.params,
          })),
          because,
        },
        caller,
      );
  return {
    run: null,
    planned,
    reused: hits.length,
    savedSeconds: hits.reduce((sum, one) => sum + one.hit.seconds, 0),
    lockWritten,
    offered,
  };
}
