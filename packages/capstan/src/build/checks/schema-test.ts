import type { TestConfig } from "@capstan/contract/config";
import type { ColumnKind } from "@capstan/contract/operations/data";
import type { ColumnSchema } from "../data/profile.ts";
import type { Finding } from "./model.ts";

/** Words for kinds of columns; anything else must be the engine's own type. */
const words: Record<string, readonly ColumnKind[]> = {
  int: ["integer"],
  integer: ["integer"],
  number: ["number", "integer"],
  float: ["number"],
  double: ["number"],
  decimal: ["number"],
  text: ["text"],
  string: ["text"],
  timestamp: ["time"],
  time: ["time"],
  date: ["time"],
  datetime: ["time"],
  bool: ["boolean"],
  boolean: ["boolean"],
  any: ["number", "integer", "time", "text", "boolean", "other"],
};

const fits = (column: ColumnSchema, wanted: string): boolean =>
  words[wanted.toLowerCase()]?.includes(column.kind) ?? column.type.toUpperCase() === wanted.toUpperCase();

/** Declared columns are there with their types; others warn unless the test says otherwise. The order does not matter. */
export function schemaTest(test: Extract<TestConfig, { kind: "schema" }>, columns: readonly ColumnSchema[]): Finding {
  const declared = Object.entries(test.columns);
  const absent = declared.filter(([name]) => !columns.some((column) => column.name === name)).map(([name]) => name);
  const wrong = declared.flatMap(([name, type]) => {
    const column = columns.find((one) => one.name === name);
    return column && !fits(column, type) ? [`${name} is ${column.type}, not ${type}`] : [];
  });
  const extra = columns.filter((column) => test.columns[column.name] === undefined).map((column) => column.name);
  const problems = [
    ...absent.map((name) => `${name} is missing`),
    ...wrong,
    ...(test.extra === "ignore" ? [] : extra.map((name) => `${name} is not declared`)),
  ];
  const failed = absent.length > 0 || wrong.length > 0 || (test.extra === "fail" && extra.length > 0);
  return {
    verdict: failed ? "fail" : extra.length > 0 && test.extra !== "ignore" ? "warn" : "pass",
    observed: columns.length,
    bound: `${declared.length} columns`,
    rows: null,
    detail: problems.length === 0 ? `${declared.length} columns as declared` : problems.slice(0, 8).join(", "),
  };
}
