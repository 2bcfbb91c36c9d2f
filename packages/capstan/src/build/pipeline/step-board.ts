import type { Reason } from "@capstan/contract/operations/pipeline";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { EventLog } from "./event-log.ts";
import type { Decided } from "./plan.ts";
import type { PipelineRunRow, PipelineStore, StepRunRow } from "./store.ts";

/** Where the steps of one pipeline run stand: in memory, in their rows, and for those who listen. */
export function createStepBoard({
  store,
  sql,
  row,
  steps,
  events,
}: {
  store: Store;
  sql: PipelineStore;
  row: PipelineRunRow;
  steps: Map<string, StepRunRow>;
  events: EventLog;
}) {
  /** Why each node was decided as it was, as soon as it is. */
  const reasons = new Map<string, readonly Reason[]>();
  const rowOf = (id: string): StepRunRow => {
    const found = steps.get(id);
    if (!found) throw new CapstanError("CAP-INTERNAL-001", { what: `step ${id} has no row` });
    return found;
  };
  const changed = (): void => store.events.emit("changed", { project: row.project, kind: "pipeline-run", id: row.id });
  const save = async (id: string, patch: Partial<StepRunRow>): Promise<StepRunRow> => {
    const next = { ...rowOf(id), ...patch };
    steps.set(id, next);
    await store.database.commit([sql.putStepRun(next)]);
    changed();
    return next;
  };
  /** Tells that a step has ended, as its row stands. */
  const ended = (id: string, more: { seconds?: number | null } = {}): void => {
    const one = rowOf(id);
    events.emit({
      event: "step.ended",
      at: toTime(store.clock.nowMs()),
      step: id,
      state: one.state,
      seconds: more.seconds ?? null,
      reusedFrom: one.reused ? `run:${one.reused.number}` : null,
      outputs: one.outputs.map((output) => ({ path: output.path, digest: output.digest, sizeBytes: output.sizeBytes })),
      metrics: one.metrics,
      error: one.error,
      note: one.note,
    });
  };
  /** What a node ahead made and why, for those that need it; of a step that was cut into several, one that ran before all. */
  const ahead = (step: string): Decided | undefined => {
    const one =
      steps.get(step) ??
      [...steps.values()].find((other) => other.step.split("@")[0] === step && other.state === "ran") ??
      [...steps.values()].find((other) => other.step.split("@")[0] === step);
    return (
      one && {
        outputs: one.state === "ran" || one.state === "reused" ? one.outputs : undefined,
        reasons: reasons.get(one.step) ?? one.reasons,
      }
    );
  };

  return { steps, reasons, rowOf, save, changed, ended, ahead };
}
export type StepBoard = ReturnType<typeof createStepBoard>;
