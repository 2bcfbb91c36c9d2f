import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError, toCapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { TrackingService } from "../tracking/service.ts";
import { told } from "./failure.ts";
import type { PlannedNode } from "./plan.ts";
import type { Choice, PipelineRunRow, PipelineStore, StepRunRow } from "./store.ts";

export const leaseMs = 30_000;

/** A run of the project is going on, or undefined. */
export async function occupied({ store, sql }: { store: Store; sql: PipelineStore }, project: string): Promise<CapstanError | undefined> {
  const nowMs = store.clock.nowMs();
  const lease = await sql.lease(project);
  if (!lease || lease.untilMs < nowMs) return undefined;
  const run = await sql.runById(lease.run);
  return new CapstanError("CAP-RUN-009", {
    number: run?.number ?? 0,
    who: `process ${lease.pid}, ${Math.max(0, Math.round((nowMs - lease.takenMs) / 1000))} s`,
  });
}

/** Takes the project for one pipeline run and writes its rows: the run with its number, its steps, and the tracking run that will hold its seal. */
export async function beginRun(
  deps: { store: Store; sql: PipelineStore; tracking: TrackingService; host: string },
  ask: { project: string; message?: string | undefined; because?: string | undefined; plain: boolean; choice: Choice },
  planned: readonly PlannedNode[],
  caller: Caller,
): Promise<{ row: PipelineRunRow; steps: Map<string, StepRunRow>; experimentId: string }> {
  const { store, sql, tracking, host } = deps;
  const { project, choice, because } = ask;
  const nowMs = store.clock.nowMs();
  const experimentId = await tracking.ensureExperiment(project, project, caller);
  const draft: Omit<PipelineRunRow, "number"> = {
    project,
    id: store.ids.hex(),
    name: store.ids.words(),
    state: "running",
    verdict: null,
    startedMs: nowMs,
    endedMs: null,
    by: caller.actor.name,
    message: ask.message ?? null,
    because: because ?? null,
    plain: ask.plain,
    choice,
    stepsTotal: planned.length,
    savedSeconds: 0,
    lockWritten: false,
    offered: [],
    error: null,
  };
  const row = await taken(deps, draft);
  const steps = new Map(planned.map((one, place): [string, StepRunRow] => [one.node.id, emptyStep(row, one, place)]));
  try {
    await store.database.commit([...steps.values()].map((step) => sql.putStepRun(step)));
    await tracking.createRun(
      {
        project,
        experimentId,
        kind: "pipeline",
        name: row.name,
        id: row.id,
        startedMs: nowMs,
        params: Object.fromEntries(choice.set.map((one) => [one.split("=")[0] ?? one, one.slice(one.indexOf("=") + 1)])),
        ...(because !== undefined && { because }),
      },
      caller,
    );
  } catch (thrown) {
    // It never began: it must not stand in the way of the next.
    await store.database
      .commit([
        sql.endRun({ ...row, state: "failed", verdict: "error", endedMs: store.clock.nowMs(), error: told(toCapstanError(thrown)) }),
        sql.dropLease(project, host),
      ])
      .catch(() => undefined);
    throw thrown;
  }
  return { row, steps, experimentId };
}

/** Lease and row in one change, which gives the number, and a name that no other run of the project has. */
async function taken(
  { store, sql, host }: { store: Store; sql: PipelineStore; host: string },
  draft: Omit<PipelineRunRow, "number">,
): Promise<PipelineRunRow> {
  const { project, id, startedMs } = draft;
  try {
    const committed = await store.database.commit([
      ...sql.takeLease({ project, run: id, owner: host, pid: process.pid, takenMs: startedMs, untilMs: startedMs + leaseMs }, startedMs),
      sql.insertRun(draft),
    ]);
    const row = committed.flat().find((one) => typeof one["number"] === "number");
    return { ...draft, number: Number(row?.["number"]), name: String(row?.["name"]) };
  } catch (error) {
    if (error instanceof CapstanError && error.code === "CAP-MOVED-001") throw (await occupied({ store, sql }, project)) ?? error;
    throw error;
  }
}

const emptyStep = (row: PipelineRunRow, planned: PlannedNode, place: number): StepRunRow => ({
  project: row.project,
  pipelineRun: row.id,
  step: planned.node.id,
  place,
  state: "waiting",
  decision: planned.decision,
  reasons: planned.reasons,
  stepKey: planned.stepKey,
  facts: null,
  run: null,
  reused: null,
  startedMs: null,
  endedMs: null,
  cpuSeconds: null,
  peakBytes: null,
  attempt: 0,
  exit: null,
  error: null,
  outputs: [],
  metrics: {},
  note: null,
});
