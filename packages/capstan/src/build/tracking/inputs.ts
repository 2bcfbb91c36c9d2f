import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Change, Database, SqlValue } from "../../base/storage/database.ts";
import type { DatasetInput, LoggedDataset, ModelLink, ModelMetric } from "./model.ts";
import { inParts, insertMany, listOf } from "./rows.ts";

type Owner = { project: string; runId: string };
const contextTag = "mlflow.data.context";

/** A dataset's row is shared by the runs of an experiment that say the same name and digest; what the first of them said of it stays. */
export const datasetKey = (experimentId: string, { name, digest }: { name: string; digest: string }): string =>
  digestOfJson({ experiment: experimentId, name, digest }).slice(0, 32);

/** What a run read, as clients describe it. A repeat changes nothing. */
export const putDatasets = (owner: Owner, experimentId: string, inputs: readonly DatasetInput[]): Change => [
  ...insertMany(
    "logged_dataset",
    ["id", "project", "experiment_id", "name", "digest", "source_type", "source", "schema_text", "profile"],
    inputs.map(({ dataset: one }): SqlValue[] => [
      datasetKey(experimentId, one),
      owner.project,
      Number(experimentId),
      one.name,
      one.digest,
      one.sourceType,
      one.source,
      one.schema,
      one.profile,
    ]),
    "on conflict (id) do nothing",
  ),
  ...insertMany(
    "dataset_input",
    ["project", "run_id", "dataset_id", "context", "tags"],
    inputs.map(({ dataset, tags }): SqlValue[] => [
      owner.project,
      owner.runId,
      datasetKey(experimentId, dataset),
      tags.find((one) => one.key === contextTag)?.value ?? null,
      JSON.stringify(tags.map((one) => [one.key, one.value])),
    ]),
    "on conflict (run_id, dataset_id) do nothing",
  ),
];

export const putModelLinks = (owner: Owner, links: readonly ModelLink[]): Change =>
  insertMany(
    "model_link",
    ["project", "run_id", "direction", "model_id", "step"],
    links.map((one): SqlValue[] => [owner.project, owner.runId, one.direction, one.modelId, one.step]),
    "on conflict (run_id, direction, model_id, step) do nothing",
  );

export const putModelMetrics = (owner: Owner, metrics: readonly ModelMetric[]): Change =>
  insertMany(
    "logged_model_metric",
    ["project", "model_id", "run_id", "key", "step", "time_ms", "value", "is_nan", "dataset_name", "dataset_digest"],
    metrics.map((one): SqlValue[] => {
      const isNaN = Number.isNaN(one.value);
      return [
        owner.project,
        one.modelId,
        owner.runId,
        one.key,
        one.step,
        one.timeMs,
        isNaN ? 0 : one.value,
        isNaN ? 1 : 0,
        one.dataset?.name ?? "",
        one.dataset?.digest ?? "",
      ];
    }),
    "on conflict (model_id, key, run_id, time_ms, step, dataset_name, dataset_digest) do update set value = excluded.value, is_nan = excluded.is_nan",
  );

type DatasetRow = {
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema_text: string | null;
  profile: string | null;
};
const datasetOf = (row: DatasetRow): LoggedDataset => ({
  name: row.name,
  digest: row.digest,
  sourceType: row.source_type,
  source: row.source,
  schema: row.schema_text,
  profile: row.profile,
});

/** Datasets and models of runs. */
export function createInputs(database: Database) {
  return {
    /** Inputs with what the store says of their datasets already, so that a seal is computed from what the rows will hold. */
    async asKept(experimentId: string, all: readonly DatasetInput[]): Promise<DatasetInput[]> {
      const kept = new Map<string, LoggedDataset>();
      await inParts(
        all.map(({ dataset }) => datasetKey(experimentId, dataset)),
        async (part) => {
          const ids = listOf(part);
          const rows = await database.all<DatasetRow & { id: string }>(`select * from logged_dataset where id in ${ids.sql}`, ids.params);
          for (const row of rows) kept.set(row.id, datasetOf(row));
        },
      );
      return all.map((one) => ({ ...one, dataset: kept.get(datasetKey(experimentId, one.dataset)) ?? one.dataset }));
    },
    async datasets(runIds: readonly string[]): Promise<Map<string, DatasetInput[]>> {
      const found = new Map<string, DatasetInput[]>();
      await inParts(runIds, async (part) => {
        const ids = listOf(part);
        const rows = await database.all<DatasetRow & { run_id: string; tags: string }>(
          `select i.run_id, d.name, d.digest, d.source_type, d.source, d.schema_text, d.profile, i.tags
           from dataset_input i join logged_dataset d on d.id = i.dataset_id where i.run_id in ${ids.sql} order by d.name, d.digest`,
          ids.params,
        );
        for (const row of rows) {
          const one: DatasetInput = {
            dataset: datasetOf(row),
            tags: (JSON.parse(row.tags) as [string, string][]).map(([key, value]) => ({ key, value })),
          };
          const list = found.get(row.run_id);
          if (list) list.push(one);
          else found.set(row.run_id, [one]);
        }
      });
      return found;
    },
    async models(runIds: readonly string[]): Promise<Map<string, ModelLink[]>> {
      const found = new Map<string, ModelLink[]>();
      await inParts(runIds, async (part) => {
        const ids = listOf(part);
        const rows = await database.all<{ run_id: string; direction: ModelLink["direction"]; model_id: string; step: number }>(
          `select run_id, direction, model_id, step from model_link where run_id in ${ids.sql} order by step, model_id`,
          ids.params,
        );
        for (const row of rows) {
          const one = { direction: row.direction, modelId: row.model_id, step: row.step };
          const list = found.get(row.run_id);
          if (list) list.push(one);
          else found.set(row.run_id, [one]);
        }
      });
      return found;
    },
    /** The distinct datasets that runs of experiments read, with what for. */
    async summaries(
      experimentIds: readonly string[],
      limit: number,
    ): Promise<{ experimentId: string; name: string; digest: string; context: string | null }[]> {
      const ids = listOf(experimentIds.map(Number));
      const rows = await database.all<{ experiment_id: number; name: string; digest: string; context: string | null }>(
        `select distinct d.experiment_id, d.name, d.digest, i.context from logged_dataset d join dataset_input i on i.dataset_id = d.id
         where d.experiment_id in ${ids.sql} order by d.name, d.digest, i.context limit ?`,
        [...ids.params, limit],
      );
      return rows.map((row) => ({ experimentId: String(row.experiment_id), name: row.name, digest: row.digest, context: row.context }));
    },
  };
}
