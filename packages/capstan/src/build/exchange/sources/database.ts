import { CapstanError } from "../../../base/foundation/errors.ts";
import type { DatasetInput, LoggedModelStatus, ModelLink, RunStatus } from "../../tracking/model.ts";
import type {
  MlflowSource,
  RunHead,
  SourceExperiment,
  SourceLoggedModel,
  SourceRegisteredModel,
  SourceRun,
  SourceVersion,
} from "../model.ts";
import { databaseEvaluationDatasets } from "./database-evaluation.ts";
import { databaseLeft } from "./database-left.ts";
import { databaseTraces } from "./database-traces.ts";
import { collectCurves } from "./curves.ts";
import { markOf } from "./mark.ts";
import type { Places } from "./places.ts";
import type { Rows } from "./rows.ts";
import { lifecycleOf, maybe, number, said, stageOf, text } from "./words.ts";

type Cell = string | number | null;
type Cells = Record<string, Cell>;
const runsPerPage = 50;
const modelsPerPage = 200;
const listOf = (values: readonly unknown[]): string => `(${values.map(() => "?").join(", ")})`;
const statuses: Record<number, LoggedModelStatus> = { 0: "UNSPECIFIED", 1: "PENDING", 2: "READY", 3: "UPLOAD_FAILED" };

