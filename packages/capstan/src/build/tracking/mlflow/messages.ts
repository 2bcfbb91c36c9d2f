import type { Experiment, FullLoggedModel, FullRun, Run } from "../model.ts";

/** Infinities come back as the greatest double, as MLflow's SQL store gives them; NaN has no number in JSON. */
export const wireNumber = (value: number): number | "NaN" =>
  Number.isNaN(value) ? "NaN" : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));

const pairs = (texts: Readonly<Record<string, string>>): { key: string; value: string }[] =>
  Object.entries(texts).map(([key, value]) => ({ key, value }));

/** Empty repeated fields are left out. */
const some = <T>(name: string, list: readonly T[]): object => (list.length > 0 ? { [name]: list } : {});

export const artifactRootOf = (root: string, experimentId: string): string => `${root.replace(/\/+$/, "")}/${experimentId}`;

export const experimentMessage = (one: Experiment, root: string): object => ({
  experiment_id: one.id,
  name: one.name,
  artifact_location: one.artifactLocation ?? artifactRootOf(root, one.id),
  lifecycle_stage: one.lifecycle,
  last_update_time: one.updatedMs,
  creation_time: one.createdMs,
  ...some("tags", pairs(one.tags)),
});

export const artifactUriOf = (run: Pick<Run, "id" | "experimentId">, location: string | null, root: string): string =>
  `${location ?? artifactRootOf(root, run.experimentId)}/${run.id}/artifacts`;

type ShownRun = Pick<Run, "id" | "name" | "experimentId" | "by" | "status" | "startedMs" | "endedMs" | "lifecycle">;

export const runInfo = (run: ShownRun, artifactUri: string): object => ({
  run_id: run.id,
  run_uuid: run.id,
  run_name: run.name,
  experiment_id: run.experimentId,
  user_id: run.by,
  status: run.status,
  start_time: run.startedMs,
  ...(run.endedMs !== null && { end_time: run.endedMs }),
  artifact_uri: artifactUri,
  lifecycle_stage: run.lifecycle,
});

const present = (name: string, value: string | null): object => (value === null ? {} : { [name]: value });

export const inputsMessage = ({ datasets, models }: Pick<FullRun, "datasets" | "models">, withModels: boolean): object => ({
  ...some(
    "dataset_inputs",
    datasets.map(({ dataset, tags }) => ({
      ...some("tags", tags),
      dataset: {
        name: dataset.name,
        digest: dataset.digest,
        source_type: dataset.sourceType,
        source: dataset.source,
        ...present("schema", dataset.schema),
        ...present("profile", dataset.profile),
      },
    })),
  ),
  ...(withModels &&
    some(
      "model_inputs",
      models.filter((one) => one.direction === "inputs").map((one) => ({ model_id: one.modelId })),
    )),
});

export const outputsMessage = (models: FullRun["models"]): object =>
  some(
    "model_outputs",
    models.filter((one) => one.direction === "outputs").map((one) => ({ model_id: one.modelId, step: one.step })),
  );

/** `runMessages` says the same of many runs in SQL. */
export const runMessage = (run: FullRun, artifactUri: string, withModelInputs = true): object => ({
  info: runInfo(run, artifactUri),
  data: {
    ...some(
      "metrics",
      run.metrics.map((one) => ({ key: one.key, value: wireNumber(one.value), timestamp: one.timeMs, step: one.step })),
    ),
    ...some("params", pairs(run.params)),
    ...some("tags", pairs(run.tags)),
  },
  inputs: inputsMessage(run, withModelInputs),
  outputs: outputsMessage(run.models),
});

export const loggedModelMessage = (model: FullLoggedModel): object => ({
  info: {
    model_id: model.id,
    experiment_id: model.experimentId,
    name: model.name,
    creation_timestamp_ms: model.createdMs,
    last_updated_timestamp_ms: model.updatedMs,
    artifact_uri: model.artifactLocation,
    status: model.status === "UNSPECIFIED" ? "LOGGED_MODEL_STATUS_UNSPECIFIED" : `LOGGED_MODEL_${model.status}`,
    ...present("model_type", model.modelType),
    ...present("source_run_id", model.sourceRunId),
    ...some("tags", pairs(model.tags)),
  },
  data: {
    ...some("params", pairs(model.params)),
    ...some(
      "metrics",
      model.metrics.map((one) => ({
        key: one.key,
        value: wireNumber(one.value),
        timestamp: one.timeMs,
        step: one.step,
        model_id: model.id,
        run_id: one.runId,
        ...(one.dataset && { dataset_name: one.dataset.name, dataset_digest: one.dataset.digest }),
      })),
    ),
  },
});
