import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Edge, LineageNode } from "../../base/record/model.ts";
import type { Store } from "../../base/record/store.ts";
import { type Change, type Committed, statement } from "../../base/storage/database.ts";
import { type createInputs, putDatasets, putModelLinks, putModelMetrics } from "./inputs.ts";
import type {
  Artifact,
  DatasetInput,
  FullRun,
  KeyedPoint,
  Link,
  Links,
  LogBatch,
  ModelLink,
  ModelMetric,
  NewRun,
  Run,
  RunEnd,
} from "./model.ts";
import { markStream, type Metrics, type StreamMark } from "./metrics.ts";
import { pointsPerBlock } from "./points.ts";
import { clean, cleanKey, cleanTexts, safePath, terminal } from "./rules.ts";
import { sealOf, type SealedContent } from "./seal.ts";
import {
  createRow,
  putArtifacts,
  putLinks,
  putParams,
  putTags,
  removeArtifact,
  removeTag,
  touch,
  type TrackingStore,
  updateRow,
} from "./store.ts";

/** Everything that one write may change of a run. */
export type RunChange = {
  run?: Partial<Pick<Run, "name" | "status" | "verdict" | "lifecycle" | "endedMs" | "resources" | "environment">>;
  params?: Record<string, string>;
  tags?: Record<string, string>;
  removeTags?: readonly string[];
  removeArtifacts?: readonly string[];
  metrics?: readonly KeyedPoint[];
  /** Which lines of a stream the metrics are. */
  stream?: StreamMark;
  artifacts?: readonly Artifact[];
  links?: Links;
  datasets?: { experimentId: string; inputs: readonly DatasetInput[] };
  models?: readonly ModelLink[];
  modelMetrics?: readonly ModelMetric[];
};

const withCleanKey = (point: KeyedPoint): KeyedPoint => {
  const key = cleanKey(point.key);
  return key === point.key ? point : { ...point, key };
};

const unknownResources = {
  wallSeconds: null,
  cpuSeconds: null,
  gpuSeconds: null,
  peakBytes: null,
  waitSeconds: null,
  readBytes: null,
  writtenBytes: null,
};

/**
 * All writes to runs. An open run takes a change in one transaction that also looks whether it is open; a sealed one takes it with an entry and a new seal
 * that names the old one. What is sealed and ended is decided here only.
 */
