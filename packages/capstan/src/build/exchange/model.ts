import type { Blob, BlobStore } from "../../base/storage/blob-store.ts";
import type { DatasetInput, Lifecycle, LoggedModelStatus, ModelLink, RunStatus } from "../tracking/model.ts";
import type { Assessment, Span } from "../tracking/traces/model.ts";
import type { Points } from "../tracking/points.ts";
import type { Stage } from "../registry/model.ts";
import type { ImportedEvaluationDataset } from "../tracking/imported/evaluation-datasets.ts";
import type { ImportedTrace } from "../tracking/imported/traces.ts";

/** What one store of MLflow holds, whichever of its forms it has. Ids are those of the source. */
export type SourceExperiment = {
  id: string;
  name: string;
  lifecycle: Lifecycle;
  createdMs: number;
  updatedMs: number;
  tags: Record<string, string>;
};

/** Where artifacts lie: a URI in the source's words, and whose they are. */
export type SourcePlace = { uri: string; run?: string; loggedModel?: string; trace?: string };

/** A run without its curves and, where they are asked for one by one, the models that it read. */
export type RunHead = {
  id: string;
  experimentId: string;
  name: string;
  by: string;
  status: RunStatus;
  lifecycle: Lifecycle;
  startedMs: number;
  endedMs: number | null;
  params: Record<string, string>;
  tags: Record<string, string>;
  datasets: DatasetInput[];
  models: ModelLink[];
  artifactUri: string;
  /** Equal ones: the source says that the run and its curves are what they were. Null: it cannot say, as of a run that goes on. */
  mark: string | null;
};
export type SourceRun = Omit<RunHead, "mark"> & {
  /** Whole histories; repeats may be among them. */
  curves: Map<string, Points>;
  /** Points that cannot come. */
  left: Left[];
};

export type SourceModelMetric = {
  runId: string;
  key: string;
  step: number;
  timeMs: number;
  value: number;
  dataset: { name: string; digest: string } | null;
};
export type SourceLoggedModel = {
  id: string;
  experimentId: string;
  name: string;
  modelType: string | null;
  sourceRunId: string | null;
  status: LoggedModelStatus;
  lifecycle: Lifecycle;
  createdMs: number;
  updatedMs: number;
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: SourceModelMetric[];
  artifactUri: string;
};

export type SourceVersion = {
  number: number;
  createdMs: number;
  updatedMs: number;
  description: string | null;
  stage: Stage;
  source: string | null;
  location: string | null;
  runId: string | null;
  runLink: string | null;
  loggedModel: string | null;
  tags: Record<string, string>;
};
export type SourceRegisteredModel = {
  name: string;
  description: string | null;
  createdMs: number;
  updatedMs: number;
  tags: Record<string, string>;
  aliases: Record<string, number>;
  versions: SourceVersion[];
};

/** A trace as its source says it; `spans` is the file that they are in, where they are in one. Null: it holds none that can be reached. */
export type SourceTrace = Omit<ImportedTrace, "project" | "spans" | "assessments"> & {
  spans: readonly Span[] | SourceFile | null;
  assessments: readonly Omit<Assessment, "project">[];
};

/** A trace without its spans and, where they are asked for one by one, the runs that it is linked to. */
export type TraceHead = Omit<SourceTrace, "spans"> & {
  /** Equal ones: the source says that the trace and its spans are what they were. Null: it cannot say, as of a trace that goes on. */
  mark: string | null;
};

export type SourceEvaluationDataset = Omit<ImportedEvaluationDataset, "project">;

export type SourceFile = { path: string; sizeBytes: number | null; keep(blobs: BlobStore): Promise<Blob> };
/** Something that an import does not take, how often, and why. */
export type Left = { what: string; count: number; why: string };

/** A store of MLflow to read from. Every page may be read again; nothing of the source is changed or locked for long, and nothing is unpickled. */
export type MlflowSource = {
  /** How it is named in the record: no credentials. */
  readonly label: string;
  experiments(): Promise<SourceExperiment[]>;
  /** How many runs there are, when that is cheap to know. */
  countRuns(): Promise<number | null>;
  /** Runs of these experiments, deleted ones too, a page at a time. */
  runs(experiments: readonly SourceExperiment[]): AsyncIterable<RunHead[]>;
  /** Some runs of one page with all that they hold, in the same order. */
  whole(runs: readonly RunHead[]): Promise<SourceRun[]>;
  loggedModels(experiments: readonly SourceExperiment[]): AsyncIterable<SourceLoggedModel[]>;
  registeredModels(): AsyncIterable<SourceRegisteredModel>;
  /** Traces of these experiments, a page at a time, after their runs. */
  traces(experiments: readonly SourceExperiment[]): AsyncIterable<TraceHead[]>;
  /** Some traces of one page with all that hangs on them. */
  wholeTraces(page: readonly TraceHead[]): Promise<SourceTrace[]>;
  /** Evaluation datasets with their records, whichever experiments they belong to. */
  evaluationDatasets(): AsyncIterable<SourceEvaluationDataset>;
  /** Files below a place. Undefined when it is out of reach. */
  files(place: SourcePlace): Promise<SourceFile[] | undefined>;
  /** Whether a look at the files of a place asks nobody else. */
  isNear(place: SourcePlace): boolean;
  /** What the source holds beside all this. */
  left(): Promise<Left[]>;
  close(): Promise<void>;
};

/** Counts by noun, such as `runs` or `metric points`. */
export type Counts = Record<string, number>;
/** What stood in the way of one thing; the rest was taken. */
export type Conflict = { noun: string; id: string; code: string; problem: string };

/** What an import or export did. */
export type TransferResult = {
  /** Where it came from, or went to. */
  place: string;
  /** What the source holds, of what can be taken. */
  found: Counts;
  /** What was new, or would be. */
  taken: Counts;
  /** What was on both sides already. */
  same: Counts;
  /** What had gone on at the source since the last import. */
  updated: Counts;
  /** Of `same`: what was not read again, because the source says of it what it said when it was read and compared. */
  unread: Counts;
  conflicts: Conflict[];
  conflictCount: number;
  left: Left[];
  notes: string[];
  /** Over the digests of everything that was compared; null for a plan. */
  digest: string | null;
  /** Things whose content here, read back, is not what the source said. */
  differing: number;
  entry: string | null;
};
