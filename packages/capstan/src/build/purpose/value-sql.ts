import type { PurposeDeclaration } from "@capstan/contract/operations/purpose";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Analytics } from "../data/analytics.ts";
import { checkExpression } from "../data/expression.ts";
import { schemaOf } from "../data/profile.ts";
import { nearNames } from "../data/rules.ts";
import { detectFormat, isTable, sqlName, type TableSource, tableSql } from "../data/table.ts";
import type { ScoredRows, ValuedRows } from "./model.ts";
import type { Counted } from "./rules.ts";
import type { CurveRows } from "./value-curve.ts";

const timeoutMs = 120_000;

async function sourceOf(rows: { paths: readonly string[]; name: string }): Promise<TableSource> {
  const [first] = rows.paths;
  const format = first === undefined ? "other" : await detectFormat(first);
  if (!isTable(format)) throw new CapstanError("CAP-PURPOSE-003", { problem: `${rows.name} is no table` });
  return { format, paths: rows.paths };
}

async function requireExpression(analytics: Analytics, source: TableSource, field: string, sql: string): Promise<void> {
  await checkExpression(analytics, source, sql, (problem) => new CapstanError("CAP-PURPOSE-001", { field, problem }));
}

async function requireColumn(analytics: Analytics, source: TableSource, rows: { name: string }, column: string): Promise<void> {
  const known = (await schemaOf(analytics, source, rows.name)).map((one) => one.name);
  if (!known.includes(column))
    throw new CapstanError("CAP-PURPOSE-003", {
      problem: `${rows.name} has no column ${column}; near are ${nearNames(column, known).join(", ") || "none"}`,
    });
}

const secondsSql = (column: string): string => `(epoch_us(cast(${sqlName(column)} as timestamp)) / 1000000)::double`;

/** One query; rows whose truth is null are left out, a rule that is null on a row does not act on it. */
export async function countOutcomes(analytics: Analytics, declaration: PurposeDeclaration, rows: ValuedRows): Promise<Counted> {
  const source = await sourceOf(rows);
  const time = rows.time ?? declaration.time;
  await requireExpression(analytics, source, "positive", declaration.positive);
  if (declaration.today !== undefined) await requireExpression(analytics, source, "today", declaration.today);
  if (time !== undefined) await requireColumn(analytics, source, rows, time);
  const today =
    declaration.today === undefined
      ? ""
      : `, count(*) filter (where acts and truth) as tp, count(*) filter (where acts and not truth) as fp, count(*) filter (where not acts and truth) as fn, count(*) filter (where not acts and not truth) as tn`;
  const [row = {}] = await analytics.all<Record<string, number | null>>(
    `select count(*) as n, count(*) filter (where truth) as positives, min(moment) as first_moment, max(moment) as last_moment${today}
     from (select cast((${declaration.positive}) as boolean) as truth, ${declaration.today === undefined ? "false" : `coalesce(cast((${declaration.today}) as boolean), false)`} as acts, ${time === undefined ? "null::double" : secondsSql(time)} as moment from ${tableSql(source)}) valued
     where truth is not null`,
    [],
    { only: source.paths, timeoutMs },
  );
  const of = (name: string): number => Number(row[name] ?? 0);
  return {
    rows: of("n"),
    positives: of("positives"),
    today:
      declaration.today === undefined
        ? null
        : { true_positive: of("tp"), false_positive: of("fp"), false_negative: of("fn"), true_negative: of("tn") },
    fromSeconds: row["first_moment"] ?? null,
    toSeconds: row["last_moment"] ?? null,
  };
}

export async function readScored(analytics: Analytics, declaration: PurposeDeclaration, rows: ScoredRows): Promise<CurveRows> {
  const source = await sourceOf(rows);
  const time = rows.time ?? declaration.time;
  for (const column of [rows.score, ...(rows.truth === undefined ? [] : [rows.truth]), ...(time === undefined ? [] : [time])])
    await requireColumn(analytics, source, rows, column);
  if (rows.truth === undefined) await requireExpression(analytics, source, "positive", declaration.positive);
  const truth = rows.truth === undefined ? `(${declaration.positive})` : sqlName(rows.truth);
  const { columns } = await analytics.columns(
    `select * from (select cast(${sqlName(rows.score)} as double) as score, cast(cast(${truth} as boolean) as integer) as positive${time === undefined ? "" : `, ${secondsSql(time)} as seconds`} from ${tableSql(source)}) scored
     where positive is not null and score is not null${time === undefined ? "" : " and seconds is not null"}`,
    [],
    { only: source.paths, timeoutMs },
  );
  return {
    score: columns["score"] as Float64Array,
    positive: columns["positive"] as Float64Array,
    seconds: time === undefined ? new Float64Array() : (columns["seconds"] as Float64Array),
  };
}
