/** Types of MLflow's GraphQL interface: fields of the protocol's messages in camel case. `long` is a text in JSON, a double that is no number is null. */
type Scalar = "string" | "long" | "int" | "double" | "boolean";
export type FieldType = { type: Scalar | string; list?: true };

const text: FieldType = { type: "string" };
const long: FieldType = { type: "long" };
const flag: FieldType = { type: "boolean" };
const one = (type: string): FieldType => ({ type });
const many = (type: string): FieldType => ({ type, list: true });
const keyed = { key: text, value: text };
const failable = { apiError: one("ApiError") };

export const scalars = new Set<string>(["string", "long", "int", "double", "boolean"]);
export const types: Readonly<Record<string, Readonly<Record<string, FieldType>>>> = {
  ApiError: { code: text, message: text, helpUrl: text },
  KeyValue: keyed,
  Experiment: {
    experimentId: text,
    name: text,
    artifactLocation: text,
    lifecycleStage: text,
    lastUpdateTime: long,
    creationTime: long,
    tags: many("KeyValue"),
  },
  Metric: {
    key: text,
    value: one("double"),
    timestamp: long,
    step: long,
    datasetName: text,
    datasetDigest: text,
    modelId: text,
    runId: text,
  },
  RunInfo: {
    runId: text,
    runUuid: text,
    runName: text,
    experimentId: text,
    userId: text,
    status: text,
    startTime: long,
    endTime: long,
    artifactUri: text,
    lifecycleStage: text,
  },
  RunData: { metrics: many("Metric"), params: many("KeyValue"), tags: many("KeyValue") },
  Dataset: { name: text, digest: text, sourceType: text, source: text, schema: text, profile: text },
  DatasetInput: { tags: many("KeyValue"), dataset: one("Dataset") },
  ModelInput: { modelId: text },
  ModelOutput: { modelId: text, step: long },
  RunInputs: { datasetInputs: many("DatasetInput"), modelInputs: many("ModelInput") },
  RunOutputs: { modelOutputs: many("ModelOutput") },
  Run: {
    info: one("RunInfo"),
    data: one("RunData"),
    inputs: one("RunInputs"),
    outputs: one("RunOutputs"),
    experiment: one("Experiment"),
    modelVersions: many("ModelVersion"),
  },
  Alias: { alias: text, version: text },
  ModelVersion: {
    name: text,
    version: text,
    creationTimestamp: long,
    lastUpdatedTimestamp: long,
    userId: text,
    currentStage: text,
    description: text,
    source: text,
    runId: text,
    status: text,
    statusMessage: text,
    tags: many("KeyValue"),
    runLink: text,
    aliases: { type: "string", list: true },
  },
  File: { path: text, isDir: flag, fileSize: long },
  DatasetSummary: { experimentId: text, name: text, digest: text, context: text },
  GetExperimentAnswer: { experiment: one("Experiment"), ...failable },
  GetRunAnswer: { run: one("Run"), ...failable },
  SearchRunsAnswer: { runs: many("Run"), nextPageToken: text, ...failable },
  MetricsAnswer: { metrics: many("Metric"), ...failable },
  ListArtifactsAnswer: { rootUri: text, files: many("File"), nextPageToken: text, ...failable },
  SearchDatasetsAnswer: { datasetSummaries: many("DatasetSummary"), ...failable },
  SearchModelVersionsAnswer: { modelVersions: many("ModelVersion"), nextPageToken: text, ...failable },
};

/** Root fields: the type of their answer and the route of the protocol that gives it. */
export const roots: Readonly<Record<string, { of: "query" | "mutation"; type: string; method: "GET" | "POST"; path: string }>> = {
  mlflowGetExperiment: { of: "query", type: "GetExperimentAnswer", method: "GET", path: "/mlflow/experiments/get" },
  mlflowGetRun: { of: "query", type: "GetRunAnswer", method: "GET", path: "/mlflow/runs/get" },
  mlflowGetMetricHistoryBulkInterval: {
    of: "query",
    type: "MetricsAnswer",
    method: "GET",
    path: "/mlflow/metrics/get-history-bulk-interval",
  },
  mlflowListArtifacts: { of: "query", type: "ListArtifactsAnswer", method: "GET", path: "/mlflow/artifacts/list" },
  mlflowSearchModelVersions: { of: "query", type: "SearchModelVersionsAnswer", method: "GET", path: "/mlflow/model-versions/search" },
  mlflowSearchRuns: { of: "mutation", type: "SearchRunsAnswer", method: "POST", path: "/mlflow/runs/search" },
  mlflowSearchDatasets: { of: "mutation", type: "SearchDatasetsAnswer", method: "POST", path: "/mlflow/experiments/search-datasets" },
};
