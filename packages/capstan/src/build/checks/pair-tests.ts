import type { TestConfig } from "@capstan/contract/config";
import { findUnitScale } from "@capstan/statistics";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Analytics } from "../data/analytics.ts";
import type { Cell, TableRow } from "../data/analytics-message.ts";
import { distanceOf } from "../data/profile-diff.ts";
import { profileTable } from "../data/profile.ts";
import { sqlName } from "../data/table.ts";
import type { Finding, Table } from "./model.ts";
import { count, figure, percent } from "./rules.ts";
import { ask, fromSql, numberedSql, sampleLimit } from "./table-sql.ts";

type Of<K extends TestConfig["kind"]> = Extract<TestConfig, { kind: K }>;
export type PairContext = {
  analytics: Analytics;
  table: Table;
  against: Table | undefined;
  /** Samples wanted of this test. */ samples: number;
  tempFolder: string;
  token: string;
};

const number = (cell: Cell | undefined): number => (typeof cell === "number" ? cell : Number(cell ?? Number.NaN));
const needed = (against: Table | undefined, test: string, need: string): Table => {
  if (!against) throw new CapstanError("CAP-CHECK-004", { test, need });
  return against;
};
const list = (names: readonly string[]): string => names.map(sqlName).join(", ");
const namesOf = (wanted: string | readonly string[] | undefined, table: Table): string[] =>
  wanted === undefined || wanted === "*" ? table.columns.map((column) => column.name) : typeof wanted === "string" ? [wanted] : [...wanted];

/** Rows that repeat others in some columns, or wholly. */
export async function duplicates(test: Of<"duplicates"> | Of<"unique">, { analytics, table, samples }: PairContext): Promise<Finding> {
  const columns = list(namesOf(test.kind === "unique" ? test.column : test.columns, table));
  const groups = `select count(*) as times, ${columns} from ${fromSql(table)} group by ${columns} having count(*) > 1`;
  const [totals = [], shown = []] = await ask(
    analytics,
    [table],
    [
      { sql: `create temp table repeated as ${groups}` },
      {
        sql: `select (select count(*) from ${fromSql(table)}) as all_rows, count(*) as repeats, coalesce(sum(times - 1), 0) as surplus from repeated`,
      },
      { sql: `select * from repeated order by times desc, ${columns} limit ${samples}` },
    ],
  ).then((results) => results.slice(1));
  const [total = {}] = totals;
  const rows = number(total["all_rows"]);
  const found = number(total["repeats"]);
  const surplus = number(total["surplus"]);
  const share = rows === 0 ? 0 : surplus / rows;
  const inside =
    test.max_groups === undefined ? share <= (test.max_share ?? 0) : found <= test.max_groups && share <= (test.max_share ?? 1);
  return {
    verdict: inside ? "pass" : "fail",
    observed: found,
    bound: test.max_groups === undefined ? `≤ ${percent(test.max_share ?? 0)} of rows` : `≤ ${test.max_groups} groups`,
    rows,
    detail:
      found === 0
        ? `${count(rows)} rows, all different`
        : `${count(found)} groups of identical rows, ${count(surplus)} rows more than once, ${percent(share)}`,
    samples: shown,
  };
}

export async function unitScale(test: Of<"unit_scale">, { analytics, table, against }: PairContext): Promise<Finding> {
  if (!against) return { verdict: "skipped", observed: null, bound: null, rows: null, detail: "there is no reference yet" };
  const column = sqlName(test.column);
  const quartiles = `select quantile_disc(${column}, 0.25)::double as q25, quantile_disc(${column}, 0.5)::double as median, quantile_disc(${column}, 0.75)::double as q75, count(${column}) as n`;
  const [now = [], then = []] = await ask(
    analytics,
    [table, against],
    [{ sql: `${quartiles} from ${fromSql(table)}` }, { sql: `${quartiles} from ${fromSql(against)}` }],
  );
  const read = (row: TableRow = {}) => ({
    q25: number(row["q25"]),
    median: number(row["median"]),
    q75: number(row["q75"]),
    n: number(row["n"]),
  });
  const [current, reference] = [read(now[0]), read(then[0])];
  if (current.n === 0 || reference.n === 0)
    return { verdict: "inconclusive", observed: null, bound: null, rows: current.n, detail: "one side has no values" };
  const unit = findUnitScale(reference, current, test.tolerance);
  const ratio = reference.median === 0 ? Number.NaN : current.median / reference.median;
  return {
    verdict: unit ? "fail" : "pass",
    observed: Number.isFinite(ratio) ? Number(ratio.toPrecision(6)) : null,
    bound: "no change of unit",
    rows: current.n,
    detail: `median ${figure(reference.median)} in ${against.name}, ${figure(current.median)} now${unit ? `: ${unit.name}` : ""}`,
  };
}

