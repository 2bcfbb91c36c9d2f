import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { Change, Committed } from "../../base/storage/database.ts";
import { putDatasets, putModelLinks, putModelMetrics } from "./inputs.ts";
import { markStream, type Metrics } from "./metrics.ts";
import type { Run } from "./model.ts";
import { pointsPerBlock } from "./points.ts";
import { terminal } from "./rules.ts";
import { applied, described, nothingNew, type RunChange, withModels, withName } from "./run-change.ts";
import type { ContentOf } from "./run-content.ts";
import { lineageOf } from "./run-lineage.ts";
import type { Queues } from "./run-queues.ts";
import { sealOf } from "./seal.ts";
import { putArtifacts, putLinks, putParams, putTags, removeArtifact, removeTag, touch, type TrackingStore, updateRow } from "./store.ts";

/**
 * A change to a run, whatever state it is in. An open run takes it in one transaction that also looks whether it is open; a sealed one takes it with an entry and a new
 * seal that names the old one. What is sealed and ended is decided here only.
 */
export function createChanging({
  store,
  sql,
  metrics,
  contentOf,
  queues,
}: {
  store: Store;
  sql: TrackingStore;
  metrics: Metrics;
  contentOf: ContentOf;
  queues: Queues;
}) {
  const { database, recorder, events, clock } = store;
  const { alone } = queues;

  const tell = (run: { project: string; id: string }): void => events.emit("changed", { project: run.project, kind: "run", id: run.id });

  async function known(runId: string): Promise<{ run: Run; revision: number }> {
    const found = await sql.findRun(runId);
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: runId });
    return found;
  }

  /** A deleted run takes nothing but its restoration; the runs of a deleted experiment count as deleted. */
  async function refuseDeleted(run: Run, change: RunChange): Promise<void> {
    if (change.run?.lifecycle !== undefined) return;
    if (run.lifecycle === "deleted" || (await sql.experimentIsDeleted(run.experimentId)))
      throw new CapstanError("CAP-STATE-001", { noun: "run", name: run.id, state: "deleted", action: "changed" });
  }

  /** Statements of a change on an open run. */
  const openStatements = (run: { project: string; id: string }, change: RunChange): Change => {
    const owner = { project: run.project, runId: run.id };
    return [
      ...(change.params ? putParams(owner, change.params) : []),
      ...(change.metrics?.length ? metrics.append(owner, change.metrics) : []),
      ...(change.stream ? [markStream(owner, change.stream)] : []),
      ...(change.tags ? putTags(owner, change.tags) : []),
      ...(change.removeTags ?? []).map((key) => removeTag(run.id, key)),
      ...(change.artifacts ? putArtifacts(owner, change.artifacts) : []),
      ...(change.removeArtifacts ?? []).map((path) => removeArtifact(run.id, path)),
      ...(change.links ? putLinks(owner, change.links) : []),
      ...(change.datasets ? putDatasets(owner, change.datasets.experimentId, change.datasets.inputs) : []),
      ...(change.models ? putModelLinks(owner, change.models) : []),
      ...(change.modelMetrics?.length ? putModelMetrics(owner, change.modelMetrics) : []),
    ];
  };

  /** Which series have a full block in their tail, of the rows that the change returned. */
  function packWhatIsFull(owner: { project: string; runId: string }, committed: Committed): void {
    for (const rows of committed) {
      for (const row of rows) {
        const { key, tail_points: tail } = row;
        if (typeof key !== "string" || typeof tail !== "number" || tail < pointsPerBlock) continue;
        const queue = `${owner.runId}\n${key}`;
        if (queues.busy(queue)) continue;
        // Refused when a chunk came in between: the next batch asks again, and the run's end packs everything.
        alone(queue, () => metrics.pack(owner, key)).catch((error: unknown) => {
          if (!(error instanceof CapstanError && error.code === "CAP-MOVED-001"))
            store.log.warn("tracking.pack-failed", { run: owner.runId, error: String(error) });
        });
      }
    }
  }

  async function conflictOf(runId: string, params: Record<string, string>): Promise<CapstanError> {
    const stored = (await sql.texts("param", [runId])).get(runId) ?? {};
    const key = Object.keys(params).find((one) => stored[one] !== undefined && stored[one] !== params[one]) ?? "";
    return new CapstanError("CAP-TRACK-001", { run: runId, key, old: stored[key] ?? "", new: params[key] ?? "" });
  }

  /** Applies a change to a run, whatever state it is in. All of it happens, or nothing. */
  async function write(runId: string, project: string, change: RunChange, caller: Caller, what: string): Promise<void> {
    for (let attempt = 1; attempt <= 3; attempt++) {
      try {
        const committed = await database.commit([touch(database.dialect, runId), ...openStatements({ project, id: runId }, change)]);
        if (change.metrics?.length) packWhatIsFull({ project, runId }, committed);
        return tell({ project, id: runId });
      } catch (error) {
        if (!(error instanceof CapstanError && error.code === "CAP-MOVED-001")) throw error;
        if (error.params["noun"] === "param") throw await conflictOf(runId, change.params ?? {});
        if (error.params["noun"] === "stream") throw error;
      }
      const { run } = await known(runId);
      await refuseDeleted(run, change);
      // Sealed while nothing was heard of it: its client goes on, so it is open again.
      if (run.seal !== null && !terminal(run.status))
        await alone(runId, () => patch(runId, { run: { status: run.status } }, caller, "contact"));
      else if (run.seal !== null) return alone(runId, () => changeSealed(runId, change, caller, what));
    }
    throw new CapstanError("CAP-MOVED-001", { noun: "run", name: runId });
  }

  /** A recorded change: rows, entry and the new seal in one transaction. */
  async function changeSealed(runId: string, asked: RunChange, caller: Caller, what: string): Promise<void> {
    const change = withName(asked);
    for (let attempt = 1; ; attempt++) {
      const { run, revision } = await known(runId);
      if (run.seal === null) return patch(runId, change, caller, what);
      await refuseDeleted(run, change);
      const owner = { project: run.project, runId };
      const content = await contentOf(run);
      for (const [key, value] of Object.entries(change.params ?? {})) {
        const old = content.params[key];
        if (old !== undefined && old !== value) throw new CapstanError("CAP-TRACK-001", { run: runId, key, old, new: value });
      }
      const points = change.metrics?.length ? metrics.appendSealed(owner, change.metrics) : { change: [], digests: {} };
      const after = applied(content, change, points.digests);
      const entry = recorder.newEntryId();
      const unsealed = sealOf(after, run.seal);
      const next: Run = { ...after.run, seal: unsealed, sealEntry: entry, sealedMs: clock.nowMs(), sealBefore: run.seal };
      if (nothingNew(content, after)) return;
      const { metrics: _metrics, ...rest } = change;
      try {
        await recorder.commit(
          [
            updateRow(database.dialect, next, revision),
            ...openStatements(run, rest),
            ...points.change,
            ...lineageOf(recorder, run, withModels(change.links ?? {}, change.models ?? [])),
          ],
          [
            {
              id: entry,
              action: "run.changed",
              subject: { type: "run", id: runId, digest: unsealed },
              project: run.project,
              actor: caller.actor,
              outcome: next.status,
              payload: { what, seal: unsealed, before: run.seal, ...described(change) },
              ...(caller.because !== undefined && { because: caller.because }),
            },
          ],
        );
        return tell(run);
      } catch (error) {
        if (!(error instanceof CapstanError && error.code === "CAP-MOVED-001") || attempt >= 5) throw error;
        if (error.params["noun"] === "stream") throw error;
      }
    }
  }

  /** On the run's queue already. */
  async function patch(runId: string, asked: RunChange, caller: Caller, what: string): Promise<void> {
    const change = withName(asked);
    for (let attempt = 1; ; attempt++) {
      const { run, revision } = await known(runId);
      await refuseDeleted(run, change);
      const reopens = run.seal !== null && change.run?.status !== undefined && !terminal(change.run.status);
      if (run.seal !== null && !reopens) return changeSealed(runId, change, caller, what);
      const next: Run = {
        ...run,
        ...change.run,
        ...(reopens && { seal: null, sealEntry: null, sealedMs: null, sealBefore: run.seal, endedMs: null }),
      };
      const statements = [updateRow(database.dialect, next, revision), ...openStatements(run, change)];
      try {
        if (reopens) {
          const entry = {
            action: "run.changed",
            subject: { type: "run", id: runId, ...(run.seal !== null && { digest: run.seal }) },
            project: run.project,
            actor: caller.actor,
            outcome: "reopened",
            payload: { what: "reopened", before: run.seal },
          };
          await recorder.commit(statements, [entry]);
        } else await database.commit(statements);
        return tell(run);
      } catch (error) {
        if (!(error instanceof CapstanError && error.code === "CAP-MOVED-001") || attempt >= 5) throw error;
        if (error.params["noun"] === "param") throw await conflictOf(runId, change.params ?? {});
      }
    }
  }

  return { tell, known, refuseDeleted, write, patch };
}
export type Changing = ReturnType<typeof createChanging>;
