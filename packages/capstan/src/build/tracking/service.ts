import { CapstanError } from "../../base/foundation/errors.ts";
import type { Caller } from "../../base/foundation/caller.ts";
import { findEntry, listEntries, toEntry } from "../../base/record/entries.ts";
import type { SealCheck as SealSource } from "../../base/record/seal-check.ts";
import type { Store } from "../../base/record/store.ts";
import { createErasing } from "./erasing.ts";
import { createEvaluationDatasets } from "./evaluation/datasets.ts";
import { createIssues } from "./evaluation/issues.ts";
import { createScorers } from "./evaluation/scorers.ts";
import { readingOf } from "./blocks.ts";
import { createCurves } from "./curves/curves.ts";
import { createExperiments } from "./experiments.ts";
import { createImportedRuns } from "./imported/runs.ts";
import { gathered, readHistory } from "./history.ts";
import { createInputs } from "./inputs.ts";
import { createLoggedModels } from "./logged-models.ts";
import { createMetrics } from "./metrics.ts";
import type {
  Artifact,
  ArtifactEntry,
  FullRun,
  LatestMetric,
  LogBatch,
  Links,
  NewRun,
  Run,
  RunEnd,
  RunFilter,
  SealCheck,
} from "./model.ts";
import type { Points } from "./points.ts";
import { terminal } from "./rules.ts";
import { createRunSearch, type RunSearch } from "./search/run-search.ts";
import { sealOf } from "./seal.ts";
import { createStaleRuns } from "./stale.ts";
import { createTrackingStore, type RunCursor } from "./store.ts";
import { createStoredFiles, entriesBelow } from "./stored-files.ts";
import type { RunChange } from "./run-change.ts";
import { createWriting } from "./writing.ts";

export type Progress = { done: number; total: number | null; unit: string };
export type TrackingService = ReturnType<typeof createTrackingService>;

