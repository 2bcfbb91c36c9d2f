import type { ConfigProblem, PipelineRun, PipelineRunSummary, PlannedStep, StepRun } from "@capstan/contract/operations/pipeline";
import { toTime } from "../../base/foundation/clock.ts";
import type { CapstanError } from "../../base/foundation/errors.ts";
import type { PlannedNode } from "./plan.ts";
import type { PipelineRunRow, StepRunRow } from "./store.ts";

const timeOf = (ms: number | null): string | null => (ms === null ? null : toTime(ms));
const secondsOf = (from: number | null, to: number | null): number | null => (from === null || to === null ? null : (to - from) / 1000);

export const problemView =
  (severity: "error" | "warn") =>
  (error: CapstanError): ConfigProblem => ({
    code: error.code,
    severity,
    message: error.message,
    where: error.where
      ? {
          file: error.where.file,
          ...(error.where.line !== undefined && { line: error.where.line }),
          ...(error.where.column !== undefined && { column: error.where.column }),
        }
      : null,
    why: error.why ?? null,
    do: error.remedy,
  });

export const plannedView = (one: PlannedNode): PlannedStep => ({
  step: one.node.id,
  decision: one.decision,
  reasons: one.reasons,
  stepKey: one.stepKey,
  reusedFrom: one.hit && { run: one.hit.pipelineRun, number: one.hit.number },
  estimateSeconds: one.estimateSeconds,
  inputs: one.facts.inputs.map((input) => ({ name: input.name, from: input.from, digest: input.digest || null })),
  outputs: one.node.outputs.map((output) => {
    const made = one.hit?.outputs.find((other) => other.name === output.name);
    return { ...output, digest: made?.digest ?? null, sizeBytes: made?.sizeBytes ?? null };
  }),
});

export function stepRunView(row: StepRunRow, progress: StepRun["progress"], nowMs: number): StepRun {
  return {
    step: row.step,
    run: row.run,
    state: row.state,
    decision: row.decision,
    reasons: row.reasons,
    stepKey: row.stepKey,
    reusedFrom: row.reused,
    started: timeOf(row.startedMs),
    ended: timeOf(row.endedMs),
    seconds: secondsOf(row.startedMs, row.endedMs ?? (row.state === "running" ? nowMs : null)),
    cpuSeconds: row.cpuSeconds,
    peakBytes: row.peakBytes,
    attempt: row.attempt,
    exit: row.exit,
    error: row.error && { code: row.error.code, message: row.error.message },
    outputs: row.outputs.map(({ name, path, kind, digest, sizeBytes }) => ({ name, path, kind, digest, sizeBytes })),
    metrics: row.metrics,
    progress: row.state === "running" ? progress : null,
    note: row.note,
  };
}

export function summaryView(row: PipelineRunRow, steps: readonly StepRunRow[], nowMs: number): PipelineRunSummary {
  const count = (...states: StepRunRow["state"][]): number => steps.filter((step) => states.includes(step.state)).length;
  return {
    run: row.id,
    number: row.number,
    name: row.name,
    state: row.state,
    verdict: row.verdict as PipelineRunSummary["verdict"],
    started: toTime(row.startedMs),
    ended: timeOf(row.endedMs),
    seconds: secondsOf(row.startedMs, row.endedMs ?? nowMs),
    ran: count("ran"),
    reused: count("reused"),
    failed: count("failed", "lost"),
    stepsTotal: row.stepsTotal,
    savedSeconds: row.savedSeconds,
    plain: row.plain,
    set: [...row.choice.set],
    by: row.by,
    message: row.message,
    because: row.because,
  };
}

export const runView = (
  row: PipelineRunRow,
  steps: readonly StepRunRow[],
  progressOf: (run: string) => StepRun["progress"],
  nowMs: number,
): PipelineRun => ({
  ...summaryView(row, steps, nowMs),
  steps: steps.map((step) => stepRunView(step, step.run === null ? null : progressOf(step.run), nowMs)),
  offered: row.offered,
  lockWritten: row.lockWritten,
  error: row.error && { code: row.error.code, message: row.error.message },
});
