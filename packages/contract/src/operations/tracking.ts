import { z } from "zod";
import { operation } from "../operation.ts";
import { digest, name, paged, time, verdict } from "../shapes.ts";

/** Ordinary views show user, step and pipeline. */
export const runKinds = ["user", "step", "pipeline", "check", "evaluation", "monitor", "fault", "release"] as const;
export const runKind = z.enum(runKinds);
export type RunKindName = z.output<typeof runKind>;

export const runStatus = z.enum(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]);

/** 32 hex digits, unique per store. */
export const runId = z.string().regex(/^[0-9a-f]{32}$/, "a run id of 32 hex digits");
/** An integer as a string, unique per store; `0` is Default. */
export const experimentId = z.string().regex(/^[0-9]{1,18}$/, "an experiment id");

/** A query value that may be given once, many times, or comma-separated. */
export const many = (max: number) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) =>
      [...new Set((typeof value === "string" ? value.split(",") : value).map((one) => one.trim()).filter(Boolean))].slice(0, max + 1),
    );

/** Chosen by whoever sends a stream of metric points to a run. */
export const streamName = z.string().regex(/^[\w.-]{1,100}$/, "1 to 100 letters, digits, dots, dashes and underscores");

/** JSON has no word for these three numbers. */
export const metricValue = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]);

export const resources = z.object({
  wallSeconds: z.number().nullable(),
  cpuSeconds: z.number().nullable(),
  gpuSeconds: z.number().nullable(),
  waitSeconds: z.number().nullable(),
  peakBytes: z.number().nullable(),
  readBytes: z.number().nullable(),
  writtenBytes: z.number().nullable(),
});

export const progress = z.object({ done: z.number(), total: z.number().nullable(), unit: z.string() });

export const runRef = z.object({
  id: runId,
  name: z.string(),
  kind: runKind,
  step: z.string().nullable(),
  status: runStatus,
  verdict: verdict.nullable(),
  started: time,
  seconds: z.number().nullable(),
});
export type RunRef = z.output<typeof runRef>;

/** A row of the runs table. */
export const runSummary = z.object({
  id: runId,
  name: z.string(),
  project: name,
  experiment: z.object({ id: experimentId, name: z.string() }),
  kind: runKind,
  /** Step name for kind step. */
  step: z.string().nullable(),
  status: runStatus,
  verdict: verdict.nullable(),
  started: time,
  ended: time.nullable(),
  /** Until now while it runs. */
  seconds: z.number().nullable(),
  by: z.string(),
  parent: runId.nullable(),
  /** Entry that led to it. */
  because: z.string().nullable(),
  /** Latest value of each metric. */
  metrics: z.record(z.string(), metricValue),
  params: z.record(z.string(), z.string()),
  /** Without those that start with `mlflow.`. */
  tags: z.record(z.string(), z.string()),
  progress: progress.nullable(),
  /** Digest over everything the run holds; null while it is open. */
  seal: digest.nullable(),
});
export type RunSummary = z.output<typeof runSummary>;

export const runLink = z.object({
  name: z.string(),
  /** Lineage node: `data:flights@v1`, `blob:<digest>`, `model:late-arrival@v2`. */
  node: z.string(),
  digest: z.string().nullable(),
});
export const artifactFile = z.object({
  path: z.string(),
  folder: z.boolean(),
  sizeBytes: z.number().nullable(),
  digest: digest.nullable(),
});

/** A dataset as the client that logged the run described it; its digest is the client's own. */
const describedInput = z.object({
  name: z.string(),
  digest: z.string(),
  /** What for: `training`. */
  context: z.string().nullable(),
  sourceType: z.string(),
  source: z.string(),
  /** JSON as the client wrote them. */
  schema: z.string().nullable(),
  profile: z.string().nullable(),
});
/** A logged model that the run read or made. */
const runModel = z.object({
  id: z.string(),
  direction: z.enum(["inputs", "outputs"]),
  /** The metric step it was made at. */
  step: z.number(),
  name: z.string(),
  type: z.string().nullable(),
  status: z.enum(["UNSPECIFIED", "PENDING", "READY", "UPLOAD_FAILED"]),
  params: z.record(z.string(), z.string()),
});

export const codeAndEnvironment = z.object({
  /** Digest of the captured environment; equal digests are equal environments. */
  node: z.string().nullable(),
  platform: z.string().nullable(),
  lockDigest: z.string().nullable(),
  command: z.string().nullable(),
  commit: z.string().nullable(),
  /** Files differed from the commit; the difference is kept as an object. */
  dirty: z.boolean().nullable(),
  diffDigest: z.string().nullable(),
  more: z.record(z.string(), z.string()),
});

