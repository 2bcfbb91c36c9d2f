import type { Verdict } from "@capstan/contract";
import type { Caller } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError, toCapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { TrackingService } from "../tracking/service.ts";
import type { ProjectFile } from "./config/project-file.ts";
import type { EventLog } from "./event-log.ts";
import type { Taken } from "./facts.ts";
import { told } from "./failure.ts";
import { ignoreOutputs } from "./ignored.ts";
import type { LockedStep } from "./lock-file.ts";
import { writeTheLock } from "./plain-folder.ts";
import type { RunEnd } from "./run.ts";
import type { PipelineRunRow, PipelineStore, StepRunRow } from "./store.ts";

type Closed = PipelineRunRow & { verdict: Verdict };

/** How a pipeline run is closed: folder and lock, its row with its seal in one change, and the last word to those who listen. */
export function createRunEnd(
  { store, sql, tracking, host }: { store: Store; sql: PipelineStore; tracking: TrackingService; host: string },
  {
    row,
    steps,
    file,
    taken,
    caller,
    events,
  }: {
    row: PipelineRunRow;
    steps: ReadonlyMap<string, StepRunRow>;
    file: ProjectFile;
    taken: Taken;
    caller: Caller;
    events: EventLog;
  },
) {
  const { clock } = store;
  const { project, id, number } = row;

  /** The lock of a plain run, and what git need not see; true when the lock was written. */
  async function keepFolder(apart: ReadonlySet<string>): Promise<boolean> {
    const locked = new Map(
      [...steps].flatMap(([step, one]): [string, LockedStep][] =>
        !apart.has(step) && (one.state === "ran" || one.state === "reused") && one.facts && one.stepKey !== null
          ? [[step, { key: one.stepKey, facts: one.facts, outputs: one.outputs }]]
          : [],
      ),
    );
    if (!file.plain || locked.size === 0) return false;
    const written = await writeTheLock(file, locked, taken);
    await ignoreOutputs(
      file.folder,
      [...file.graph.nodes.values()].flatMap((node) => node.outputs),
    );
    return written;
  }

  const close = (final: Closed, status: "FINISHED" | "FAILED" | "KILLED", endedMs: number): Promise<unknown> =>
    tracking.endRun(id, { status, verdict: final.verdict, endedMs, also: [sql.endRun(final), sql.dropLease(project, host)] }, caller);

  const tell = (final: Closed, endedMs: number, failure: CapstanError | null, counted: boolean): void => {
    const count = (wanted: StepRunRow["state"]): number => (counted ? [...steps.values()].filter((one) => one.state === wanted).length : 0);
    events.emit({
      event: "result",
      at: toTime(endedMs),
      run: `run:${number}`,
      verdict: final.verdict,
      seconds: (endedMs - row.startedMs) / 1000,
      ran: count("ran"),
      reused: count("reused"),
      failed: count("failed"),
      savedSeconds: final.savedSeconds,
      lockWritten: final.lockWritten,
      error: failure && { code: failure.code, message: failure.message, do: failure.remedy },
    });
  };

  return {
    async ended(end: RunEnd): Promise<PipelineRunRow> {
      const endedMs = clock.nowMs();
      const failure = end.cancelled ? new CapstanError("CAP-RUN-011", { number }) : end.error;
      const state = end.cancelled ? "cancelled" : end.error ? "failed" : "passed";
      const final: Closed = {
        ...row,
        state,
        verdict: state === "passed" ? "pass" : state === "failed" ? "fail" : "error",
        endedMs,
        savedSeconds: end.savedSeconds,
        lockWritten: await keepFolder(end.apart),
        offered: end.offered,
        error: failure && told(failure),
      };
      await close(final, state === "passed" ? "FINISHED" : state === "failed" ? "FAILED" : "KILLED", endedMs);
      tell(final, endedMs, failure, true);
      store.events.emit("changed", { project, kind: "pipeline-run", id });
      return final;
    },
    /** A fault of ours: what is finished stays, the run is closed so that the next one can begin. */
    async broken(thrown: unknown): Promise<PipelineRunRow> {
      const failure = toCapstanError(thrown);
      const cause = failure.cause instanceof Error ? failure.cause.stack : undefined;
      store.log.error("pipeline.run", { run: id, error: failure.message, cause });
      const endedMs = clock.nowMs();
      const final: Closed = { ...row, state: "failed", verdict: "error", endedMs, error: told(failure) };
      await close(final, "FAILED", endedMs).catch(() => undefined);
      tell(final, endedMs, failure, false);
      return final;
    },
  };
}
