import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import { createChanging } from "./changing.ts";
import { createEnding } from "./ending.ts";
import type { createInputs } from "./inputs.ts";
import type { Metrics, StreamMark } from "./metrics.ts";
import type { DatasetInput, FullRun, KeyedPoint, Links, LogBatch, ModelLink, NewRun, Run } from "./model.ts";
import { clean, cleanKey, cleanTexts, safePath, unknownResources } from "./rules.ts";
import type { RunChange } from "./run-change.ts";
import { createContent } from "./run-content.ts";
import { createQueues } from "./run-queues.ts";
import { createRow, putParams, putTags, type TrackingStore } from "./store.ts";

const withCleanKey = (point: KeyedPoint): KeyedPoint => {
  const key = cleanKey(point.key);
  return key === point.key ? point : { ...point, key };
};

/** All writes to runs. */
export function createWriting(store: Store, sql: TrackingStore, metrics: Metrics, inputs: ReturnType<typeof createInputs>) {
  const { database, ids } = store;
  const queues = createQueues();
  const { alone, idle } = queues;
  const contentOf = createContent(sql, metrics, inputs);
  const changing = createChanging({ store, sql, metrics, contentOf, queues });
  const { known, refuseDeleted, tell, write, patch } = changing;

  /** A run never changes its project. */
  const projects = new Map<string, string>();
  async function projectOf(runId: string): Promise<string> {
    let project = projects.get(runId);
    if (project === undefined) {
      project = (await known(runId)).run.project;
      if (projects.size >= 10_000) projects.clear();
      projects.set(runId, project);
    }
    return project;
  }

  return {
    contentOf,
    known,
    projectOf,

    async create(one: NewRun, caller: Caller): Promise<FullRun> {
      const tags: Record<string, string> = cleanTexts({ ...one.tags });
      const name = clean(one.name);
      tags["mlflow.runName"] = name;
      if (one.parentId !== undefined) tags["mlflow.parentRunId"] = one.parentId;
      const run: Run = {
        id: one.id ?? ids.hex(),
        project: one.project,
        experimentId: one.experimentId,
        kind: one.kind,
        name,
        step: one.step ?? null,
        key: one.key ?? null,
        parentId: one.parentId ?? null,
        because: one.because ?? caller.because ?? null,
        by: one.by ?? caller.actor.name,
        status: "RUNNING",
        verdict: null,
        lifecycle: "active",
        startedMs: one.startedMs,
        endedMs: null,
        resources: unknownResources,
        environment: one.environment ?? {},
        seal: null,
        sealEntry: null,
        sealedMs: null,
        sealBefore: null,
      };
      const owner = { project: run.project, runId: run.id };
      const params = cleanTexts(one.params ?? {});
      await database.commit([createRow(database.dialect, run), ...putParams(owner, params), ...putTags(owner, tags)]);
      tell(run);
      return { ...run, params, tags, metrics: [], inputs: [], outputs: [], datasets: [], models: [] };
    },

    async logBatch(runId: string, batch: LogBatch, caller: Caller): Promise<void> {
      const change: RunChange = {
        ...(batch.params && { params: cleanTexts(batch.params) }),
        ...(batch.tags && { tags: cleanTexts(batch.tags) }),
        ...(batch.metrics && { metrics: batch.metrics.map(withCleanKey) }),
        ...(batch.modelMetrics && { modelMetrics: batch.modelMetrics }),
      };
      const name = change.tags?.["mlflow.runName"];
      if (name !== undefined) return alone(runId, () => patch(runId, { ...change, run: { name } }, caller, "log"));
      await write(runId, await projectOf(runId), change, caller, "log");
    },
    /** Points that are lines of a stream: with the change it is noted how far the stream has come. CAP-MOVED-001 of a stream when it was further. */
    async logStream(runId: string, stream: StreamMark, points: readonly KeyedPoint[], caller: Caller): Promise<void> {
      await write(runId, await projectOf(runId), { metrics: points, stream }, caller, "log");
    },
    async addLinks(runId: string, links: Links, caller: Caller): Promise<void> {
      await write(runId, await projectOf(runId), { links }, caller, "links");
    },
    /** Datasets and models that a run read or made. A repeat is taken once. */
    async addInputs(
      runId: string,
      all: { datasets?: readonly DatasetInput[]; models?: readonly ModelLink[] },
      caller: Caller,
    ): Promise<void> {
      const { run } = await known(runId);
      const change: RunChange = {
        ...(all.datasets?.length && {
          datasets: { experimentId: run.experimentId, inputs: await inputs.asKept(run.experimentId, all.datasets) },
        }),
        ...(all.models?.length && { models: all.models }),
      };
      await write(runId, run.project, change, caller, "inputs");
    },
    async putArtifact(runId: string, path: string, blob: { digest: string; sizeBytes: number }, caller: Caller): Promise<void> {
      const safe = safePath(path);
      if (safe === undefined)
        throw new CapstanError("CAP-TRACK-002", {
          what: "path",
          problem: `${JSON.stringify(path.slice(0, 200))} could lead out of the run`,
        });
      await write(runId, await projectOf(runId), { artifacts: [{ path: clean(safe), ...blob }] }, caller, "artifact");
    },
    /** A file, or all below a folder; `""` is all that the run has. */
    async removeArtifacts(runId: string, path: string, caller: Caller): Promise<void> {
      const all = (await sql.artifacts(runId)).map((one) => one.path);
      const paths = path === "" ? all : all.filter((one) => one === path || one.startsWith(`${path}/`));
      if (paths.length === 0) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "artifact", name: path });
      await write(runId, await projectOf(runId), { removeArtifacts: paths }, caller, "artifact");
    },
    async removeTag(runId: string, key: string, caller: Caller): Promise<void> {
      const { run } = await known(runId);
      const { project } = run;
      await refuseDeleted(run, {});
      if ((await sql.texts("tag", [runId])).get(runId)?.[key] === undefined)
        throw new CapstanError("CAP-NOT-FOUND-001", { noun: "tag", name: key });
      await write(runId, project, { removeTags: [key] }, caller, "tag");
    },

    /** Name, environment, lifecycle or status, without ending. A sealed run that goes on is open again; its next seal names the last one. */
    patch: (runId: string, change: RunChange, caller: Caller, what: string) => alone(runId, () => patch(runId, change, caller, what)),

    ...createEnding({ store, metrics, inputs, contentOf, changing, queues }),
    /** Waits for packing that goes on. */
    idle,
  };
}
