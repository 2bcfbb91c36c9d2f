import type { Caller } from "../../../base/foundation/caller.ts";
import type { Edge, EntryDraft, LineageNode } from "../../../base/record/model.ts";
import type { Store } from "../../../base/record/store.ts";
import type { Change, Statement } from "../../../base/storage/database.ts";
import { type createInputs, datasetKey, putDatasets, putModelLinks } from "../inputs.ts";
import type { Metrics } from "../metrics.ts";
import type { Artifact, DatasetInput, ModelLink, Run } from "../model.ts";
import type { Points } from "../points.ts";
import { terminal } from "../rules.ts";
import { sealOf } from "../seal.ts";
import { createRow, putArtifacts, putParams, putTags } from "../store.ts";

/** A run with all it held elsewhere: texts are clean, paths safe, its blobs in the store, its experiment too. */
export type ImportedRun = {
  run: Omit<Run, "seal" | "sealEntry" | "sealedMs" | "sealBefore">;
  params: Record<string, string>;
  tags: Record<string, string>;
  curves: ReadonlyMap<string, Points>;
  datasets: readonly DatasetInput[];
  models: readonly ModelLink[];
  artifacts: readonly Artifact[];
};

/** Runs that were executed under another store. One that ended there is sealed here with what it holds; one that goes on there stays open. */
export function createImportedRuns(store: Store, metrics: Metrics, inputs: ReturnType<typeof createInputs>) {
  const { recorder, clock } = store;

  /** Datasets as their rows will say them: what the store has, then what the first run of this change says. */
  async function asKept(runs: readonly ImportedRun[]): Promise<Map<string, DatasetInput[]>> {
    const kept = new Map<string, DatasetInput["dataset"]>();
    const found = new Map<string, DatasetInput[]>();
    for (const { run, datasets } of runs) {
      if (datasets.length === 0) continue;
      const known = await inputs.asKept(run.experimentId, datasets);
      found.set(
        run.id,
        known.map((one, i) => {
          const key = datasetKey(run.experimentId, one.dataset);
          if (one.dataset !== datasets[i]?.dataset) kept.set(key, one.dataset);
          const dataset = kept.get(key) ?? one.dataset;
          kept.set(key, dataset);
          return { ...one, dataset };
        }),
      );
    }
    return found;
  }

  function lineage(run: Run, models: readonly ModelLink[]): Change {
    const me = `run:${run.id}`;
    const node = (id: string): LineageNode => ({ id: `logged-model:${id}`, kind: "logged-model", title: id, digest: null, facts: {} });
    const edges: Edge[] = models.map((one) =>
      one.direction === "inputs"
        ? { from: me, to: `logged-model:${one.modelId}`, relation: "input" }
        : { from: `logged-model:${one.modelId}`, to: me, relation: "made-by" },
    );
    return recorder.lineage(
      [
        { id: me, kind: "run", title: run.name, digest: null, facts: { kind: run.kind, name: run.name } },
        ...models.map((one) => node(one.modelId)),
      ],
      edges,
      run.project,
    );
  }

  return {
    /** All of them with their entries and `also`, or nothing. Refused with CAP-EXISTS-001 when one of the ids is taken. */
    async put(all: readonly ImportedRun[], source: string, caller: Caller, also: Change): Promise<void> {
      const kept = await asKept(all);
      const change: Statement[] = [];
      const entries: EntryDraft[] = [];
      for (const one of all) {
        const owner = { project: one.run.project, runId: one.run.id };
        const curves = metrics.wholeCurves(owner, one.curves);
        const datasets = kept.get(one.run.id) ?? [];
        const entry = recorder.newEntryId();
        const ended = terminal(one.run.status);
        const open: Run = { ...one.run, seal: null, sealEntry: null, sealedMs: null, sealBefore: null };
        const content = {
          params: one.params,
          tags: one.tags,
          blocks: curves.digests,
          artifacts: [...one.artifacts],
          inputs: [],
          outputs: [],
          datasets,
          models: [...one.models],
        };
        const seal = ended ? sealOf({ run: open, ...content }, null) : null;
        const run: Run = ended ? { ...open, seal, sealEntry: entry, sealedMs: clock.nowMs() } : open;
        change.push(
          createRow(store.database.dialect, run, true),
          ...putParams(owner, one.params),
          ...putTags(owner, one.tags),
          ...curves.change,
          ...putArtifacts(owner, one.artifacts),
          ...putDatasets(owner, run.experimentId, datasets),
          ...putModelLinks(owner, one.models),
          ...lineage(run, one.models),
        );
        entries.push({
          id: entry,
          action: "run.imported",
          subject: { type: "run", id: run.id, ...(seal !== null && { digest: seal }) },
          project: run.project,
          actor: caller.actor,
          outcome: run.status,
          payload: {
            source,
            name: run.name,
            experiment: run.experimentId,
            parent: run.parentId,
            status: run.status,
            seal,
            points: curves.points,
            params: Object.keys(one.params).length,
            artifacts: one.artifacts.length,
          },
          ...(caller.because !== undefined && { because: caller.because }),
        });
      }
      await recorder.commit([...change, ...also], entries);
      for (const { run } of all) store.events.emit("changed", { project: run.project, kind: "run", id: run.id });
    },
  };
}
