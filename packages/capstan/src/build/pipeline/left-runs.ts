import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Adopted } from "./adoption.ts";
import { type AttemptDeps, settle, systemCaller } from "./attempt.ts";
import { told } from "./failure.ts";
import type { AttemptRow, PipelineRunRow, StepRunRow } from "./store.ts";

export type LeftRunsDeps = AttemptDeps & {
  adopted: Adopted;
  /** This process, as attempts and leases name it. */
  host: string;
  /** Whether a host, by its id, is no more. */
  left(host: string): boolean;
  /** Before anything runs here: sandboxes that nothing works in are removed. */
  first: boolean;
  /** Aborted when this host ends itself. */
  leave: AbortSignal;
  /** Whether a pipeline run is this process's own. */
  isLive(run: string): boolean;
};

/** Takes over what a host that is no more left running: attempts go on and are settled when they end, its pipeline runs are closed. What a host that lives works at is left alone. */
export async function adoptLeftRuns(deps: LeftRunsDeps): Promise<{ attempts: number; runs: number }> {
  const { store, sql, host } = deps;
  for (const owner of await sql.leaseOwners()) if (deps.left(owner)) await store.database.commit([sql.dropLeaseOf(owner)]);
  const open = await sql.openAttempts();
  const attempts: AttemptRow[] = [];
  for (const attempt of open.filter((one) => deps.left(one.host))) {
    if (!(await isTaken(store.database.commit([sql.adoptAttempt(attempt.id, attempt.token, host)])))) continue;
    attempts.push(attempt);
    deps.adopted.add(attempt.project, attempt.stepKey, settleAdopted(deps, { ...attempt, token: attempt.token + 1, host }));
  }
  const runs = await leftRuns(deps);
  for (const row of runs)
    await closeLost(
      deps,
      row,
      attempts.filter((one) => one.pipelineRun === row.id),
    );
  if (!deps.first) return { attempts: attempts.length, runs: runs.length };
  const boxes = await leftBoxes(join(store.folder, "work"), open);
  void Promise.all(boxes.map((box) => rm(box, { recursive: true, force: true }))).catch((error: unknown) =>
    store.log.warn("pipeline.work", { error: String(error) }),
  );
  return { attempts: attempts.length, runs: runs.length };
}

/** Open runs that nobody holds. Looked at again, as one that ended meanwhile has given its lease back. */
async function leftRuns({ sql, isLive }: LeftRunsDeps): Promise<PipelineRunRow[]> {
  const open = (await sql.openRuns()).filter((row) => !isLive(row.id));
  if (open.length === 0) return [];
  const held = new Set(await sql.leasedRuns());
  const still = new Set((await sql.openRuns()).map((row) => row.id));
  return open.filter((row) => !held.has(row.id) && still.has(row.id));
}

/** False when another process was quicker. */
async function isTaken(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (error instanceof CapstanError && error.code === "CAP-MOVED-001") return false;
    throw error;
  }
}

async function settleAdopted(deps: LeftRunsDeps, attempt: AttemptRow): Promise<void> {
  const { store, sql } = deps;
  const settled = await settle(deps, attempt, systemCaller(null), { leave: deps.leave, last: () => true });
  const step = (await sql.stepRuns(attempt.pipelineRun)).find((one) => one.step === attempt.step);
  if (!step || settled.state === "left") return;
  const patch: Partial<StepRunRow> =
    settled.state === "ran"
      ? { state: "ran", outputs: [...settled.outputs], metrics: { ...settled.metrics }, endedMs: settled.exit.endedMs, note: settled.note }
      : {
          state: settled.kind === "infra" ? "lost" : "failed",
          error: told(settled.error, settled.lines),
          endedMs: settled.exit?.endedMs ?? store.clock.nowMs(),
        };
  await store.database.commit([sql.putStepRun({ ...step, ...patch })]);
  store.events.emit("changed", { project: attempt.project, kind: "pipeline-run", id: attempt.pipelineRun });
}

/** Closes a run whose host is gone. Its run in tracking, and those of steps that had no attempt yet, may or may not have been made. */
async function closeLost(deps: LeftRunsDeps, row: PipelineRunRow, attempts: readonly AttemptRow[]): Promise<void> {
  const { store, sql, tracking } = deps;
  for (const step of await sql.stepRuns(row.id)) {
    if (step.state === "waiting" || step.state === "ready")
      await store.database.commit([sql.putStepRun({ ...step, state: "notStarted", note: "its host ended" })]);
    else if (step.state === "running" && !attempts.some((one) => one.step === step.step))
      await store.database.commit([sql.putStepRun(await lastSeen(deps, step))]);
  }
  const caller = systemCaller(row.because);
  const end = { status: "KILLED", verdict: "error", endedMs: store.clock.nowMs() } as const;
  for (const run of await tracking.listRuns({ parentId: row.id, kinds: ["step"], statuses: ["RUNNING"] }, 1000)) {
    if (!attempts.some((one) => one.stepRun === run.id)) await tracking.endRun(run.id, end, caller);
  }
  const final = sql.endRun({
    ...row,
    state: "lost",
    verdict: "error",
    endedMs: end.endedMs,
    error: told(new CapstanError("CAP-RUN-015", { number: row.number })),
  });
  if (await tracking.findRun(row.id)) await tracking.endRun(row.id, { ...end, also: [final] }, caller);
  else await store.database.commit([final]);
}

/** A step that its host knew as running and that runs no more: its result may have been committed in the last moment. */
async function lastSeen({ store, sql }: LeftRunsDeps, step: StepRunRow): Promise<StepRunRow> {
  const result = step.stepKey === null ? undefined : await sql.result(step.project, step.stepKey);
  if (result && result.stepRun === step.run)
    return { ...step, state: "ran", outputs: [...result.outputs], metrics: { ...result.metrics }, endedMs: result.madeMs };
  return { ...step, state: "lost", endedMs: store.clock.nowMs(), note: "its host ended meanwhile" };
}

/** Sandboxes that no attempt works in any more; they bear the ids of attempts. */
async function leftBoxes(work: string, open: readonly AttemptRow[]): Promise<string[]> {
  const names = await readdir(work).catch(() => []);
  return names
    .filter((name) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(name) && !open.some((attempt) => attempt.id === name))
    .map((name) => join(work, name));
}