export const runDetail = z.object({
  ...runSummary.shape,
  /** All, those of MLflow included. */
  tags: z.record(z.string(), z.string()),
  /** Step key or station key. */
  key: z.string().nullable(),
  metricFacts: z.array(
    z.object({
      key: z.string(),
      last: metricValue,
      step: z.number(),
      at: time,
      min: z.number().nullable(),
      max: z.number().nullable(),
      points: z.number(),
      nonFinite: z.number(),
    }),
  ),
  inputs: z.array(runLink),
  outputs: z.array(runLink),
  datasets: z.array(describedInput),
  models: z.array(runModel),
  artifacts: z.object({ files: z.number(), sizeBytes: z.number() }),
  environment: codeAndEnvironment,
  resources,
  parentRun: runRef.nullable(),
  children: z.array(runRef),
  sealed: z
    .object({
      digest,
      entry: z.string(),
      at: time,
      /** Seal before the last recorded change. */ before: digest.nullable(),
      points: z.number(),
      artifacts: z.number(),
    })
    .nullable(),
});
export type RunDetail = z.output<typeof runDetail>;

/** One curve as columns: entry i is bucket i. With `exact` each bucket holds one point. Not finite values are null. */
export const series = z.object({
  run: runId,
  key: z.string(),
  exact: z.boolean(),
  points: z.number(),
  nonFinite: z.number(),
  /** Of the first point of the bucket. */
  step: z.array(z.number()),
  /** Milliseconds since 1970-01-01 UTC of the first point of the bucket. */
  timeMs: z.array(z.number()),
  first: z.array(z.number().nullable()),
  min: z.array(z.number().nullable()),
  max: z.array(z.number().nullable()),
  last: z.array(z.number().nullable()),
  count: z.array(z.number()),
});
export type Series = z.output<typeof series>;

/** One row of a comparison: values by run in the order asked, null where the run has none. */
const comparedRow = <T extends z.ZodType>(value: T) =>
  z.object({ key: z.string(), values: z.array(value.nullable()), differs: z.boolean() });

export const experimentSummary = z.object({
  id: experimentId,
  name: z.string(),
  project: name,
  state: z.enum(["active", "deleted"]),
  created: time,
  runs: z.number(),
  running: z.number(),
  lastActivity: time.nullable(),
  /** The metric that most runs log, with the last values over time, oldest first. */
  mainMetric: z.object({ key: z.string(), values: z.array(z.number()) }).nullable(),
  tags: z.record(z.string(), z.string()),
});
export type ExperimentSummary = z.output<typeof experimentSummary>;

