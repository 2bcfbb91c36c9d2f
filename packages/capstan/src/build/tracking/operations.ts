import { setImmediate as turn } from "node:timers/promises";
import type { ExperimentSummary, RunSummary, Series, trackingOperations } from "@capstan/contract/operations/tracking";
import type { Caller, Handlers } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { Analytics } from "../data/analytics.ts";
import { createArtifactTables } from "./artifact-table.ts";
import { contentTypeOf } from "./content-type.ts";
import type { Experiment, FullRun, RunFilter } from "./model.ts";
import { ordinaryKinds } from "./rules.ts";
import type { TrackingService } from "./service.ts";
import { compared, environmentOf, metricFactsOf, metricWord, refOf, seriesOf, summaryOf } from "./views.ts";

/** Put together before others have their turn. */
const valuesPerTurn = 5000;

export const trackingHandlers = (service: TrackingService, store: Store, analytics: Analytics): Handlers<typeof trackingOperations> => {
  const tables = createArtifactTables({ blobs: store.blobs, analytics });
  const now = (): number => store.clock.nowMs();

  /** A run of this project; one of another is as good as none. */
  async function getRun(project: string, id: string): Promise<FullRun> {
    const run = await service.findRun(id);
    if (!run || run.project !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: id });
    return run;
  }
  async function getRuns(project: string, ids: readonly string[]): Promise<FullRun[]> {
    const found = await service.runsById(ids);
    return ids.map((id) => {
      const run = found.get(id);
      if (!run || run.project !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: id });
      return run;
    });
  }
  async function summaries(runs: readonly FullRun[]) {
    const names = new Map<string, string>();
    for (const id of new Set(runs.map((run) => run.experimentId))) names.set(id, (await service.experiments.find(id))?.name ?? id);
    const made: RunSummary[] = [];
    let values = 0;
    for (const run of runs) {
      made.push(summaryOf(run, names.get(run.experimentId) ?? run.experimentId, service.progressOf(run.id), now()));
      values += run.metrics.length;
      if (values < valuesPerTurn) continue;
      values = 0;
      await turn();
    }
    return made;
  }

  async function experimentSummary(one: Experiment): Promise<ExperimentSummary> {
    const filter: RunFilter = { experimentIds: [one.id], kinds: ordinaryKinds };
    const [runs, running, newest] = await Promise.all([
      service.countRuns(filter),
      service.countRuns({ ...filter, statuses: ["RUNNING"] }),
      service.listRuns(filter, 30),
    ]);
    const key = mostHeld(newest);
    const values = newest
      .map((run) => run.metrics.find((metric) => metric.key === key)?.value)
      .filter((value) => value !== undefined && Number.isFinite(value)) as number[];
    const last = newest[0];
    return {
      id: one.id,
      name: one.name,
      project: one.project,
      state: one.lifecycle,
      created: toTime(one.createdMs),
      runs,
      running,
      lastActivity: last ? toTime(last.endedMs ?? last.startedMs) : null,
      mainMetric: key !== undefined && values.length > 0 ? { key, values: values.reverse() } : null,
      tags: one.tags,
    };
  }

  async function detail(run: FullRun) {
    const [summary] = await summaries([run]);
    if (!summary) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: run.id });
    const [parent, children, artifacts, models] = await Promise.all([
      run.parentId === null ? undefined : service.findRun(run.parentId),
      service.listRuns({ parentId: run.id }, 200),
      service.artifacts(run.id),
      service.loggedModels.byId([...new Set(run.models.map((one) => one.modelId))]),
    ]);
    const { resources } = run;
    return {
      ...summary,
      tags: run.tags,
      key: run.key,
      metricFacts: metricFactsOf(run),
      inputs: run.inputs,
      outputs: run.outputs,
      datasets: run.datasets.map(({ dataset, tags }) => ({
        ...dataset,
        context: tags.find((one) => one.key === "mlflow.data.context")?.value ?? null,
      })),
      models: run.models.flatMap(({ direction, modelId, step }) =>
        models
          .filter((one) => one.id === modelId)
          .map(({ id, name, modelType, status, params }) => ({ id, direction, step, name, type: modelType, status, params })),
      ),
      artifacts: { files: artifacts.length, sizeBytes: artifacts.reduce((sum, one) => sum + one.sizeBytes, 0) },
      environment: environmentOf(run.environment, run.tags),
      resources: { ...resources, readBytes: resources.readBytes ?? null, writtenBytes: resources.writtenBytes ?? null },
      parentRun: parent ? refOf(parent, now()) : null,
      children: children.map((child) => refOf(child, now())).reverse(),
      sealed:
        run.seal === null
          ? null
          : {
              digest: run.seal,
              entry: run.sealEntry ?? "",
              at: toTime(run.sealedMs ?? 0),
              before: run.sealBefore,
              points: run.metrics.reduce((sum, one) => sum + one.points, 0),
              artifacts: artifacts.length,
            },
    };
  }

  return {
    "experiments.list": async ({ project, state, limit, cursor }) => {
      const offset = offsetOf(cursor);
      const { experiments, total } = await service.experiments.list({ projects: [project], lifecycle: state }, limit, offset);
      return {
        experiments: await Promise.all(experiments.map(experimentSummary)),
        cursor: offset + limit < total ? String(offset + limit) : null,
        total,
      };
    },
    "experiments.get": async ({ project, experiment }) => {
      const byId = await service.experiments.find(experiment);
      const found = byId?.project === project ? byId : await service.experiments.findByName(project, experiment);
      if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "experiment", name: experiment });
      return experimentSummary(found);
    },
    "runs.list": async (input) => {
      const filter: RunFilter = {
        projects: [input.project],
        kinds: input.kind?.length ? input.kind : ordinaryKinds,
        ...(input.experiment !== undefined && { experimentIds: [input.experiment] }),
        ...(input.status?.length && { statuses: input.status }),
        ...(input.step !== undefined && { step: input.step }),
        ...(input.parent !== undefined && { parentId: input.parent }),
        ...(input.q !== undefined && { q: input.q }),
      };
      const [runs, total] = await Promise.all([service.listRuns(filter, input.limit, cursorOf(input.cursor)), service.countRuns(filter)]);
      const last = runs[runs.length - 1];
      return {
        runs: await summaries(runs),
        cursor: last && runs.length === input.limit ? `${last.startedMs}.${last.id}` : null,
        total,
      };
    },
    "runs.get": async ({ project, run }) => detail(await getRun(project, run)),
    "runs.series": async ({ project, run, key, buckets, fromStep, toStep }) => {
      const found = await service.seriesOfRuns(project, run, key);
      const asked = run.flatMap((id) => {
        const all = found.get(id);
        if (!all) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: id });
        return key ? key.flatMap((each) => all.find((one) => one.key === each) ?? []) : all;
      });
      const series: Series[] = [];
      for await (const columns of service.charts(asked, buckets, { fromStep, toStep })) {
        const one = asked[series.length];
        if (one) series.push(seriesOf(one.runId, one.key, columns));
        if (series.length % 20 === 0) await turn();
      }
      return { series };
    },
    "runs.artifacts": async ({ project, run, path, deep }) => {
      await getRun(project, run);
      if (deep === "false") return { files: await service.listArtifacts(run, path) };
      const below = path === "" ? "" : `${path.replace(/\/+$/, "")}/`;
      return {
        files: (await service.artifacts(run)).filter((one) => one.path.startsWith(below)).map((one) => ({ ...one, folder: false })),
      };
    },
    "runs.artifact": async ({ project, run, path }) => {
      await getRun(project, run);
      const found = await service.findArtifact(run, path);
      if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "artifact", name: path });
      return {
        ...found,
        folder: false,
        type: contentTypeOf(path),
        bytes: `/api/v1/p/${project}/runs/${run}/files/${path.split("/").map(encodeURIComponent).join("/")}`,
      };
    },
    "runs.table": async ({ project, run, path, ...asked }) => {
      await getRun(project, run);
      const found = await service.findArtifact(run, path);
      if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "artifact", name: path });
      return tables.page(found, asked);
    },
    "runs.compare": async ({ project, run }) => {
      const runs = await getRuns(project, run);
      const sections = {
        metrics: compared(runs.map((one) => Object.fromEntries(one.metrics.map((metric) => [metric.key, metricWord(metric.value)])))),
        params: compared(runs.map((one) => one.params)),
        inputs: compared(runs.map((one) => Object.fromEntries(one.inputs.map((link) => [link.name, link.digest ?? link.node])))),
        environment: compared(
          runs.map((one) => {
            const { more, dirty, ...facts } = environmentOf(one.environment, one.tags);
            return { ...facts, dirty: dirty === null ? null : dirty ? "yes" : "no", ...more } as Record<string, string | null>;
          }),
        ),
        resources: compared(runs.map((one) => one.resources as Record<string, number | null>)),
      };
      const said = <R extends { values: readonly unknown[] }>(rows: readonly R[]): R[] =>
        rows.filter((row) => row.values.some((value) => value !== null));
      const shown = { ...sections, environment: said(sections.environment), resources: said(sections.resources) };
      return {
        runs: await summaries(runs),
        ...shown,
        equal: Object.values(shown)
          .flat()
          .filter((row) => !row.differs).length,
      };
    },
    "runs.tag": async ({ project, run, set, remove }, caller) => {
      await getRun(project, run);
      if (Object.keys(set).length > 0) await service.setTags(run, set, caller);
      for (const key of remove) await service.removeTag(run, key, caller);
      return detail(await getRun(project, run));
    },
    "runs.progress": async ({ run, done, total, unit }, caller) => {
      mustSee(caller, await service.projectOf(run), run);
      await service.setProgress(run, { done, total, unit });
      return { run };
    },
    "runs.stream": async ({ project, run, stream }) => {
      await getRun(project, run);
      return { stream, durable: await service.streamLines(run, stream) };
    },
    "runs.verify": async ({ project, run, deep }) => {
      await getRun(project, run);
      return service.verifySeal(run, deep);
    },
  };
};

/** The metric that most of these runs hold; of equal ones the first by name. */
function mostHeld(runs: readonly FullRun[]): string | undefined {
  const held = new Map<string, number>();
  for (const run of runs) for (const { key } of run.metrics) held.set(key, (held.get(key) ?? 0) + 1);
  return [...held].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0];
}

/** An operation without a project in its path looks itself whether the token is good for it. */
function mustSee(caller: Caller, project: string, run: string): void {
  if (caller.projects && !caller.projects.includes(project)) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: run });
}

const offsetOf = (cursor: string | undefined): number => {
  if (cursor === undefined) return 0;
  if (!/^[0-9]{1,9}$/.test(cursor))
    throw new CapstanError("CAP-TRACK-002", { what: "cursor", problem: "it is none that this server gave" });
  return Number(cursor);
};
const cursorOf = (cursor: string | undefined): { startedMs: number; id: string } | undefined => {
  if (cursor === undefined) return undefined;
  const match = /^(-?[0-9]{1,16})\.([0-9a-f]{32})$/.exec(cursor);
  if (!match) throw new CapstanError("CAP-TRACK-002", { what: "cursor", problem: "it is none that this server gave" });
  return { startedMs: Number(match[1]), id: match[2] ?? "" };
};
