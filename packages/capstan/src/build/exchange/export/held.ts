import type { Store } from "../../../base/record/store.ts";
import type { ModelVersion, Model } from "../../registry/model.ts";
import { versionId } from "../../registry/model.ts";
import type { Registry } from "../../registry/service.ts";
import type { Artifact, Experiment, FullLoggedModel, FullRun } from "../../tracking/model.ts";
import { heldTraces, type ImportedTrace } from "../../tracking/imported/traces.ts";
import type { Points } from "../../tracking/points.ts";
import type { TrackingService } from "../../tracking/service.ts";
import { comparedRun, digestOfRun } from "../rules.ts";
import type { Tally } from "../import/tally.ts";

/** One export, for all of its parts. */
export type ExportTask = {
  readonly store: Store;
  readonly tracking: TrackingService;
  readonly registry: Registry;
  readonly project: string;
  readonly plan: boolean;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly digests: string[];
  tell(phase: string): void;
};

export type Curves = ReadonlyMap<string, Points>;
/** Curves are read when they are asked for, each time: many runs of them are more than memory. */
export type HeldRun = { run: FullRun; curves(): Promise<Curves>; artifacts: Artifact[]; digest: string };
export type HeldModel = { model: FullLoggedModel; files: Artifact[] };
export type HeldVersion = { version: ModelVersion; tags: Record<string, string> };
export type HeldRegisteredModel = { model: Model; tags: Record<string, string>; aliases: Record<string, number>; versions: HeldVersion[] };

const page = 50;
const pointsTogether = 500_000;
/** What MLflow's own views show. */
const kinds = ["user", "step", "pipeline"] as const;

export async function heldExperiments({ tracking, project }: ExportTask, names: readonly string[] | undefined): Promise<Experiment[]> {
  const found: Experiment[] = [];
  for (let offset = 0; ; offset += 500) {
    const { experiments, total } = await tracking.experiments.list({ projects: [project], lifecycle: "all" }, 500, offset);
    found.push(...experiments.filter((one) => !names || names.includes(one.name)));
    if (offset + 500 >= total) return found.sort((a, b) => Number(a.id) - Number(b.id));
  }
}

/** Runs of an experiment with all they hold, newest first; deleted ones too. */
export async function* heldRuns({ tracking, project }: ExportTask, experimentId: string): AsyncIterable<HeldRun[]> {
  const filter = { projects: [project], experimentIds: [experimentId], kinds, lifecycle: "all" } as const;
  for (let last: FullRun | undefined; ;) {
    const runs: FullRun[] = await tracking.listRuns(filter, page, last && { startedMs: last.startedMs, id: last.id });
    if (runs.length === 0) return;
    const held: HeldRun[] = [];
    for (const some of together(runs)) {
      const curves = await tracking.curves(some.map((run) => run.id));
      for (const run of some) {
        const artifacts = await tracking.artifacts(run.id);
        held.push({
          run,
          curves: async () => (await tracking.curves([run.id])).get(run.id) ?? new Map<string, Points>(),
          artifacts,
          digest: await digestOfRun(comparedRun(run, curves.get(run.id) ?? new Map<string, Points>(), artifacts)),
        });
      }
    }
    yield held;
    last = runs[runs.length - 1];
  }
}

/** Runs whose curves are in memory together. */
function together(runs: readonly FullRun[]): FullRun[][] {
  const groups: FullRun[][] = [];
  let points = Infinity;
  for (const run of runs) {
    const more = run.metrics.reduce((sum, one) => sum + one.points, 0);
    if (points + more > pointsTogether) {
      groups.push([]);
      points = 0;
    }
    groups.at(-1)?.push(run);
    points += more;
  }
  return groups;
}

/** Traces of an experiment with all that hangs on them, oldest first. */
export async function* tracesOf({ store, project }: ExportTask, experimentId: string): AsyncIterable<ImportedTrace[]> {
  for (let last = { request_ms: -1, id: "" }; ;) {
    const rows = await store.database.all<{ request_ms: number; id: string }>(
      "select request_ms, id from trace where project = ? and experiment_id = ? and (request_ms > ? or (request_ms = ? and id > ?)) order by request_ms, id limit ?",
      [project, Number(experimentId), last.request_ms, last.request_ms, last.id, page],
    );
    const end = rows.at(-1);
    if (!end) return;
    yield await heldTraces(
      store,
      rows.map((row) => row.id),
    );
    last = end;
  }
}

export async function heldModels({ tracking, project }: ExportTask, experimentId: string): Promise<HeldModel[]> {
  const found: HeldModel[] = [];
  for (const model of await tracking.loggedModels.ofExperiment(project, experimentId)) {
    const folder = model.artifactLocation.replace(/^mlflow-artifacts:\/+/, "");
    const files = (await tracking.files.below(folder)).map((one) => ({
      path: one.path.slice(folder.length + 1),
      digest: one.digest,
      sizeBytes: one.sizeBytes,
    }));
    found.push({ model, files });
  }
  return found;
}

export async function heldRegistry({ registry, project }: ExportTask): Promise<HeldRegisteredModel[]> {
  const { catalogue } = registry;
  const [models, tags, versionTags, aliases] = await Promise.all([
    catalogue.list(project),
    catalogue.tags(project),
    catalogue.versionTags(project),
    registry.aliases(project),
  ]);
  return Promise.all(
    models.map(async (model) => ({
      model,
      tags: tags.get(model.name) ?? {},
      aliases: Object.fromEntries(aliases.filter((one) => one.model === model.name).map((one) => [one.alias, one.number])),
      versions: (await registry.versions(project, model.name))
        .toSorted((a, b) => a.number - b.number)
        .map((version) => ({ version, tags: versionTags.get(versionId(model.name, version.number)) ?? {} })),
    })),
  );
}
