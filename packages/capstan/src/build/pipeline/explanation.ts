import type { OutputOf } from "@capstan/contract";
import type { pipelineOperations, Reason } from "@capstan/contract/operations/pipeline";
import { CapstanError } from "../../base/foundation/errors.ts";
import { guessWord } from "./config/guess.ts";
import { sameFacts, withRoot } from "./reasons.ts";
import type { PipelineService } from "./service.ts";
import type { PipelineRunRow } from "./store.ts";

type Explanation = OutputOf<(typeof pipelineOperations)["pipeline.why"]>;

/** Why a step would run now, or would not. */
export async function explainNow(service: PipelineService, project: string, step: string): Promise<Explanation> {
  const { planned } = await service.plan({ project });
  const one = planned.find((other) => other.node.id === step) ?? planned.find((other) => other.node.step === step);
  if (!one)
    throw noStep(
      step,
      planned.map((other) => other.node.id),
    );
  const { reasons, path } = withRoot(one.reasons);
  const sentence = {
    run: `${one.node.id} would run because ${clause(reasons[0])}`,
    may: `${one.node.id} may run: ${reasons.map((reason) => reason.text).join("; ")}`,
    reuse: `${one.node.id} would not run: nothing that decides its result changed since run:${one.hit?.number ?? ""}`,
    skip: `${one.node.id} is skipped: ${reasons[0]?.text ?? "a rule"}`,
  }[one.decision];
  return {
    step: one.node.id,
    run: null,
    decision: one.decision,
    state: null,
    sentence,
    reasons,
    rootCause: path,
    same: sameFacts(one.before?.facts ?? one.hit?.facts ?? null, one.facts),
    stepKey: one.stepKey,
    compare: null,
  };
}

/** Why a step ran, did not, or failed, in a run. */
export async function explainRun(service: PipelineService, project: string, run: PipelineRunRow, step: string): Promise<Explanation> {
  const rows = service.live(run.id)?.steps.values() ?? (await service.sql.stepRuns(run.id));
  const all = [...rows];
  const row = all.find((one) => one.step === step) ?? all.find((one) => one.step.split("@")[0] === step);
  if (!row)
    throw noStep(
      step,
      all.map((one) => one.step),
    );
  const before = await service.sql.lastPassed(project, row.step, run.number);
  const { reasons, path } = withRoot(row.reasons);
  const because = clause(reasons[0]);
  const sentences: Record<string, string> = {
    reused: `${row.step} did not run: nothing that decides its result changed since run:${row.reused?.number ?? ""}`,
    ran: `${row.step} ran because ${because}`,
    running: `${row.step} runs because ${because}`,
    failed: `${row.step} ran because ${because}, and failed`,
    skipped: `${row.step} is skipped: ${reasons[0]?.text ?? "a rule"}`,
    notStarted: `${row.step} was not started${row.note === null ? "" : `: ${row.note}`}`,
    waiting: `${row.step} waits for what it needs`,
    ready: `${row.step} is ready, and waits for a free place`,
    cancelled: `${row.step} was cancelled`,
    lost: `${row.step} is lost: its processes are gone`,
  };
  return {
    step: row.step,
    run: `run:${run.number}`,
    decision: row.decision,
    state: row.state,
    sentence: sentences[row.state] ?? row.step,
    reasons,
    rootCause: path,
    same: row.facts ? sameFacts(before?.facts ?? null, row.facts) : [],
    stepKey: row.stepKey,
    compare: before && row.state === "ran" ? { before: `run:${before.number}`, after: `run:${run.number}` } : null,
  };
}

const clauses: Readonly<Record<Reason["kind"], string>> = {
  command: "its command changed",
  param: "a parameter changed",
  code: "its code changed",
  input: "an input changed",
  env: "its environment changed",
  output: "its declared outputs changed",
  settings: "its settings changed",
  forced: "it was forced",
  first: "it had never run",
  missing: "its last result was not kept",
  step: "a step ahead ran",
  rule: "of a rule",
};
const clause = (reason: Reason | undefined): string => (reason ? clauses[reason.kind] : "nothing else is known");

function noStep(step: string, steps: readonly string[]): CapstanError {
  const guess = guessWord(step, steps);
  return new CapstanError("CAP-RUN-002", { step, hint: guess ? `: did you mean ${guess}?` : "", steps: steps.join(" ") });
}