export async function timeLeakage(
  test: Of<"time_leakage">,
  id: string,
  { analytics, table, against, samples }: PairContext,
): Promise<Finding> {
  const train = needed(against, id, "the training rows");
  const column = sqlName(test.column);
  const tables = [table, train];
  const [edges = []] = await ask(analytics, tables, [
    {
      sql: `with train as (select max(${column}) as last from ${fromSql(train)}) select cast((select last from train) as varchar) as last, cast(min(${column}) as varchar) as first, count(*) as n, count(*) filter (where ${column} < (select last from train)) as early from ${fromSql(table)}`,
    },
  ]);
  const [edge = {}] = edges;
  const early = number(edge["early"]);
  const rows = number(edge["n"]);
  const [shown = []] =
    early === 0
      ? []
      : await ask(analytics, tables, [
          { sql: `select * from ${numberedSql(table)} where ${column} < (select max(${column}) from ${fromSql(train)}) limit ${samples}` },
        ]);
  const known = edge["last"] !== null && edge["first"] !== null;
  return {
    verdict: !known ? "inconclusive" : early === 0 ? "pass" : "fail",
    observed: early,
    bound: "0 rows",
    rows,
    samples: shown,
    detail: known
      ? `last training row ${String(edge["last"])}, first test row ${String(edge["first"])}${early === 0 ? "" : `, ${count(early)} of ${count(rows)} rows are earlier`}`
      : "one side has no times",
  };
}

export async function overlap(
  test: Of<"overlap_train_test">,
  id: string,
  { analytics, table, against, samples }: PairContext,
): Promise<Finding> {
  const train = needed(against, id, "the training rows");
  const shared = new Set(train.columns.map((column) => column.name));
  const columns =
    test.columns === undefined
      ? table.columns.map((column) => column.name).filter((name) => shared.has(name))
      : namesOf(test.columns, table);
  const same = columns.map((name) => `t.${sqlName(name)} is not distinct from s.${sqlName(name)}`).join(" and ");
  const from = `${fromSql(table)} t semi join (select distinct ${list(columns)} from ${fromSql(train)}) s on ${same}`;
  const [totals = [], shown = []] = await ask(
    analytics,
    [table, train],
    [
      { sql: `select (select count(*) from ${fromSql(table)}) as n, count(*) as seen from ${from}` },
      { sql: `select * from ${from} limit ${samples}` },
    ],
  );
  const rows = number(totals[0]?.["n"]);
  const seen = number(totals[0]?.["seen"]);
  const share = rows === 0 ? 0 : seen / rows;
  return {
    verdict: share <= test.max_share ? "pass" : "fail",
    observed: share,
    bound: `≤ ${percent(test.max_share)}`,
    rows,
    samples: shown,
    detail: `${count(seen)} of ${count(rows)} rows are in the training rows, by ${columns.length > 4 ? `${columns.length} columns` : columns.join(", ")}`,
  };
}

