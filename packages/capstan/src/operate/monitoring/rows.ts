import type { Analytics } from "../../build/data/analytics.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { RowsSql } from "./counting.ts";
import type { ColumnKind, ReferenceColumns, Span } from "./model.ts";
import { anchorOf } from "./windows.ts";

/** Declared uses that say nothing about the world: releases choose their rows, people at a playground invent them. */
const unwatched = ["release", "playground"] as const;
const features = "feature_";
const outputs = "output_";

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const name = (column: string): string => `"${column.replaceAll('"', '""')}"`;
const parquet = (paths: readonly string[]): string => `read_parquet([${paths.map(text).join(", ")}], union_by_name = true)`;
const counted = (column: string, kind: ColumnKind, i: number): string =>
  `${kind === "number" ? `cast(${column} as DOUBLE)` : `cast(${column} as VARCHAR)`} as f${i}`;

function kindOf(type: string): ColumnKind | undefined {
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U[A-Z]*INT|FLOAT|DOUBLE|DECIMAL)/.test(type)) return "number";
  return /^(VARCHAR|BOOLEAN|ENUM)/.test(type) ? "category" : undefined;
}

const describe = async (analytics: Analytics, paths: readonly string[]): Promise<Map<string, string>> =>
  new Map(
    (await analytics.all<{ column_name: string; column_type: string }>(`describe select * from ${parquet(paths)}`)).map((row) => [
      row.column_name,
      row.column_type,
    ]),
  );

/** Columns of a table of reference rows that can be counted, by name. Fails when it has no time, truth or score. */
export async function referenceKinds(
  analytics: Analytics,
  paths: readonly string[],
  columns: ReferenceColumns,
  reference: string,
): Promise<Record<string, ColumnKind>> {
  const types = await describe(analytics, paths);
  for (const column of [columns.time, columns.score]) {
    if (!types.has(column))
      throw new CapstanError("CAP-CHECK-002", {
        test: "monitor",
        column,
        subject: reference,
        near: [...types.keys()].slice(0, 5).join(", "),
        columns: [...types.keys()].join(", "),
      });
  }
  const own = new Set<string>(Object.values(columns));
  return Object.fromEntries(
    [...types].flatMap(([column, type]) => (own.has(column) || kindOf(type) === undefined ? [] : [[column, kindOf(type) as ColumnKind]])),
  );
}

export function referenceSql(
  paths: readonly string[],
  columns: ReferenceColumns,
  kinds: Readonly<Record<string, ColumnKind>>,
  hasLabel: boolean,
): RowsSql {
  const listed = Object.keys(kinds);
  const label = hasLabel ? `cast(${name(columns.label)} as DOUBLE)` : "cast(null as DOUBLE)";
  const selected = listed.map((column, i) => counted(name(column), kinds[column] as ColumnKind, i));
  return {
    columns: listed,
    sql: `select ${[`epoch_ms(cast(${name(columns.time)} as TIMESTAMP)) as at_ms`, `cast(${name(columns.score)} as DOUBLE) as score`, `${label} as label`, ...selected].join(", ")} from ${parquet(paths)}`,
  };
}

export const hasColumn = async (analytics: Analytics, paths: readonly string[], column: string): Promise<boolean> =>
  (await describe(analytics, paths)).has(column);

/** What segments hold: features by their names in the signature, and the column of the score. */
export async function predictionColumns(
  analytics: Analytics,
  paths: readonly string[],
): Promise<{ features: string[]; score: string | undefined }> {
  const types = await describe(analytics, paths);
  const scores = [...types].filter(([column, type]) => column.startsWith(outputs) && kindOf(type) === "number").map(([column]) => column);
  return {
    features: [...types.keys()].filter((column) => column.startsWith(features)).map((column) => column.slice(features.length)),
    score: scores.find((column) => /prob|score/.test(column)) ?? scores[0],
  };
}

export type LiveRows = {
  readonly paths: readonly string[];
  readonly score: string;
  readonly kinds: Readonly<Record<string, ColumnKind>>;
  readonly spans: readonly Span[];
  readonly windowMs: number;
  /** CSV of key, value, observed_ms, received_ms; null when no truth is looked at. */
  readonly labels: { readonly path: string; readonly delayMs: number; readonly untilMs: number } | null;
};

/** Watched rows of these windows with the truth as it was known when the label delay after their window had passed, the newest value of a key first. */
export function liveSql(live: LiveRows): RowsSql {
  const listed = Object.keys(live.kinds);
  const [first, last] = [Math.min(...live.spans.map((span) => span.startMs)), Math.max(...live.spans.map((span) => span.endMs))];
  const anchor = anchorOf(live.windowMs);
  const selected = listed.map((column, i) => counted(name(features + column), live.kinds[column] as ColumnKind, i));
  const rows = `select *, epoch_ms(observed_at) as at_ms from ${parquet(live.paths)} where ${watched} and epoch_ms(observed_at) >= ${first} and epoch_ms(observed_at) < ${last}`;
  const picked = (label: string): string =>
    [`at_ms`, `cast(${name(live.score)} as DOUBLE) as score`, `${label} as label`, "version", ...selected].join(", ");
  if (!live.labels) return { columns: listed, sql: `select ${picked("cast(null as DOUBLE)")} from (${rows})` };
  const { path, delayMs, untilMs } = live.labels;
  const truths = `select key, arg_max(value, received_ms) as value, min(observed_ms) as known_ms from read_csv(${text(path)}, header = true, columns = {'key': 'VARCHAR', 'value': 'DOUBLE', 'observed_ms': 'BIGINT', 'received_ms': 'BIGINT'}) where observed_ms <= ${untilMs} group by key`;
  const ended = `(floor((p.at_ms - ${anchor}) / ${live.windowMs}) + 1) * ${live.windowMs} + ${anchor}`;
  return {
    columns: listed,
    sql: `select ${picked("value")} from (${rows}) p left join (${truths}) t on t.key = p.key and t.known_ms <= ${ended} + ${delayMs}`,
  };
}

const watched = `(use is null or use not in (${unwatched.map(text).join(", ")}))`;

/** Event time of the newest row that is watched: others may lie anywhere. */
export async function newestWatched(analytics: Analytics, paths: readonly string[]): Promise<number | undefined> {
  const [row] = await analytics.all<{ ms: number | null }>(
    `select max(epoch_ms(observed_at)) as ms from ${parquet(paths)} where ${watched}`,
  );
  return row?.ms ?? undefined;
}

/** Rows by window and the version that answered them. */
export async function versionsByWindow(
  analytics: Analytics,
  rows: RowsSql,
  windowMs: number,
): Promise<Map<number, Record<string, number>>> {
  const anchor = anchorOf(windowMs);
  const found = await analytics.all<{ w: number; version: number; n: number }>(
    `select cast(floor((at_ms - ${anchor}) / ${windowMs}) as BIGINT) as w, version, count(*) as n from (${rows.sql}) group by 1, 2 order by 1, 2`,
  );
  const versions = new Map<number, Record<string, number>>();
  for (const row of found) {
    const startMs = row.w * windowMs + anchor;
    versions.set(startMs, { ...versions.get(startMs), [`v${row.version}`]: row.n });
  }
  return versions;
}
