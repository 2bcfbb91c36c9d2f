import { join } from "node:path";
import { rm } from "node:fs/promises";
import type { ColumnKind, ColumnProfile } from "@capstan/contract/operations/data";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Analytics } from "./analytics.ts";
import type { Cell, TableRow } from "./analytics-message.ts";
import { binsOf, countsToProfile, quantilesOfCounts, roundTo12, topLimit } from "./profile-rules.ts";
import { columnKind, sqlName, sqlText, type TableSource, tableSql } from "./table.ts";

export type ColumnSchema = { name: string; type: string; kind: ColumnKind; nullable: boolean };
export type TableProfile = { rows: number; schema: ColumnSchema[]; columns: ColumnProfile[] };

/** Above so many distinct values a column is binned instead of counted value by value. */
const countedLimit = 5_000;
/** Most frequent texts are looked for up to so many distinct ones. */
const topDistinctLimit = 200_000;
/** Quantiles of columns that are not counted come from every k-th row, k so that about this many are read. */
const quantileRows = 500_000;
const together = 4;

export async function schemaOf(analytics: Analytics, source: TableSource, name: string): Promise<ColumnSchema[]> {
  try {
    const rows = await analytics.all<{ column_name: string; column_type: string; null: string }>(
      `describe select * from ${tableSql(source)}`,
    );
    return rows.map((row) => ({
      name: row.column_name,
      type: row.column_type,
      kind: columnKind(row.column_type),
      nullable: row.null === "YES",
    }));
  } catch (error) {
    throw unreadable(error, source, name);
  }
}

function unreadable(error: unknown, source: TableSource, name: string): unknown {
  if (!(error instanceof CapstanError) || error.code !== "CAP-DATA-024") return error;
  return new CapstanError(
    "CAP-DATA-004",
    { path: name, format: source.format, problem: String(error.params["problem"]) },
    { cause: error },
  );
}

/**
 * The same bytes give the same profile: everything is counted or read from every k-th row, nothing drawn at random, and means are rounded to 12 digits
 * because threads add in no fixed order. Text formats are turned into Parquet in `tempFolder` first, so that they are parsed once.
 */
export async function profileTable(
  analytics: Analytics,
  source: TableSource,
  name: string,
  tempFolder: string,
  token: string,
): Promise<TableProfile> {
  if (source.format === "parquet") return profileParquet(analytics, source, name);
  const path = join(tempFolder, `profile-${token}.parquet`);
  try {
    await analytics.all(`copy (select * from ${tableSql(source)}) to ${sqlText(path)} (format parquet)`);
    return await profileParquet(analytics, { format: "parquet", paths: [path] }, name);
  } catch (error) {
    throw unreadable(error, source, name);
  } finally {
    await rm(path, { force: true });
  }
}

async function profileParquet(analytics: Analytics, source: TableSource, name: string): Promise<TableProfile> {
  const schema = await schemaOf(analytics, source, name);
  const table = tableSql(source);
  const aggregates = schema.flatMap((column, i) => {
    const value = valueSql(column);
    const basic = [`count(${sqlName(column.name)}) as n${i}`, `approx_count_distinct(${sqlName(column.name)}) as d${i}`];
    if (column.kind === "other") return basic;
    if (column.kind === "text") return [...basic, `left(min(${value}), 200) as min${i}`, `left(max(${value}), 200) as max${i}`];
    const moments =
      column.kind === "number" || column.kind === "integer" ? [`avg(${value}) as mean${i}`, `stddev_samp(${value}) as sd${i}`] : [];
    return [...basic, `min(${value}) as min${i}`, `max(${value}) as max${i}`, ...moments];
  });
  const [total = {}] = await analytics.all(
    `select count(*) as rows${aggregates.length > 0 ? `, ${aggregates.join(", ")}` : ""} from ${table}`,
  );
  const rows = Number(total["rows"]);
  const columns: ColumnProfile[] = [];
  for (let at = 0; at < schema.length; at += together) {
    columns.push(
      ...(await Promise.all(
        schema.slice(at, at + together).map((column, i) => profileColumn(analytics, source, column, rows, total, at + i)),
      )),
    );
  }
  return { rows, schema, columns };
}

