import { goesForward, type SuiteConfig, parseReference } from "@capstan/contract";
import type { Caller } from "../../base/foundation/caller.ts";
import { type Clock, toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { ProjectFile } from "./config/project-file.ts";
import type { Contents } from "./contents.ts";
import type { EventLog } from "./event-log.ts";
import type { Taken } from "./facts.ts";
import type { Subject, SuiteRunner } from "./seams.ts";
import type { StepBoard } from "./step-board.ts";
import type { PipelineRunRow } from "./store.ts";

/** Suites on the outputs of one pipeline run, each as soon as all it looks at is there. */
export function createJudging({
  suites,
  contents,
  clock,
  file,
  row,
  taken,
  caller,
  events,
  board,
}: {
  suites: SuiteRunner | undefined;
  contents: Contents;
  clock: Clock;
  file: ProjectFile;
  row: PipelineRunRow;
  taken: Taken;
  caller: Caller;
  events: EventLog;
  board: StepBoard;
}) {
  const judged = new Set<string>();

  const subjectOf = async (ref: string): Promise<Subject | undefined> => {
    const parsed = parseReference(ref);
    if (parsed?.kind === "data") {
      const version = taken.get(ref);
      return (
        version && {
          ref,
          name: parsed.name,
          form: version.content.form,
          digest: version.content.digest,
          path: await contents.localPath(version.content),
        }
      );
    }
    if (parsed?.kind !== "step") return undefined;
    const outputs = board.ahead(parsed.name)?.outputs;
    const output = outputs?.find((one) => one.name === parsed.part) ?? (parsed.part === null ? outputs?.[0] : undefined);
    return output && { ref, name: output.path, form: output.form, digest: output.digest, path: await contents.localPath(output) };
  };
  /** After the step `id` made something. The first suite that refuses is thrown. */
  return async function judge(id: string): Promise<void> {
    for (const [suite, config] of Object.entries(file.config.checks ?? {}) as [string, SuiteConfig][]) {
      const parsed = parseReference(config.for);
      if (!suites || parsed?.kind !== "step" || judged.has(suite)) continue;
      const subject = await subjectOf(config.for);
      const against = config.against === undefined ? null : await subjectOf(config.against);
      // Another step may have ended meanwhile and asked for the same one.
      if (!subject || against === undefined || judged.has(suite)) continue;
      judged.add(suite);
      const verdict = await suites.run(
        {
          project: row.project,
          suite,
          config,
          subject,
          against,
          pipelineRun: row.id,
          stepRun: board.rowOf(id).run,
          ...(row.because !== null && { because: row.because }),
        },
        caller,
      );
      events.emit({ event: "suite.ended", at: toTime(clock.nowMs()), suite, verdict: verdict.verdict, text: verdict.text });
      if ((config.when_failing ?? "refuse") === "refuse" && !goesForward(verdict.verdict) && verdict.verdict !== "inconclusive")
        throw new CapstanError("CAP-RUN-005", { step: parsed.name, suite, text: verdict.text });
    }
  };
}
