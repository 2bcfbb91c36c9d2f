import { z } from "zod";
import { operation } from "../operation.ts";
import { name, time } from "../shapes.ts";
import { experimentId, many, metricValue, progress, runId, runKind, runRef } from "./tracking.ts";

/** `metrics.auc`, `metrics.auc@max`, `params.lr`, `tags.sweep`, or a bare attribute such as `started`; `-` before it in an order means descending. */
const columnKey = z.string().min(1).max(600);

/** Which runs: the question that table, groups and download share. */
export const runQuestion = {
  project: name,
  experiment: experimentId.optional(),
  /** Kinds; user, step and pipeline unless said. */
  kind: many(8).pipe(z.array(runKind)).optional(),
  /** The search language; words without any operator are looked for in names. */
  filter: z.string().max(8000).default(""),
  state: z.enum(["active", "deleted"]).default("active"),
  /** Only runs without a parent. */
  roots: z.boolean().default(false),
  parent: runId.optional(),
};

export const runRow = runRef.extend({
  experiment: experimentId,
  /** Until now while it runs. */
  seconds: z.number().nullable(),
  by: z.string(),
  parent: runId.nullable(),
  /** Runs right below it. */
  children: z.number(),
  progress: progress.nullable(),
  /** In the order of the asked columns. */
  values: z.array(z.union([metricValue, z.null(), z.string()])),
});
export type RunRow = z.output<typeof runRow>;

/** Finite values only. */
export const spread = z.object({ count: z.number(), min: z.number().nullable(), mean: z.number().nullable(), max: z.number().nullable() });

export const runGroup = z.object({
  /** Null: runs that have none. */
  value: z.string().nullable(),
  runs: z.number(),
  running: z.number(),
  failed: z.number(),
  newest: time,
  /** One per asked metric. */
  metrics: z.array(spread),
});
export type RunGroup = z.output<typeof runGroup>;

export const runTableOperations = {
  "runs.search": operation({
    method: "POST",
    path: "/p/{project}/runs/search",
    capability: "read",
    input: z.object({
      ...runQuestion,
      /** The first counts most; then the newest, then the id. */
      order: z.array(columnKey).max(4).default([]),
      /** The columns that are shown: nothing else is read. */
      columns: z.array(columnKey).max(200).default([]),
      offset: z.number().int().min(0).max(10_000_000).default(0),
      limit: z.number().int().min(0).max(1000).default(200),
      /** What an earlier answer named: pages of one snapshot neither repeat nor leave out a run. Forgotten ones are made anew. */
      snapshot: z.string().max(100).optional(),
    }),
    output: z.object({ rows: z.array(runRow), total: z.number(), snapshot: z.string(), milliseconds: z.number() }),
    text: "A page of the runs that a filter finds, anywhere in their order, with the columns that were asked for and the exact total.",
  }),
  "runs.newest": operation({
    method: "POST",
    path: "/p/{project}/runs/newest",
    capability: "read",
    input: z.object({
      project: runQuestion.project,
      experiment: runQuestion.experiment,
      kind: runQuestion.kind,
      state: runQuestion.state,
      roots: runQuestion.roots,
      columns: z.array(columnKey).max(200).default([]),
      limit: z.number().int().min(1).max(200).default(50),
    }),
    output: z.object({ rows: z.array(runRow) }),
    text: "The newest runs at once, in the order of `runs.search` without a filter: nothing else is counted or ordered for them.",
  }),
  "runs.groups": operation({
    method: "POST",
    path: "/p/{project}/runs/groups",
    capability: "read",
    input: z.object({
      ...runQuestion,
      /** What runs are put together by: a param, a tag, `status`, `kind`, `step`, `user`, `experiment` or `dataset`. */
      by: columnKey,
      metrics: z.array(columnKey).max(8).default([]),
      limit: z.number().int().min(1).max(500).default(200),
    }),
    output: z.object({ groups: z.array(runGroup), total: z.number(), runs: z.number(), milliseconds: z.number() }),
    text: "Runs put together by a value, largest group first, with least, mean and greatest of metrics over all members.",
  }),
  "runs.names": operation({
    method: "GET",
    path: "/p/{project}/runs/names",
    capability: "read",
    input: z.object({
      project: name,
      experiment: experimentId.optional(),
      /** What the name holds, whatever the case. */
      q: z.string().max(500).default(""),
      limit: z.coerce.number().int().min(1).max(2000).default(200),
    }),
    output: z.object({
      names: z.array(
        z.object({
          key: columnKey,
          /** How many of the sampled runs have it. */
          runs: z.number(),
          /** More than one value in the sample, or missing in some of it. */
          varies: z.boolean(),
          numeric: z.boolean(),
          /** Most points of one run in the sample; 0 for params and tags. */
          points: z.number(),
        }),
      ),
      /** So many of the newest runs were looked at for the counts. */
      sampled: z.number(),
    }),
    text: "Names of metrics, params and tags, most used first, for completion and for choosing columns.",
  }),
  "runs.values": operation({
    method: "GET",
    path: "/p/{project}/runs/values",
    capability: "read",
    input: z.object({ project: name, experiment: experimentId.optional(), key: columnKey, q: z.string().max(500).default("") }),
    output: z.object({ values: z.array(z.object({ value: z.string(), runs: z.number() })), sampled: z.number() }),
    text: "Values of a param, a tag or an attribute among the newest runs, most used first.",
  }),
  "runs.delete": operation({
    method: "POST",
    path: "/p/{project}/runs/delete",
    capability: "log",
    input: z.object({ project: name, runs: z.array(runId).min(1).max(500) }),
    output: z.object({ runs: z.array(runId), /** Belong to a pipeline and stay with it. */ kept: z.number() }),
    text: "Deletes runs; they can be restored. Answers with those that were not deleted before.",
  }),
  "runs.restore": operation({
    method: "POST",
    path: "/p/{project}/runs/restore",
    capability: "log",
    input: z.object({ project: name, runs: z.array(runId).min(1).max(500) }),
    output: z.object({ runs: z.array(runId), /** Belong to a pipeline and stay with it. */ kept: z.number() }),
    text: "Takes deleted runs back. Answers with those that were deleted before.",
  }),
};
