import { z } from "zod";
import { operation } from "../operation.ts";
import { checkResult, digest, name, project, time, verdict } from "../shapes.ts";

/** `v3`, `latest`, or the first six or more digits of a digest. */
export const dataVersionRef = z.string().min(1).max(64);

/** How a column is read: what its values are, whatever the file's own type is called. */
export const columnKind = z.enum(["number", "integer", "time", "text", "boolean", "other"]);
export type ColumnKind = z.output<typeof columnKind>;

/** A number, or for time columns an RFC 3339 time, or for text the text. */
const edge = z.union([z.number(), z.string(), z.null()]);

/** Summary of one column. `null` where a figure has no meaning for the kind. */
export const columnProfile = z.object({
  name: z.string(),
  /** The engine's type, such as BIGINT. */
  type: z.string(),
  kind: columnKind,
  rows: z.number().int(),
  nulls: z.number().int(),
  /** Approximate from the sketch of a scan. */
  distinct: z.number().int(),
  min: edge,
  max: edge,
  mean: z.number().nullable(),
  standardDeviation: z.number().nullable(),
  /** Quantiles at 0, 1/q … 1 (approximate); numbers, seconds since 1970 for times. Empty for text. */
  quantiles: z.array(z.number()),
  /** Equal-width bins between the 0.5 % and 99.5 % quantile with open ends: `counts` has one more entry than `edges`; the first and last count the tails. Times in seconds since 1970. */
  histogram: z.object({ edges: z.array(z.number()), counts: z.array(z.number().int()) }).nullable(),
  /** Most frequent values of text, boolean and low-cardinality integer columns; `other` counts the rest without nulls. */
  top: z.array(z.object({ value: z.string(), count: z.number().int() })),
  other: z.number().int(),
});
export type ColumnProfile = z.output<typeof columnProfile>;

export const columnSchema = z.object({ name: z.string(), type: z.string(), kind: columnKind, nullable: z.boolean() });

export const dataVersion = z.object({
  dataset: name,
  version: z.string(),
  number: z.number().int(),
  digest,
  /** `tree` is a folder; it has no rows unless all of its files read as one table. */
  form: z.enum(["file", "tree"]),
  format: z.enum(["parquet", "csv", "json", "other"]),
  rows: z.number().int().nullable(),
  sizeBytes: z.number(),
  schema: z.array(columnSchema),
  origin: z.string().nullable(),
  licence: z.string().nullable(),
  /** `none`, or the classes of personal data that it holds. */
  personal: z.string().nullable(),
  /** Event-time column and its range. */
  time: z.object({ column: z.string(), from: time, to: time }).nullable(),
  addedAt: time,
  actor: z.string(),
  entry: z.string(),
  /** Verdict of the suites that ran before it got its number; `skipped` when there are none. */
  verdict,
});
export type DataVersion = z.output<typeof dataVersion>;

const version = project.extend({ dataset: name, version: dataVersionRef });

/** How one column changed from the first version to the second. */
export const columnDiff = z.object({
  name: z.string(),
  change: z.enum(["added", "removed", "type", "values", "same"]),
  before: columnProfile.nullable(),
  after: columnProfile.nullable(),
  /** Jensen–Shannon distance of the two distributions over common bins (base 2, 0–1), null as a bin of its own; null when one side is missing. */
  distance: z.number().nullable(),
  /** Plain sentences: new nulls, new categories, ratio of medians near a unit factor. */
  notes: z.array(z.string()),
});

export const dataOperations = {
  "data.list": operation({
    method: "GET",
    path: "/p/{project}/data",
    capability: "read",
    input: project,
    output: z.object({
      datasets: z.array(z.object({ dataset: name, versions: z.number().int(), latest: dataVersion, storedBytes: z.number() })),
    }),
    text: "Datasets of a project with their newest version.",
  }),
  "data.get": operation({
    method: "GET",
    path: "/p/{project}/data/{dataset}",
    capability: "read",
    input: project.extend({ dataset: name }),
    output: z.object({
      dataset: name,
      versions: z.array(dataVersion),
      /** Offers that broke a rule, newest first: nothing of them was kept but the verdict. */
      refused: z.array(z.object({ at: time, digest, sizeBytes: z.number(), verdict, entry: z.string(), actor: z.string() })),
    }),
    text: "One dataset: all versions, newest first, and what was refused.",
  }),
  "data.version": operation({
    method: "GET",
    path: "/p/{project}/data/{dataset}/versions/{version}",
    capability: "read",
    input: version,
    output: z.object({
      ...dataVersion.shape,
      profile: z.array(columnProfile),
      /** Lineage nodes that depend on it, one step away. */
      usedBy: z.array(z.object({ node: z.string(), relation: z.string(), title: z.string() })),
      versions: z.array(z.object({ version: z.string(), digest, rows: z.number().int().nullable(), addedAt: time })),
    }),
    text: "One dataset version: profile, schema, origin, licence and what uses it.",
  }),
  "data.add": operation({
    method: "POST",
    path: "/p/{project}/data/{dataset}/versions",
    capability: "run",
    input: project.extend({
      dataset: name,
      /** A file or folder on the host's machine. */
      path: z.string().min(1),
      time: z.string().optional(),
      licence: z.string().optional(),
      origin: z.string().optional(),
      personal: z.string().optional(),
    }),
    output: z.object({
      ...dataVersion.shape,
      /** False when the same bytes are already a version: that one is returned. */
      created: z.boolean(),
      results: z.array(checkResult),
    }),
    text: "Adds a file or folder as a version after its rules have passed; the same bytes are the same version.",
  }),
  "data.rows": operation({
    method: "GET",
    path: "/p/{project}/data/{dataset}/versions/{version}/rows",
    capability: "read",
    input: version.extend({
      offset: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    output: z.object({
      columns: z.array(columnSchema),
      /** In file order; times as RFC 3339, integers beyond 2^53 as text. */
      rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))),
      offset: z.number().int(),
      total: z.number().int(),
    }),
    text: "A page of rows in file order.",
  }),
  "data.diff": operation({
    method: "GET",
    path: "/p/{project}/data/{dataset}/diff",
    capability: "read",
    input: project.extend({ dataset: name, from: dataVersionRef, to: dataVersionRef }),
    output: z.object({
      from: dataVersion,
      to: dataVersion,
      rows: z.object({ before: z.number().int().nullable(), after: z.number().int().nullable() }),
      /** Most changed first. */
      columns: z.array(columnDiff),
      /** For trees. */
      files: z
        .object({ added: z.array(z.string()), removed: z.array(z.string()), changed: z.array(z.string()), same: z.number().int() })
        .nullable(),
    }),
    text: "What changed between two versions of a dataset, column by column.",
  }),
};