async function profileColumn(
  analytics: Analytics,
  source: TableSource,
  column: ColumnSchema,
  rows: number,
  total: TableRow,
  i: number,
): Promise<ColumnProfile> {
  const present = Number(total[`n${i}`]);
  const approximate = Number(total[`d${i}`]);
  const base: ColumnProfile = {
    name: column.name,
    type: column.type,
    kind: column.kind,
    rows,
    nulls: rows - present,
    distinct: Math.min(approximate, present),
    min: edgeOf(total[`min${i}`]),
    max: edgeOf(total[`max${i}`]),
    mean: numberOf(total[`mean${i}`]),
    standardDeviation: numberOf(total[`sd${i}`]),
    quantiles: [],
    histogram: null,
    top: [],
    other: 0,
  };
  if (present === 0 || column.kind === "other") return base;
  const table = tableSql(source);
  const value = scaleSql(column);
  if (column.kind === "text" || column.kind === "boolean") {
    if (approximate > topDistinctLimit) return { ...base, other: present };
    const [groups = []] = await analytics.batch([
      {
        sql: `select cast(${value} as varchar) as v, count(*) as n, count(*) over () as d from ${table} where ${value} is not null group by 1 order by n desc, v limit ${topLimit}`,
      },
    ]);
    const top = groups.map((group) => ({ value: String(group["v"]).slice(0, 200), count: Number(group["n"]) }));
    return { ...base, distinct: Number(groups[0]?.["d"] ?? 0), top, other: present - top.reduce((sum, one) => sum + one.count, 0) };
  }
  if (approximate <= countedLimit) {
    const { columns } = await analytics.columns(
      `select cast(${value} as double) as v, count(*) as n from ${table} where ${value} is not null group by 1 order by 1`,
    );
    return { ...base, ...countsToProfile(columns["v"] as Float64Array, columns["n"] as Float64Array, column.kind, present) };
  }
  const every = Math.max(1, Math.floor(rows / quantileRows));
  const sampled =
    every === 1
      ? table
      : `(select * from read_parquet([${source.paths.map(sqlText).join(", ")}], file_row_number = true) where file_row_number % ${every} = 0)`;
  const { columns } = await analytics.columns(
    `select cast(${value} as double) as v, count(*) as n from ${sampled} where ${value} is not null group by 1 order by 1`,
  );
  const quantiles = quantilesOfCounts(columns["v"] as Float64Array, columns["n"] as Float64Array);
  const bins = binsOf(quantiles, column.kind);
  const counted = await analytics.all<{ bin: number; n: number }>(
    `select cast(least(${bins.count}, greatest(-1, floor((cast(${value} as double) - ${bins.low}::double) / ${bins.width}::double))) as integer) as bin, count(*) as n from ${table} where ${value} is not null group by 1`,
  );
  const counts = Array.from({ length: bins.count + 2 }, () => 0);
  for (const one of counted) counts[one.bin + 1] = one.n;
  return { ...base, quantiles, histogram: { edges: bins.edges, counts } };
}

/** The value itself, without what is not finite. */
const valueSql = (column: ColumnSchema): string =>
  column.type === "DOUBLE" || column.type === "FLOAT"
    ? `case when isfinite(${sqlName(column.name)}) then ${sqlName(column.name)} end`
    : sqlName(column.name);
/** The value on the scale of quantiles and histogram: seconds since 1970 for times. */
const scaleSql = (column: ColumnSchema): string =>
  column.kind === "time" ? `(epoch_ms(cast(${sqlName(column.name)} as timestamp)) / 1000)` : valueSql(column);

const numberOf = (cell: Cell | undefined): number | null => (typeof cell === "number" && Number.isFinite(cell) ? roundTo12(cell) : null);
const edgeOf = (cell: Cell | undefined): number | string | null =>
  typeof cell === "number" || typeof cell === "string" ? cell : typeof cell === "boolean" ? String(cell) : null;