export function createWriting(store: Store, sql: TrackingStore, metrics: Metrics, inputs: ReturnType<typeof createInputs>) {
  const { database, recorder, events, ids, clock } = store;

  /** One at a time per run, in order of asking. */
  const queues = new Map<string, Promise<unknown>>();
  function alone<T>(runId: string, work: () => Promise<T>): Promise<T> {
    const before = queues.get(runId) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    queues.set(runId, settled);
    void settled.then(() => queues.get(runId) === settled && queues.delete(runId));
    return mine;
  }

  const tell = (run: { project: string; id: string }): void => events.emit("changed", { project: run.project, kind: "run", id: run.id });

  async function known(runId: string): Promise<{ run: Run; revision: number }> {
    const found = await sql.findRun(runId);
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: runId });
    return found;
  }

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
        if (queues.has(queue)) continue;
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

  async function contentOf(run: Run): Promise<SealedContent & { points: number; tail: number }> {
    const [params, tags, digests, artifacts, links, datasets, models] = await Promise.all([
      sql.texts("param", [run.id]),
      sql.texts("tag", [run.id]),
      metrics.digests(run.id),
      sql.artifacts(run.id),
      sql.links([run.id]),
      inputs.datasets([run.id]),
      inputs.models([run.id]),
    ]);
    return {
      run,
      params: params.get(run.id) ?? {},
      tags: tags.get(run.id) ?? {},
      blocks: digests.blocks,
      points: digests.points,
      tail: digests.tail,
      artifacts,
      inputs: links.get(run.id)?.inputs ?? [],
      outputs: links.get(run.id)?.outputs ?? [],
      datasets: datasets.get(run.id) ?? [],
      models: models.get(run.id) ?? [],
    };
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
            ...lineageOf(run, withModels(change.links ?? {}, change.models ?? [])),
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
        await changeSealed(runId, { run: patch }, caller, "status");
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
          [updateRow(database.dialect, sealed, revision), ...lineageOf(sealed, withModels(content, content.models)), ...also],
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

  function lineageOf(run: Run, links: Links): Change {
    const me = `run:${run.id}`;
    const node = (link: Link): LineageNode => ({
      id: link.node,
      kind: link.node.slice(0, Math.max(0, link.node.indexOf(":"))) || "thing",
      title: link.name,
      digest: link.digest,
      facts: {},
    });
    const inputs = links.inputs ?? [];
    const outputs = links.outputs ?? [];
    const edges: Edge[] = [
      ...inputs.map((one) => ({ from: me, to: one.node, relation: "input" })),
      ...outputs.map((one) => ({ from: one.node, to: me, relation: "made-by" })),
    ];
    return recorder.lineage(
      [
        { id: me, kind: "run", title: run.step ?? run.name, digest: null, facts: { kind: run.kind, name: run.name } },
        ...inputs.map(node),
        ...outputs.map(node),
      ],
      edges,
      run.project,
    );
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
    /** Waits for packing that goes on. */
    async idle(): Promise<void> {
      while (queues.size > 0) await Promise.all(queues.values());
    },
  };

  /** A deleted run takes nothing but its restoration; the runs of a deleted experiment count as deleted. */
  async function refuseDeleted(run: Run, change: RunChange): Promise<void> {
    if (change.run?.lifecycle !== undefined) return;
    if (run.lifecycle === "deleted" || (await sql.experimentIsDeleted(run.experimentId)))
      throw new CapstanError("CAP-STATE-001", { noun: "run", name: run.id, state: "deleted", action: "changed" });
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
}

/** MLflow keeps a run's name in a tag, too. */
const withName = (change: RunChange): RunChange =>
  change.run?.name === undefined ? change : { ...change, tags: { ...change.tags, "mlflow.runName": change.run.name } };

/** Models as links of lineage, beside the others. */
const withModels = (links: Links, models: readonly ModelLink[]): Links => {
  const of = (direction: ModelLink["direction"]): Link[] => [
    ...new Map(
      models
        .filter((one) => one.direction === direction)
        .map((one) => [one.modelId, { name: one.modelId, node: `logged-model:${one.modelId}`, digest: null }]),
    ).values(),
  ];
  return { inputs: [...(links.inputs ?? []), ...of("inputs")], outputs: [...(links.outputs ?? []), ...of("outputs")] };
};

/** The content after a change, as the rows will say it. */
function applied(content: SealedContent, change: RunChange, blocks: Record<string, string[]>): SealedContent {
  const tags = { ...content.tags, ...change.tags };
  for (const key of change.removeTags ?? []) delete tags[key];
  const merged = <T>(old: readonly T[], more: readonly T[], keyOf: (one: T) => string): T[] => [
    ...new Map([...old, ...more].map((one) => [keyOf(one), one])).values(),
  ];
  const all: Record<string, string[]> = { ...content.blocks };
  for (const [key, digests] of Object.entries(blocks)) all[key] = [...(all[key] ?? []), ...digests];
  const linkKey = (one: Link): string => `${one.name}\n${one.node}`;
  return {
    run: { ...content.run, ...change.run },
    params: { ...content.params, ...change.params },
    tags,
    blocks: all,
    artifacts: merged(content.artifacts, change.artifacts ?? [], (one) => one.path).filter(
      (one) => !change.removeArtifacts?.includes(one.path),
    ),
    inputs: merged(content.inputs, change.links?.inputs ?? [], linkKey),
    outputs: merged(content.outputs, change.links?.outputs ?? [], linkKey),
    datasets: [...merged(change.datasets?.inputs ?? [], content.datasets, ({ dataset }) => `${dataset.name}\n${dataset.digest}`)],
    models: merged(content.models, change.models ?? [], (one) => `${one.direction}\n${one.modelId}\n${one.step}`),
  };
}

/** A repeat of what is there already is no change, and needs no entry. */
const nothingNew = (before: SealedContent, after: SealedContent): boolean => sealOf(before, null) === sealOf(after, null);

/** What a change was, for its entry: names and digests, not values. */
const described = (change: RunChange): Record<string, string[] | string> => ({
  ...(change.run && { fields: Object.keys(change.run) }),
  ...(change.params && { params: Object.keys(change.params) }),
  ...(change.tags && { tags: Object.keys(change.tags), tagsDigest: digestOfJson(change.tags) }),
  ...(change.removeTags && { removedTags: [...change.removeTags] }),
  ...(change.metrics && { metrics: [...new Set(change.metrics.map((one) => one.key))] }),
  ...(change.artifacts && { artifacts: change.artifacts.map((one) => `${one.path} ${one.digest}`) }),
  ...(change.datasets && { datasets: change.datasets.inputs.map(({ dataset }) => `${dataset.name} ${dataset.digest}`) }),
  ...(change.models && { models: change.models.map((one) => one.modelId) }),
  ...(change.removeArtifacts && { removedArtifacts: [...change.removeArtifacts] }),
  ...(change.links && { links: [...(change.links.inputs ?? []), ...(change.links.outputs ?? [])].map((one) => one.node) }),
});
