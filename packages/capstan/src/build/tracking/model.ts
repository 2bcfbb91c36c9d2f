import type { Verdict } from "@capstan/contract";
import type { Change } from "../../base/storage/database.ts";

/** MLflow's run, extended. Ordinary views show user, step and pipeline only. */
export type RunKind = "user" | "step" | "pipeline" | "check" | "evaluation" | "monitor" | "fault" | "release";
export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";
export type Lifecycle = "active" | "deleted";

/** Used by a run: seconds of wall, CPU and GPU, bytes read and written, seconds waited in a queue. Unknown is null. */
export type Resources = {
  wallSeconds: number | null;
  cpuSeconds: number | null;
  gpuSeconds: number | null;
  peakBytes: number | null;
  waitSeconds: number | null;
  readBytes?: number | null;
  writtenBytes?: number | null;
};

/** What a run was executed in. `node` is the digest of the whole capture; `more` holds what else is worth showing. */
export type RunEnvironment = {
  node?: string | null;
  platform?: string | null;
  lockDigest?: string | null;
  command?: string | null;
  commit?: string | null;
  dirty?: boolean | null;
  diffDigest?: string | null;
  more?: Record<string, string>;
};

export type NewRun = {
  project: string;
  experimentId: string;
  kind: RunKind;
  name: string;
  parentId?: string;
  /** Step name for kind step. */
  step?: string;
  /** Step key for kind step, station key for others: equal keys need no second execution. */
  key?: string;
  /** Entry that led to it. */
  because?: string;
  startedMs: number;
  params?: Record<string, string>;
  tags?: Record<string, string>;
  environment?: RunEnvironment;
  /** 32 hex digits, when the caller had to know it before. */
  id?: string;
  /** Whom it is shown as; the caller's name unless given. */
  by?: string;
};

export type RunEnd = {
  status: RunStatus;
  verdict?: Verdict;
  resources?: Resources;
  endedMs: number;
  /** Statements that happen with the end, or neither does. Refused when the run has ended already. */
  also?: Change;
};

export type Experiment = {
  id: string;
  project: string;
  name: string;
  lifecycle: Lifecycle;
  artifactLocation: string | null;
  createdMs: number;
  updatedMs: number;
  tags: Record<string, string>;
};

/** The facts of a run that are one row. */
export type Run = {
  id: string;
  project: string;
  experimentId: string;
  kind: RunKind;
  name: string;
  step: string | null;
  key: string | null;
  parentId: string | null;
  because: string | null;
  by: string;
  status: RunStatus;
  verdict: Verdict | null;
  lifecycle: Lifecycle;
  startedMs: number;
  endedMs: number | null;
  resources: Resources;
  environment: RunEnvironment;
  /** Digest over all it holds; null while it is open. */
  seal: string | null;
  sealEntry: string | null;
  sealedMs: number | null;
  /** The seal before the last recorded change. */
  sealBefore: string | null;
};

/** One measured value. `step` is the metric step, an integer below 2^53; `value` may be NaN or infinite. */
export type Point = { step: number; timeMs: number; value: number };
export type KeyedPoint = Point & { key: string };

/** What is left to look at without reading a curve. `points` counts what was sent, repeats included, until the run is sealed. */
export type LatestMetric = Point & { key: string; points: number; min: number | null; max: number | null; nonFinite: number };

export type Link = { name: string; node: string; digest: string | null };
export type Links = { inputs?: readonly Link[]; outputs?: readonly Link[] };
export type Artifact = { path: string; digest: string; sizeBytes: number };
export type ArtifactEntry = { path: string; folder: boolean; sizeBytes: number | null; digest: string | null };

export type LogBatch = {
  metrics?: readonly KeyedPoint[];
  params?: Readonly<Record<string, string>>;
  tags?: Readonly<Record<string, string>>;
  modelMetrics?: readonly ModelMetric[];
};

/** A dataset as a client described it; one per experiment, name and digest. */
export type LoggedDataset = {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  schema: string | null;
  profile: string | null;
};
/** What a run read, with tags in the order they came; the first time counts. */
export type DatasetInput = { dataset: LoggedDataset; tags: readonly { key: string; value: string }[] };
/** A logged model that a run read or made; `step` is the metric step it was made at, 0 for what was read. */
export type ModelLink = { direction: "inputs" | "outputs"; modelId: string; step: number };

export type LoggedModelStatus = "UNSPECIFIED" | "PENDING" | "READY" | "UPLOAD_FAILED";
/** A model as a run logged it, before (or without) registration. */
export type LoggedModel = {
  id: string;
  project: string;
  experimentId: string;
  name: string;
  modelType: string | null;
  sourceRunId: string | null;
  status: LoggedModelStatus;
  artifactLocation: string;
  lifecycle: Lifecycle;
  createdMs: number;
  updatedMs: number;
};
/** A value measured on a logged model by a run, perhaps on a dataset. */
export type ModelMetric = KeyedPoint & { modelId: string; dataset: { name: string; digest: string } | null };
export type FullLoggedModel = LoggedModel & {
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: (ModelMetric & { runId: string })[];
};

/** A run with what it holds, curves apart. */
export type RunContent = {
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: LatestMetric[];
  inputs: Link[];
  outputs: Link[];
  datasets: DatasetInput[];
  models: ModelLink[];
};
export type FullRun = Run & RunContent;

export type RunFilter = {
  /** Any of them; all that there are when absent. */
  projects?: readonly string[];
  experimentIds?: readonly string[];
  kinds?: readonly RunKind[];
  statuses?: readonly RunStatus[];
  step?: string;
  key?: string;
  parentId?: string;
  q?: string;
  lifecycle?: Lifecycle | "all";
};

/** One curve as columns, by bucket of metric steps. Not finite values are NaN or infinite here. */
export type SeriesColumns = {
  exact: boolean;
  points: number;
  nonFinite: number;
  step: number[];
  timeMs: number[];
  first: number[];
  min: number[];
  max: number[];
  last: number[];
  count: number[];
};

export type SealCheck = {
  verdict: "pass" | "fail" | "inconclusive";
  seal: string | null;
  computed: string | null;
  problems: string[];
  points: number;
  artifacts: number;
};
