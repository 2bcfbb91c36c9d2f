import type { TestConfig } from "@capstan/contract/config";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Analytics } from "../data/analytics.ts";
import { checkExpression } from "../data/expression.ts";
import { isModelTest, requireModelColumns } from "./model-tests.ts";
import type { Finding, ScoreColumns, Table } from "./model.ts";
import { requireColumns } from "./table-sql.ts";

/** A test with all it needs at hand, or with the finding that it cannot be asked. */
export type Prepared = { test: TestConfig; id: string; where: string | null; table: Table; against: Table | undefined; finding?: Finding };

const pairKinds: ReadonlySet<string> = new Set(["time_leakage", "overlap_train_test", "row_join_skew", "distribution_skew"]);

/** Columns that the test names on its own table. */
export function columnsNamed(test: TestConfig): string[] {
  const list = (value: string | readonly string[] | undefined): string[] =>
    value === undefined ? [] : typeof value === "string" ? [value] : [...value];
  switch (test.kind) {
    case "missing":
    case "unique":
      return list(test.column);
    case "duplicates":
    case "overlap_train_test":
    case "distribution_skew":
      return list(test.columns);
    case "row_join_skew":
      return [test.key, ...list(test.columns)];
    case "range":
    case "set":
    case "regex":
    case "freshness":
    case "unit_scale":
    case "time_leakage":
      return [test.column];
    default:
      return [];
  }
}

/**
 * Says everything that is wrong with the tests themselves before any of them is asked: unknown columns and metrics, no reference, wrong SQL.
 * A column that a schema test of the suite declares is the data's fault when it is missing: that test fails, and the others about it cannot be asked.
 */
export async function prepareTest(
  one: Prepared,
  declared: ReadonlySet<string>,
  columns: ScoreColumns,
  analytics: Analytics,
): Promise<Prepared> {
  const { test, id, table, against } = one;
  if (test.kind === "schema") return one;
  const known = new Set(table.columns.map((column) => column.name));
  const gone = columnsNamed(test).find((name) => name !== "*" && !known.has(name) && declared.has(name));
  if (gone !== undefined)
    return { ...one, finding: { verdict: "error", observed: null, bound: null, rows: null, detail: `column ${gone} is missing` } };
  requireColumns(id, table, columnsNamed(test));
  if (isModelTest(test)) requireModelColumns(test, id, table, columns);
  if (pairKinds.has(test.kind)) {
    if (!against)
      throw new CapstanError("CAP-CHECK-004", {
        test: id,
        need: test.kind === "row_join_skew" || test.kind === "distribution_skew" ? "the rows to compare with" : "the training rows",
      });
    if (test.kind === "time_leakage") requireColumns(id, against, [test.column]);
    else if (test.kind !== "distribution_skew") requireColumns(id, against, columnsNamed(test));
  }
  if (test.kind === "unit_scale" && against) requireColumns(id, against, [test.column]);
  const refuse = (what: string) => (problem: string) => new CapstanError("CAP-CHECK-003", { test: id, problem: `${what}: ${problem}` });
  if (test.kind === "expression") await checkExpression(analytics, table.source, test.sql, refuse("sql"));
  if (test.filter === undefined) return one;
  await checkExpression(analytics, table.source, test.filter, refuse("filter"));
  return { ...one, table: { ...table, filter: table.filter === undefined ? test.filter : `(${table.filter}) and (${test.filter})` } };
}