/** MLflow's database, of any of its versions: columns and tables that one does not have are empty. */
export async function databaseSource(rows: Rows, label: string, places: Places): Promise<MlflowSource> {
  const tables = await rows.tables();
  for (const needed of ["experiments", "runs", "metrics", "params", "tags"])
    if (!tables.has(needed)) throw new CapstanError("CAP-EXCHANGE-001", { source: label, problem: `it has no table ${needed}` });
  const all = async (table: string, where = "", params: readonly Cell[] = [], columns = "*"): Promise<Cells[]> =>
    tables.has(table) ? rows.all<Cells>(`select ${columns} from ${table} ${where}`, params) : [];
  /** Texts by the owner that a column names. */
  async function texts(
    table: string,
    owner: string,
    ids: readonly Cell[],
    [key, value] = ["key", "value"],
  ): Promise<Map<string, Record<string, string>>> {
    const found = new Map<string, Record<string, string>>();
    if (ids.length === 0) return found;
    for (const row of await all(table, `where ${owner} in ${listOf(ids)}`, ids)) {
      const id = text(row[owner]);
      const of = found.get(id) ?? {};
      of[text(row[key])] = text(row[value]);
      found.set(id, of);
    }
    return found;
  }

  async function datasetsOf(ids: readonly string[]): Promise<Map<string, DatasetInput[]>> {
    const found = new Map<string, DatasetInput[]>();
    if (!tables.has("inputs")) return found;
    const edges = await all(
      "inputs",
      `where source_type = 'DATASET' and destination_type = 'RUN' and destination_id in ${listOf(ids)}`,
      ids,
    );
    if (edges.length === 0) return found;
    const wanted = [...new Set(edges.map((one) => text(one["source_id"])))];
    const datasets = new Map(
      (await all("datasets", `where dataset_uuid in ${listOf(wanted)}`, wanted)).map((one) => [text(one["dataset_uuid"]), one]),
    );
    const uuids = edges.map((one) => text(one["input_uuid"]));
    const tags = await texts("input_tags", "input_uuid", uuids, ["name", "value"]);
    for (const edge of edges) {
      const one = datasets.get(text(edge["source_id"]));
      if (!one) continue;
      const run = text(edge["destination_id"]);
      const of = found.get(run) ?? [];
      of.push({
        dataset: {
          name: text(one["name"]),
          digest: text(one["digest"]),
          sourceType: text(one["dataset_source_type"]),
          source: text(one["dataset_source"]),
          schema: maybe(one["dataset_schema"]),
          profile: maybe(one["dataset_profile"]),
        },
        tags: Object.entries(tags.get(text(edge["input_uuid"])) ?? {}).map(([key, value]) => ({ key, value })),
      });
      found.set(run, of);
    }
    return found;
  }

  async function linksOf(ids: readonly string[]): Promise<Map<string, ModelLink[]>> {
    const found = new Map<string, ModelLink[]>();
    if (!tables.has("inputs")) return found;
    for (const row of await all("inputs", `where source_type in ('RUN_INPUT', 'RUN_OUTPUT') and source_id in ${listOf(ids)}`, ids)) {
      const run = text(row["source_id"]);
      const of = found.get(run) ?? [];
      const made = row["source_type"] === "RUN_OUTPUT";
      of.push({ direction: made ? "outputs" : "inputs", modelId: text(row["destination_id"]), step: made ? number(row["step"]) : 0 });
      found.set(run, of);
    }
    return found;
  }

  /** Points are added and never changed, or go with their run: as many as there were are those that were there. */
  async function headsOf(page: readonly Cells[]): Promise<RunHead[]> {
    const ids = page.map((row) => text(row["run_uuid"]));
    const [params, tags, datasets, models, counts] = await Promise.all([
      texts("params", "run_uuid", ids),
      texts("tags", "run_uuid", ids),
      datasetsOf(ids),
      linksOf(ids),
      all("metrics", `where run_uuid in ${listOf(ids)} group by run_uuid`, ids, "run_uuid, count(*) as points"),
    ]);
    const points = new Map(counts.map((row) => [text(row["run_uuid"]), number(row["points"])]));
    return page.map((row): RunHead => {
      const id = text(row["run_uuid"]);
      const tagged = tags.get(id) ?? {};
      const head = {
        id,
        experimentId: text(row["experiment_id"]),
        name: text(row["name"]) || (tagged["mlflow.runName"] ?? ""),
        by: text(row["user_id"]),
        status: (text(row["status"]) || "RUNNING") as RunStatus,
        lifecycle: lifecycleOf(row["lifecycle_stage"]),
        startedMs: number(row["start_time"]),
        endedMs: row["end_time"] === null || row["end_time"] === undefined ? null : number(row["end_time"]),
        params: params.get(id) ?? {},
        tags: tagged,
        datasets: datasets.get(id) ?? [],
        models: models.get(id) ?? [],
        artifactUri: text(row["artifact_uri"]),
      };
      return { ...head, mark: markOf(head, points.get(id) ?? 0) };
    });
  }

  async function whole(page: readonly RunHead[]): Promise<SourceRun[]> {
    if (page.length === 0) return [];
    const ids = page.map((one) => one.id);
    const curves = collectCurves();
    const nan = tables.get("metrics")?.has("is_nan") ? "is_nan" : "0";
    const step = tables.get("metrics")?.has("step") ? "step" : "0";
    await rows.each(
      `select run_uuid, key, cast(${step} as double precision), cast(timestamp as double precision), value, ${nan} from metrics where run_uuid in ${listOf(ids)}`,
      ids,
      ([run, key, at, time, value, isNaN]) =>
        curves.add(String(run), String(key), Number(at), Number(time), isNaN === 1 ? NaN : Number(value)),
    );
    return page.map((one) => ({ ...one, ...curves.of(one.id) }));
  }

  async function loggedModelsOf(page: readonly Cells[]): Promise<SourceLoggedModel[]> {
    const ids = page.map((row) => text(row["model_id"]));
    const [params, tags, metrics] = await Promise.all([
      texts("logged_model_params", "model_id", ids, ["param_key", "param_value"]),
      texts("logged_model_tags", "model_id", ids, ["tag_key", "tag_value"]),
      all("logged_model_metrics", `where model_id in ${listOf(ids)}`, ids),
    ]);
    const byModel = Map.groupBy(metrics, (row) => text(row["model_id"]));
    return page.map((row): SourceLoggedModel => {
      const id = text(row["model_id"]);
      return {
        id,
        experimentId: text(row["experiment_id"]),
        name: text(row["name"]),
        modelType: maybe(row["model_type"]),
        sourceRunId: maybe(row["source_run_id"]),
        status: statuses[number(row["status"])] ?? "UNSPECIFIED",
        lifecycle: lifecycleOf(row["lifecycle_stage"]),
        createdMs: number(row["creation_timestamp_ms"]),
        updatedMs: number(row["last_updated_timestamp_ms"]),
        params: params.get(id) ?? {},
        tags: tags.get(id) ?? {},
        metrics: (byModel.get(id) ?? []).map((one) => ({
          runId: text(one["run_id"]),
          key: text(one["metric_name"]),
          step: number(one["metric_step"]),
          timeMs: number(one["metric_timestamp_ms"]),
          value: one["metric_value"] === null ? NaN : number(one["metric_value"]),
          dataset: one["dataset_name"] === null ? null : { name: text(one["dataset_name"]), digest: text(one["dataset_digest"]) },
        })),
        artifactUri: text(row["artifact_location"]),
      };
    });
  }

  const versionOf = (row: Cells, tags: Record<string, string>): SourceVersion => ({
    number: number(row["version"]),
    createdMs: number(row["creation_time"]),
    updatedMs: number(row["last_updated_time"] ?? row["creation_time"]),
    description: said(row["description"]),
    stage: stageOf(row["current_stage"]),
    source: said(row["source"]),
    location: said(row["storage_location"]) ?? said(row["source"]),
    runId: said(row["run_id"]),
    runLink: said(row["run_link"]),
    loggedModel: /^models:\/(m-[0-9a-f]{32})$/.exec(text(row["source"]))?.[1] ?? null,
    tags,
  });

  const traces = databaseTraces({ all, texts, places });

  return {
    label,
    async experiments() {
      const found = await all("experiments", "order by experiment_id");
      const tags = await texts(
        "experiment_tags",
        "experiment_id",
        found.map((row) => row["experiment_id"] ?? null),
      );
      return found.map((row): SourceExperiment => ({
        id: text(row["experiment_id"]),
        name: text(row["name"]),
        lifecycle: lifecycleOf(row["lifecycle_stage"]),
        createdMs: number(row["creation_time"]),
        updatedMs: number(row["last_update_time"]),
        tags: tags.get(text(row["experiment_id"])) ?? {},
      }));
    },
    countRuns: async () => number((await rows.all<{ n: number }>("select count(*) as n from runs"))[0]?.n),
    async *runs(experiments) {
      const wanted = new Set(experiments.map((one) => one.id));
      for (let after = ""; ;) {
        const page = await all("runs", "where run_uuid > ? order by run_uuid limit ?", [after, runsPerPage]);
        const mine = page.filter((row) => wanted.has(text(row["experiment_id"])));
        if (mine.length > 0) yield await headsOf(mine);
        const last = page[page.length - 1];
        if (!last || page.length < runsPerPage) return;
        after = text(last["run_uuid"]);
      }
    },
    whole,
    async *loggedModels(experiments) {
      const wanted = new Set(experiments.map((one) => one.id));
      for (let after = ""; ;) {
        const page = await all("logged_models", "where model_id > ? order by model_id limit ?", [after, modelsPerPage]);
        const mine = page.filter((row) => wanted.has(text(row["experiment_id"])));
        if (mine.length > 0) yield await loggedModelsOf(mine);
        const last = page[page.length - 1];
        if (!last || page.length < modelsPerPage) return;
        after = text(last["model_id"]);
      }
    },
    async *registeredModels() {
      for (const row of await all("registered_models", "order by name")) {
        const name = text(row["name"]);
        const [tags, aliases, versions, versionTags] = await Promise.all([
          all("registered_model_tags", "where name = ?", [name]),
          all("registered_model_aliases", "where name = ?", [name]),
          all("model_versions", "where name = ? order by version", [name]),
          all("model_version_tags", "where name = ?", [name]),
        ]);
        const tagsOf = (some: readonly Cells[]) => Object.fromEntries(some.map((one) => [text(one["key"]), text(one["value"])]));
        yield {
          name,
          description: said(row["description"]),
          createdMs: number(row["creation_time"]),
          updatedMs: number(row["last_updated_time"] ?? row["creation_time"]),
          tags: tagsOf(tags),
          aliases: Object.fromEntries(aliases.map((one) => [text(one["alias"]), number(one["version"])])),
          versions: versions
            .filter((one) => one["current_stage"] !== "Deleted_Internal")
            .map((one) => versionOf(one, tagsOf(versionTags.filter((tag) => tag["version"] === one["version"])))),
        } satisfies SourceRegisteredModel;
      }
    },
    evaluationDatasets: databaseEvaluationDatasets({ all, texts }),
    traces: traces.traces,
    wholeTraces: traces.whole,
    ...places,
    left: () => databaseLeft(rows, tables),
    close: () => rows.close(),
  };
}