/** Experiments, runs and what runs hold. Every write is durable when its promise resolves. */
export function createTrackingService({ store }: { store: Store }) {
  const sql = createTrackingStore(store.database);
  const metrics = createMetrics(store.database, store.ids);
  const experiments = createExperiments(store, sql);
  const inputs = createInputs(store.database);
  const curves = createCurves(store.database);
  const runSearch = createRunSearch(store.database, store.log);
  const writing = createWriting(store, sql, metrics, inputs);
  const erasing = createErasing(store, sql);
  const sealStale = async (runId: string, caller: Caller): Promise<void> => void (await writing.sealStale(runId, caller));
  const imported = createImportedRuns(store, metrics, inputs);
  /** Of running runs; shown live, never kept. */
  const progress = new Map<string, Progress>();

  async function filled(runs: readonly Run[]): Promise<FullRun[]> {
    const ids = runs.map((run) => run.id);
    const [params, tags, latest, links, datasets, models] = await Promise.all([
      sql.texts("param", ids),
      sql.texts("tag", ids),
      metrics.latest(ids),
      sql.links(ids),
      inputs.datasets(ids),
      inputs.models(ids),
    ]);
    return runs.map((run) => ({
      ...run,
      params: params.get(run.id) ?? {},
      tags: tags.get(run.id) ?? {},
      metrics: latest.get(run.id) ?? [],
      inputs: links.get(run.id)?.inputs ?? [],
      outputs: links.get(run.id)?.outputs ?? [],
      datasets: datasets.get(run.id) ?? [],
      models: models.get(run.id) ?? [],
    }));
  }

  /** The entry that a run names must hold its seal, and be the newest about it. */
  async function ledgerProblems(run: Run): Promise<string[]> {
    const entry = run.sealEntry === null ? undefined : await findEntry(store.database, run.sealEntry);
    if (!entry || toEntry(entry).subject.digest !== run.seal) return ["no entry of the ledger holds this seal"];
    const [newest] = await listEntries(store.database, { subject: `run:${run.id}` }, { limit: 1 });
    return newest && entry.idx !== null && newest.id !== entry.id
      ? [`entry ${newest.idx} about the run is newer than the one its seal came with`]
      : [];
  }

  const service = {
    experiments,
    loggedModels: createLoggedModels(store),
    evaluation: { datasets: createEvaluationDatasets(store), scorers: createScorers(store), issues: createIssues(store) },
    /** Id of the experiment of this name, made on first use. */
    ensureExperiment: experiments.ensure,

    /** Makes a running run. Its experiment must be active. */
    async createRun(run: NewRun, caller: Caller): Promise<FullRun> {
      await experiments.ready();
      try {
        return await writing.create(run, caller);
      } catch (error) {
        if (!(error instanceof CapstanError && error.code === "CAP-MOVED-001")) throw error;
        const experiment = await experiments.get(run.experimentId);
        throw new CapstanError("CAP-STATE-001", { noun: "experiment", name: experiment.id, state: "deleted", action: "logged to" });
      }
    },
    /** Ends and seals it, and the open user runs below it: curves become blocks, entry `run.ended` holds the seal. Ending a sealed run otherwise is a recorded change. */
    async endRun(runId: string, end: RunEnd, caller: Caller): Promise<Run> {
      const run = await writing.end(runId, end, caller);
      progress.delete(runId);
      // What a step's script began and did not end has ended with its process.
      if (run.kind !== "user") {
        for (const child of await sql.list({ parentId: runId, kinds: ["user"], statuses: ["RUNNING", "SCHEDULED"] }, 1000))
          await service.endRun(child.id, { status: end.status, endedMs: end.endedMs }, caller);
      }
      return run;
    },
    /** All of a batch or nothing. A repeated metric point is taken once; a param keeps its first value. */
    logBatch: (runId: string, batch: LogBatch, caller: Caller): Promise<void> => writing.logBatch(runId, batch, caller),
    /** How many lines of a stream of points are durable, and the next ones. */
    streamLines: metrics.streamLines,
    logStream: writing.logStream,
    /** Points that came after a revision of the run. */
    pointsSince: metrics.since,
    setTags: (runId: string, tags: Record<string, string>, caller: Caller): Promise<void> => writing.logBatch(runId, { tags }, caller),
    removeTag: writing.removeTag,
    addLinks: (runId: string, links: Links, caller: Caller): Promise<void> => writing.addLinks(runId, links, caller),
    addInputs: writing.addInputs,
    datasetSummaries: inputs.summaries,
    /** Deletes for good what was deleted. */
    eraseRuns: erasing.runs,
    eraseExperiment: erasing.experiment,
    /** Seals open runs of which nothing was heard for a day; to be asked again and again, about every hour. */
    sealStaleRuns: createStaleRuns(store, sealStale),
    /** Moves runs into an experiment of their project, one after the other; what clients know of their artifacts goes on to be right. */
    async moveRuns(runIds: readonly string[], experimentId: string, caller: Caller): Promise<void> {
      const to = await experiments.getActive(experimentId);
      const runs = await Promise.all([...new Set(runIds)].map(async (id) => (await writing.known(id)).run));
      const from = await experiments.byId(runs.map((one) => one.experimentId));
      for (const run of runs) {
        if (run.project !== to.project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: run.id });
        const places = [from.get(run.experimentId)?.artifactLocation ?? null, to.artifactLocation];
        if (places[0] !== places[1] && !places.every((one) => one === null || /^mlflow-artifacts:/i.test(one)))
          throw new CapstanError("CAP-STATE-001", {
            noun: "run",
            name: run.id,
            state: "kept where its experiment says",
            action: `moved to an experiment with another place (${places[1] ?? "this store"})`,
          });
      }
      for (const run of runs) await writing.move(run.id, experimentId, caller);
    },
    /** Runs of another store, whole, with what else happens in the same change. */
    importRuns: imported.put,
    /** A run of another store that went on there: content first, then its end, as either is here. */
    async changeImported(runId: string, change: RunChange, caller: Caller): Promise<void> {
      const { run } = await writing.known(runId);
      const { status, endedMs, lifecycle, ...facts } = change.run ?? {};
      const patch = (more: RunChange): Promise<void> => writing.patch(runId, more, caller, "import");
      if (lifecycle === "active" && run.lifecycle === "deleted") await patch({ run: { lifecycle } });
      const ends = run.seal === null && status !== undefined && terminal(status);
      await patch({ ...change, run: ends || status === undefined ? facts : { ...facts, status, endedMs: endedMs ?? null } });
      if (ends) await writing.end(runId, { status, endedMs: endedMs ?? store.clock.nowMs() }, caller);
      if (lifecycle === "deleted" && run.lifecycle === "active") await patch({ run: { lifecycle } });
    },
    /** Every curve of each run, whole: for a few runs at a time. */
    curves: metrics.curves,
    /** Names a blob that the store has. The same path again replaces it. */
    putArtifact: writing.putArtifact,
    /** Changes name, environment, lifecycle or status without ending. */
    changeRun: (runId: string, run: NonNullable<RunChange["run"]>, caller: Caller, what = "run"): Promise<void> =>
      writing.patch(runId, { run }, caller, what),

    async findRun(runId: string): Promise<FullRun | undefined> {
      const found = await sql.findRun(runId);
      return found && (await filled([found.run]))[0];
    },
    async getRun(runId: string): Promise<FullRun> {
      const found = await service.findRun(runId);
      if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: runId });
      return found;
    },
    /** The project of a run; fails when there is no such run. Costs nothing the second time. */
    projectOf: writing.projectOf,
    /** Newest first. Give the last run of a page as cursor for the next. */
    async listRuns(filter: RunFilter, limit: number, cursor?: RunCursor): Promise<FullRun[]> {
      return filled(await sql.list(filter, limit, cursor));
    },
    /** A page of runs that a filter in the search language asks for, in its order. */
    async searchRuns(search: RunSearch): Promise<{ runs: FullRun[]; next: string | undefined; total: number | undefined }> {
      const { ids, next, total } = await runSearch.search(search);
      return { runs: await service.runsInOrder(ids), next, total };
    },
    /** The ids of such a page alone: a large one is read part by part. */
    searchRunIds: runSearch.search,
    /** Those of these runs that there are, in this order. */
    async runsInOrder(ids: readonly string[]): Promise<FullRun[]> {
      const found = await sql.runs(ids);
      return filled(ids.flatMap((id) => found.get(id) ?? []));
    },
    /** Datasets and models that runs read or made, by run. */
    async inputsOf(ids: readonly string[]) {
      const [datasets, models] = await Promise.all([inputs.datasets(ids), inputs.models(ids)]);
      return { datasets, models };
    },
    /** Typed questions of the table of runs, where columns can answer them. */
    runIds: runSearch.ids,
    runGroups: runSearch.groups,
    countRuns: sql.count,
    /** Projects of the runs that there are. */
    projectsOf: async (ids: readonly string[]): Promise<Map<string, string>> =>
      new Map([...(await sql.runs(ids))].map(([id, run]) => [id, run.project])),
    runsById: async (ids: readonly string[]): Promise<Map<string, FullRun>> =>
      new Map((await filled([...(await sql.runs(ids)).values()])).map((run) => [run.id, run])),
    /** The newest run of this key that ended FINISHED: equal keys need no second execution. */
    async findByKey(project: string, key: string): Promise<FullRun | undefined> {
      return (await service.listRuns({ projects: [project], key, statuses: ["FINISHED"] }, 1))[0];
    },
    latestMetrics: async (runId: string): Promise<LatestMetric[]> => (await metrics.latest([runId])).get(runId) ?? [],

    /** The whole history of one metric in the order time, step, value. */
    history: (runId: string, key: string): Promise<Points> => gathered(service.historyPieces(runId, key), 0),
    /** The same in pieces, for any length; the first `skip` points are left out. */
    historyPieces: (runId: string, key: string, skip = 0): AsyncGenerator<Points> =>
      readHistory(readingOf(store.database), runId, key, skip),
    /** Which series runs of a project have; curves of them in buckets; a history as the text of the wire; points at evenly spaced steps. */
    seriesOfRuns: curves.series,
    charts: curves.charts,
    historyText: curves.history,
    samples: curves.samples,
    valuesAtStep: curves.valuesAtStep,

    artifacts: (runId: string): Promise<Artifact[]> => sql.artifacts(runId),
    findArtifact: sql.findArtifact,
    /** Files and folders directly below a folder of the run. */
    listArtifacts: async (runId: string, folder = ""): Promise<ArtifactEntry[]> => entriesBelow(await sql.artifacts(runId), folder),
    /** A file, or all below a folder. */
    removeArtifacts: writing.removeArtifacts,
    files: createStoredFiles(store),

    /** Says how far a run is, to it and to the runs it belongs to. */
    async setProgress(runId: string, now: Progress): Promise<void> {
      for (let id: string | null = runId, depth = 0; id !== null && depth < 8; depth++) {
        const found = await sql.findRun(id);
        if (!found || found.run.seal !== null) return;
        progress.set(id, now);
        store.events.emit("progress", { project: found.run.project, run: id, ...now });
        id = found.run.kind === "user" ? found.run.parentId : null;
      }
    },
    progressOf: (runId: string): Progress | undefined => progress.get(runId),

    /** Computes the seal again from rows and points; with `deep` also hashes the bytes of artifacts. */
    async verifySeal(runId: string, deep = false): Promise<SealCheck> {
      const { run } = await writing.known(runId);
      const content = await writing.contentOf(run);
      const facts = { points: content.points, artifacts: content.artifacts.length };
      if (run.seal === null)
        return { verdict: "inconclusive", seal: null, computed: null, problems: ["the run is open: nothing covers it yet"], ...facts };
      const problems = await metrics.verifyBlocks(runId);
      const computed = sealOf(content, run.sealBefore);
      if (computed !== run.seal) problems.push("what the run holds is not what its seal was computed from");
      problems.push(...(await ledgerProblems(run)));
      if (content.tail > 0) problems.push(`${content.tail} metric points lie outside the seal`);
      for (const one of content.artifacts) {
        const found = deep ? await store.blobs.verify(one.digest) : (await store.blobs.has(one.digest)) ? "same" : "absent";
        if (found !== "same")
          problems.push(`artifact ${one.path} ${found === "absent" ? "is missing in the store" : "holds other bytes than its name says"}`);
      }
      return { verdict: problems.length === 0 ? "pass" : "fail", seal: run.seal, computed, problems, ...facts };
    },
    /** Waits for work that goes on behind answers. */
    idle: writing.idle,
    /** Ends the threads of searches and curves. */
    close: async (): Promise<void> => void (await Promise.all([runSearch.close(), curves.close()])),
  };
  return service;
}

/** What verification of the record asks of runs: every seal computed again. */
export const runSeals = (service: TrackingService, store: Store): SealSource => ({
  noun: "runs",
  async check({ deep }) {
    const problems: string[] = [];
    let count = 0;
    for (let after = ""; ;) {
      const page = await store.database.all<{ id: string; name: string }>(
        "select id, name from run where seal is not null and id > ? order by id limit 500",
        [after],
      );
      for (const run of page) {
        const found = await service.verifySeal(run.id, deep);
        count++;
        for (const problem of found.problems) problems.push(`run ${run.name} (${run.id.slice(0, 8)}): ${problem}`);
      }
      const last = page[page.length - 1];
      if (page.length < 500 || !last) return { count, problems };
      after = last.id;
    }
  },
});