export const trackingOperations = {
  "experiments.list": operation({
    method: "GET",
    path: "/p/{project}/experiments",
    capability: "read",
    input: z.object({ project: name, state: z.enum(["active", "deleted", "all"]).default("active"), ...paged }),
    output: z.object({ experiments: z.array(experimentSummary), cursor: z.string().nullable(), total: z.number() }),
    text: "Experiments with the number of their runs, newest activity first.",
  }),
  "experiments.get": operation({
    method: "GET",
    path: "/p/{project}/experiments/{experiment}",
    capability: "read",
    input: z.object({ project: name, /** Id or name. */ experiment: z.string().min(1).max(500) }),
    output: experimentSummary,
    text: "One experiment by id or name.",
  }),
  "runs.list": operation({
    method: "GET",
    path: "/p/{project}/runs",
    capability: "read",
    input: z.object({
      project: name,
      experiment: experimentId.optional(),
      /** Kinds; user, step and pipeline unless said. */
      kind: many(8).pipe(z.array(runKind)).optional(),
      status: many(5).pipe(z.array(runStatus)).optional(),
      step: z.string().optional(),
      /** Children of this run. */
      parent: runId.optional(),
      /** Words that the name holds, or the beginning of an id. */
      q: z.string().max(500).optional(),
      ...paged,
    }),
    output: z.object({ runs: z.array(runSummary), cursor: z.string().nullable(), total: z.number() }),
    text: "Runs with their latest metrics, params and tags, newest first.",
  }),
  "runs.get": operation({
    method: "GET",
    path: "/p/{project}/runs/{run}",
    capability: "read",
    input: z.object({ project: name, run: runId }),
    output: runDetail,
    text: "One run with everything it holds, and its seal.",
  }),
  "runs.series": operation({
    method: "GET",
    path: "/p/{project}/runs/series",
    capability: "read",
    input: z.object({
      project: name,
      run: many(100).pipe(z.array(runId).min(1).max(100)),
      /** All keys of the runs when absent, at most 200. */
      key: z
        .union([z.string(), z.array(z.string())])
        .transform((value) => (typeof value === "string" ? [value] : value))
        .optional(),
      /** Buckets at most: ask for as many as there are pixels. */
      buckets: z.coerce.number().int().min(1).max(5000).default(500),
      fromStep: z.coerce.number().int().optional(),
      toStep: z.coerce.number().int().optional(),
    }),
    output: z.object({ series: z.array(series) }),
    text: "Curves of several keys and runs, downsampled to first, least, greatest and last value per bucket of metric steps.",
  }),
  "runs.artifacts": operation({
    method: "GET",
    path: "/p/{project}/runs/{run}/artifacts",
    capability: "read",
    input: z.object({
      project: name,
      run: runId,
      /** Folder. */ path: z.string().max(1000).default(""),
      /** All files below it, flat. */ deep: z.enum(["true", "false"]).default("false"),
    }),
    output: z.object({ files: z.array(artifactFile) }),
    text: "Files and folders that a run keeps; bytes are at /api/v1/p/{project}/runs/{run}/files/{path}.",
  }),
  "runs.artifact": operation({
    method: "GET",
    path: "/p/{project}/runs/{run}/artifact",
    capability: "read",
    input: z.object({ project: name, run: runId, path: z.string().min(1).max(1000) }),
    output: z.object({
      ...artifactFile.shape,
      digest,
      sizeBytes: z.number(),
      type: z.string(),
      /** Path on this server that answers with the bytes; takes Range. */ bytes: z.string(),
    }),
    text: "Facts of one file of a run and where its bytes are.",
  }),
  "runs.table": operation({
    method: "GET",
    path: "/p/{project}/runs/{run}/table",
    capability: "read",
    input: z.object({
      project: name,
      run: runId,
      path: z.string().min(1).max(1000),
      offset: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(500).default(100),
      /** A column; with a minus before it, descending. */
      sort: z.string().max(300).optional(),
      /** Rows that hold these words in any column. */
      q: z.string().max(500).optional(),
    }),
    output: z.object({
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))),
      offset: z.number().int(),
      /** Rows that fit `q`. */
      total: z.number().int(),
    }),
    text: "A page of rows of an artifact that is a table: Parquet, CSV or JSON.",
  }),
  "runs.compare": operation({
    method: "GET",
    path: "/p/{project}/runs/compare",
    capability: "read",
    input: z.object({ project: name, run: many(20).pipe(z.array(runId).min(2).max(20)) }),
    output: z.object({
      runs: z.array(runSummary),
      metrics: z.array(comparedRow(metricValue)),
      params: z.array(comparedRow(z.string())),
      /** Digest of each input by name. */
      inputs: z.array(comparedRow(z.string())),
      environment: z.array(comparedRow(z.string())),
      resources: z.array(comparedRow(z.number())),
      /** Rows that are equal in all runs. */
      equal: z.number(),
    }),
    text: "What differs between 2 to 20 runs; the first is the baseline.",
  }),
  "runs.tag": operation({
    method: "PATCH",
    path: "/p/{project}/runs/{run}/tags",
    capability: "log",
    input: z.object({
      project: name,
      run: runId,
      set: z.record(z.string().min(1).max(250), z.string().max(8000)).default({}),
      remove: z.array(z.string()).default([]),
    }),
    output: runDetail,
    text: "Sets and removes tags; on a sealed run this is an entry and a new seal.",
  }),
  "runs.progress": operation({
    method: "POST",
    path: "/runs/{run}/progress",
    capability: "log",
    input: z.object({
      run: runId,
      done: z.number().min(0),
      total: z.number().min(0).nullable().default(null),
      unit: z.string().max(50).default(""),
    }),
    output: z.object({ run: runId }),
    text: "Says how far a run is; shown live, not kept.",
  }),
  "runs.stream": operation({
    method: "GET",
    path: "/p/{project}/runs/{run}/metrics",
    capability: "read",
    input: z.object({ project: name, run: runId, stream: streamName }),
    output: z.object({ stream: streamName, /** Lines that are kept: the offset to send on from. */ durable: z.number() }),
    text: "How many lines of a stream of metric points are durable; lines are sent by POST to the same path, as NDJSON.",
  }),
  "runs.verify": operation({
    method: "POST",
    path: "/p/{project}/runs/{run}/verify",
    capability: "read",
    input: z.object({ project: name, run: runId, /** Hash the bytes of its artifacts, too. */ deep: z.boolean().default(false) }),
    output: z.object({
      verdict,
      seal: digest.nullable(),
      computed: digest.nullable(),
      problems: z.array(z.string()),
      points: z.number(),
      artifacts: z.number(),
    }),
    text: "Computes the seal of a run again from what it holds.",
  }),
};