/** Two ways to make the same features, joined by a key: a numeric cell differs when |a − b| > tolerance · max(1, |a|), any other when it is not the same. */
export async function rowJoinSkew(
  test: Of<"row_join_skew">,
  id: string,
  { analytics, table, against, samples }: PairContext,
): Promise<Finding> {
  const served = needed(against, id, "the rows as served");
  const tolerance = test.tolerance ?? 1e-6;
  const columns = (
    test.columns === "*"
      ? table.columns.map((column) => column.name).filter((name) => served.columns.some((column) => column.name === name))
      : namesOf(test.columns, table)
  ).filter((name) => name !== test.key);
  const key = sqlName(test.key);
  const numeric = (name: string): boolean =>
    [table, served].every((one) =>
      ["number", "integer", "boolean"].includes(one.columns.find((column) => column.name === name)?.kind ?? ""),
    );
  const differs = (name: string): string => {
    const [a, b] = [`a.${sqlName(name)}`, `b.${sqlName(name)}`];
    if (!numeric(name)) return `${a} is distinct from ${b}`;
    return `coalesce(abs(${a}::double - ${b}::double) > ${tolerance} * greatest(1, abs(${a}::double)), ${a} is not null or ${b} is not null)`;
  };
  const join = `${fromSql(table)} a left join (select *, true as matched from ${fromSql(served)}) b on a.${key} = b.${key}`;
  const any = `(b.matched is null or ${columns.map(differs).join(" or ") || "false"})`;
  const perColumn = columns.flatMap((name, i) => [
    `count(*) filter (where b.matched and ${differs(name)}) as d${i}`,
    ...(numeric(name) ? [`max(abs(a.${sqlName(name)}::double - b.${sqlName(name)}::double)) as g${i}`] : []),
  ]);
  const [totals = [], keys = [], shown = []] = await ask(
    analytics,
    [table, served],
    [
      {
        sql: `select count(*) as n, count(*) filter (where b.matched is null) as unmatched, count(*) filter (where ${any}) as broken${perColumn.length > 0 ? `, ${perColumn.join(", ")}` : ""} from ${join}`,
      },
      {
        sql: `select (select count(*) - count(distinct ${key}) from ${fromSql(table)}) as a, (select count(*) - count(distinct ${key}) from ${fromSql(served)}) as b`,
      },
      {
        sql: `select a.${key} as ${key}, ${columns.map((name) => `a.${sqlName(name)} as ${sqlName(name)}, b.${sqlName(name)} as ${sqlName(`served ${name}`)}`).join(", ") || "1 as same"} from ${join} where ${any} order by a.${key} limit ${samples}`,
      },
    ],
  );
  if (number(keys[0]?.["a"]) > 0 || number(keys[0]?.["b"]) > 0)
    return {
      verdict: "error",
      observed: null,
      bound: null,
      rows: null,
      detail: `${test.key} is no key: it is null or repeats in ${number(keys[0]?.["a"]) > 0 ? table.name : served.name}`,
    };
  const [total = {}] = totals;
  const rows = number(total["n"]);
  const broken = number(total["broken"]);
  const unmatched = number(total["unmatched"]);
  const share = rows === 0 ? 0 : broken / rows;
  const worst = columns
    .map((name, i) => ({ name, rows: number(total[`d${i}`]), gap: number(total[`g${i}`]) }))
    .sort((a, b) => b.rows - a.rows || b.gap - a.gap);
  const parts = worst
    .filter((one) => one.rows > 0)
    .slice(0, 4)
    .map((one) => `${one.name} in ${count(one.rows)}${Number.isFinite(one.gap) ? `, by up to ${figure(one.gap)}` : ""}`);
  if (unmatched > 0) parts.push(`${count(unmatched)} rows have no partner`);
  const largest = Math.max(0, ...worst.map((one) => (Number.isFinite(one.gap) ? one.gap : 0)));
  return {
    verdict: rows === 0 ? "inconclusive" : share <= (test.max_share ?? 0) ? "pass" : "fail",
    observed: share,
    bound: `≤ ${percent(test.max_share ?? 0)} of rows beyond ${figure(tolerance)}`,
    rows,
    samples: shown,
    detail:
      broken === 0
        ? `${columns.length} columns equal in ${count(rows)} rows, largest difference ${figure(largest)}`
        : `${count(broken)} of ${count(rows)} rows differ: ${parts.join("; ")}`,
  };
}

const defaultEffect = 0.1;
export async function distributionSkew(
  test: Of<"distribution_skew">,
  id: string,
  { analytics, table, against, tempFolder, token }: PairContext,
): Promise<Finding> {
  const reference = needed(against, id, "the rows to compare with");
  const effect = test.effect ?? defaultEffect;
  const [now, then] = await Promise.all([
    profileTable(analytics, table.source, table.name, tempFolder, `${token}a`),
    profileTable(analytics, reference.source, reference.name, tempFolder, `${token}b`),
  ]);
  const wanted = namesOf(test.columns, table);
  const distances = now.columns
    .filter((column) => wanted.includes(column.name))
    .flatMap((column) => {
      const before = then.columns.find((one) => one.name === column.name);
      const distance = before && distanceOf(before, column);
      return distance === null || distance === undefined ? [] : [{ column: column.name, distance }];
    })
    .sort((a, b) => b.distance - a.distance);
  const [worst] = distances;
  if (!worst) return { verdict: "inconclusive", observed: null, bound: `≤ ${effect}`, rows: now.rows, detail: "no column can be compared" };
  return {
    verdict: worst.distance <= effect ? "pass" : "fail",
    observed: worst.distance,
    bound: `≤ ${effect}`,
    rows: now.rows,
    detail: `${worst.column} differs most, Jensen–Shannon distance ${figure(worst.distance)}`,
    samples: distances.slice(0, sampleLimit),
  };
}
