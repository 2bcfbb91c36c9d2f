import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import { type Change, statement } from "../../base/storage/database.ts";
import type { Changing } from "./changing.ts";
import { type createInputs, putDatasets } from "./inputs.ts";
import type { Metrics } from "./metrics.ts";
import type { Run, RunEnd } from "./model.ts";
import { unknownResources } from "./rules.ts";
import { type RunChange, withModels } from "./run-change.ts";
import type { ContentOf } from "./run-content.ts";
import { lineageOf } from "./run-lineage.ts";
import type { Queues } from "./run-queues.ts";
import { sealOf } from "./seal.ts";
import { updateRow } from "./store.ts";

/** What closes a run, and what moves it with its seal. */
export function createEnding({
  store,
  metrics,
  inputs,
  contentOf,
  changing,
  queues,
}: {
  store: Store;
  metrics: Metrics;
  inputs: ReturnType<typeof createInputs>;
  contentOf: ContentOf;
  changing: Changing;
  queues: Queues;
}) {
  const { database, recorder, clock } = store;
  const { known, refuseDeleted, tell } = changing;
  const { alone } = queues;

  async function seal(
    runId: string,
    patch: NonNullable<RunChange["run"]>,
    caller: Caller,
    also: Change,
    action = "run.ended",
  ): Promise<Run> {
    for (let attempt = 1; ; attempt++) {
      const { run, revision } = await known(runId);
      await refuseDeleted(run, {});
      if (run.seal !== null) {
        if (also.length > 0) throw new CapstanError("CAP-STATE-001", { noun: "run", name: runId, state: "ended", action: "ended again" });
        await changing.patch(runId, { run: patch }, caller, "status");
        return (await known(runId)).run;
      }
      const owner = { project: run.project, runId };
      try {
        await metrics.packAll(owner);
        const ended: Run = { ...run, ...patch };
        const content = await contentOf(ended);
        // A batch came in after packing: its revision is newer than ours, so look again.
        if (content.tail > 0) throw new CapstanError("CAP-MOVED-001", { noun: "run", name: runId });
        const entry = recorder.newEntryId();
        const digest = sealOf(content, run.sealBefore);
        const sealed: Run = { ...ended, seal: digest, sealEntry: entry, sealedMs: clock.nowMs() };
        await recorder.commit(
          [updateRow(database.dialect, sealed, revision), ...lineageOf(recorder, sealed, withModels(content, content.models)), ...also],
          [
            {
              id: entry,
              action,
              subject: { type: "run", id: runId, digest },
              project: run.project,
              actor: caller.actor,
              outcome: ended.verdict ?? ended.status,
              payload: {
                name: ended.name,
                kind: ended.kind,
                step: ended.step,
                key: ended.key,
                status: ended.status,
                verdict: ended.verdict,
                experiment: ended.experimentId,
                parent: ended.parentId,
                seal: digest,
                before: run.sealBefore,
                seconds: ended.resources.wallSeconds,
                points: content.points,
                params: Object.keys(content.params).length,
                artifacts: content.artifacts.length,
                inputs: content.inputs.map((one) => one.node),
                outputs: content.outputs.map((one) => one.node),
              },
              ...((run.because ?? caller.because) !== undefined && { because: run.because ?? caller.because ?? "" }),
            },
          ],
        );
        tell(run);
        return sealed;
      } catch (error) {
        if (!(error instanceof CapstanError && error.code === "CAP-MOVED-001") || attempt >= 10) throw error;
      }
    }
  }

  return {
    /** Seals an open run as it is, without an end. It goes on as soon as something is written to it. */
    sealStale: (runId: string, caller: Caller): Promise<Run> => alone(runId, () => seal(runId, {}, caller, [], "run.stale")),
    /** Into another experiment of its project, with the datasets it read; a recorded change, and a new seal when it has one. */
    move: (runId: string, experimentId: string, caller: Caller): Promise<void> =>
      alone(runId, async () => {
        for (let attempt = 1; ; attempt++) {
          const { run, revision } = await known(runId);
          await refuseDeleted(run, {});
          if (run.experimentId === experimentId) return;
          const content = await contentOf(run);
          const datasets = await inputs.asKept(experimentId, content.datasets);
          const moved: Run = { ...run, experimentId };
          const entry = recorder.newEntryId();
          const digest = run.seal === null ? null : sealOf({ ...content, run: moved, datasets }, run.seal);
          const next: Run =
            digest === null ? moved : { ...moved, seal: digest, sealEntry: entry, sealedMs: clock.nowMs(), sealBefore: run.seal };
          try {
            await recorder.commit(
              [
                // Readers of the one experiment learn that runs left it; the stamp is one of the other.
                statement("update experiment set runs_left = runs_left + 1 where id = ?", Number(run.experimentId)),
                statement("update run set experiment_id = ? where id = ?", Number(experimentId), runId),
                updateRow(database.dialect, next, revision),
                statement("delete from dataset_input where run_id = ?", runId),
                ...putDatasets({ project: run.project, runId }, experimentId, datasets),
              ],
              [
                {
                  id: entry,
                  action: "run.changed",
                  subject: { type: "run", id: runId, ...(digest !== null && { digest }) },
                  project: run.project,
                  actor: caller.actor,
                  outcome: run.status,
                  payload: { what: "experiment", from: run.experimentId, to: experimentId, seal: digest, before: run.seal },
                  ...(caller.because !== undefined && { because: caller.because }),
                },
              ],
            );
            return tell(run);
          } catch (error) {
            if (!(error instanceof CapstanError && error.code === "CAP-MOVED-001") || attempt >= 5) throw error;
          }
        }
      }),

    end: (runId: string, end: RunEnd, caller: Caller): Promise<Run> =>
      alone(runId, async () => {
        const { run } = await known(runId);
        const wallSeconds = Math.max(0, end.endedMs - run.startedMs) / 1000;
        return seal(
          runId,
          {
            status: end.status,
            endedMs: end.endedMs,
            ...(end.verdict && { verdict: end.verdict }),
            resources: { ...unknownResources, ...(run.seal !== null ? run.resources : {}), wallSeconds, ...end.resources },
          },
          caller,
          end.also ?? [],
        );
      }),
  };
}
