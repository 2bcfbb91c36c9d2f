import type { TestConfig } from "@capstan/contract/config";
import type { Cell, TableRow } from "../data/analytics-message.ts";
import type { ColumnSchema } from "../data/profile.ts";
import { sqlName, sqlText } from "../data/table.ts";
import type { Finding, Table } from "./model.ts";
import { count, figure, percent } from "./rules.ts";

/** A test that is answered by aggregates of one scan, which it shares with the others. */
export type ScanTest = {
  /** Expressions by a name that is unique in the test; `rows` counts the rows the test is about. */
  aggregates: Record<string, string>;
  /** True for a row that breaks the rule; looked for only when the test found some. */
  breaks?: string;
  decide(row: TableRow, nowMs: number): Finding;
};
type Of<K extends TestConfig["kind"]> = Extract<TestConfig, { kind: K }>;

const number = (cell: Cell | undefined): number => (typeof cell === "number" ? cell : Number(cell ?? Number.NaN));
const columnsOf = (table: Table, wanted: string | readonly string[]): ColumnSchema[] =>
  wanted === "*"
    ? [...table.columns]
    : table.columns.filter((column) => (typeof wanted === "string" ? column.name === wanted : wanted.includes(column.name)));
/** NaN says as little as null. */
const isMissing = (column: ColumnSchema): string =>
  column.type === "DOUBLE" || column.type === "FLOAT"
    ? `(${sqlName(column.name)} is null or isnan(${sqlName(column.name)}))`
    : `${sqlName(column.name)} is null`;

export function scanTest(test: TestConfig, table: Table): ScanTest | undefined {
  switch (test.kind) {
    case "missing":
      return missing(test, table);
    case "range":
      return range(test, table);
    case "set":
      return rowRule(
        test.column,
        `${sqlName(test.column)} not in (${test.values.map(literal).join(", ")})`,
        test.mostly,
        `${test.values.length} values`,
        "other values",
      );
    case "regex":
      return rowRule(
        test.column,
        `not regexp_full_match(cast(${sqlName(test.column)} as varchar), ${sqlText(test.pattern)})`,
        test.mostly,
        test.pattern,
        "other forms",
      );
    case "expression":
      return rowRule(null, `not coalesce((${test.sql}), true)`, test.mostly, test.sql, "against it");
    case "row_count":
      return rowCount(test);
    case "freshness":
      return freshness(test);
    default:
      return undefined;
  }
}

const literal = (value: string | number | boolean): string => (typeof value === "string" ? sqlText(value) : String(value));

function missing(test: Of<"missing">, table: Table): ScanTest {
  const columns = columnsOf(table, test.column);
  return {
    aggregates: Object.fromEntries(columns.map((column, i) => [`m${i}`, `count(*) filter (where ${isMissing(column)})`])),
    breaks: columns.map(isMissing).join(" or ") || "false",
    decide(row) {
      const rows = number(row["rows"]);
      const shares = columns
        .map((column, i) => ({ name: column.name, missing: number(row[`m${i}`]) }))
        .sort((a, b) => b.missing - a.missing);
      const [worst] = shares;
      const share = rows === 0 || !worst ? 0 : worst.missing / rows;
      const with_ = shares.filter((one) => one.missing > 0);
      return {
        verdict: share <= test.max_share ? "pass" : "fail",
        observed: share,
        bound: `≤ ${percent(test.max_share)}`,
        rows,
        detail:
          with_.length === 0
            ? `${columns.length} columns without nulls`
            : with_
                .slice(0, 5)
                .map((one) => `${one.name}: ${count(one.missing)} of ${count(rows)}`)
                .join(", "),
      };
    },
  };
}

function range(test: Of<"range">, table: Table): ScanTest {
  const isTime = table.columns.find((column) => column.name === test.column)?.kind === "time";
  const edge = (value: string | number): string => (isTime ? `timestamp ${sqlText(String(value))}` : literal(value));
  const parts = [
    test.min === undefined ? "" : `${sqlName(test.column)} < ${edge(test.min)}`,
    test.max === undefined ? "" : `${sqlName(test.column)} > ${edge(test.max)}`,
  ].filter(Boolean);
  return rowRule(
    test.column,
    parts.join(" or ") || "false",
    test.mostly,
    `${test.min ?? "−∞"} … ${test.max ?? "∞"}`,
    `outside ${test.min ?? "−∞"} … ${test.max ?? "∞"}`,
  );
}

/** A rule over one row; rows where the column is null are the business of a test of nulls. */
function rowRule(column: string | null, breaks: string, mostly = 1, bound: string, words: string): ScanTest {
  return {
    aggregates: {
      asked: column === null ? "count(*)" : `count(${sqlName(column)})`,
      broken: `count(*) filter (where ${breaks})`,
      ...(column !== null && { low: `cast(min(${sqlName(column)}) as varchar)`, high: `cast(max(${sqlName(column)}) as varchar)` }),
    },
    breaks,
    decide(row) {
      const asked = number(row["asked"]);
      const broken = number(row["broken"]);
      const share = asked === 0 ? 0 : broken / asked;
      const ends = row["low"] === undefined || row["low"] === null ? "" : `, found ${String(row["low"])} … ${String(row["high"])}`;
      return {
        verdict: 1 - share >= mostly ? "pass" : "fail",
        observed: share,
        bound: mostly === 1 ? bound : `${bound} for ${percent(mostly)}`,
        rows: asked,
        detail:
          broken === 0
            ? `${count(asked)} rows inside${ends}`
            : `${count(broken)} of ${count(asked)} rows ${words}, allowed ${percent(Number((1 - mostly).toPrecision(12)))}, found ${percent(share)}${ends}`,
      };
    },
  };
}

function rowCount(test: Of<"row_count">): ScanTest {
  return {
    aggregates: {},
    decide(row) {
      const rows = number(row["rows"]);
      const inside = rows >= (test.min ?? 0) && rows <= (test.max ?? Number.POSITIVE_INFINITY);
      return {
        verdict: inside ? "pass" : "fail",
        observed: rows,
        bound: `${test.min ?? 0} … ${test.max ?? "∞"}`,
        rows,
        detail: `${count(rows)} rows`,
      };
    },
  };
}

const dayMs = 86_400_000;
function freshness(test: Of<"freshness">): ScanTest {
  return {
    aggregates: { newest: `epoch_ms(cast(max(${sqlName(test.column)}) as timestamp))` },
    decide(row, nowMs) {
      const asOf = test.as_of === undefined ? nowMs : Date.parse(test.as_of.length === 10 ? `${test.as_of}T00:00:00Z` : test.as_of);
      const rows = number(row["rows"]);
      if (row["newest"] === null || row["newest"] === undefined)
        return { verdict: "inconclusive", observed: null, bound: `≤ ${test.max_age / dayMs} d`, rows, detail: "no row has a time" };
      const newest = number(row["newest"]);
      const ageMs = asOf - newest;
      const note = ageMs < 0 ? `, ${figure(-ageMs / dayMs)} days after that` : "";
      return {
        verdict: ageMs <= test.max_age ? "pass" : "fail",
        observed: Number((ageMs / dayMs).toFixed(4)),
        bound: `≤ ${figure(test.max_age / dayMs)} d`,
        rows,
        detail: `newest row ${new Date(newest).toISOString().slice(0, 16).replace("T", " ")}, as of ${new Date(asOf).toISOString().slice(0, 10)}${note}`,
      };
    },
  };
}
