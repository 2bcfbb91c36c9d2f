import { CapstanError } from "../../base/foundation/errors.ts";
import type { Analytics } from "../data/analytics.ts";
import type { Query, TableRow } from "../data/analytics-message.ts";
import { schemaOf } from "../data/profile.ts";
import { nearNames } from "../data/rules.ts";
import { detectFormat, isTable, sqlText, tableSql } from "../data/table.ts";
import type { Against, Table } from "./model.ts";

export const sampleLimit = 20;
export const queryTimeoutMs = 120_000;

export async function openTable(
  analytics: Analytics,
  { name, paths, digest = null, format: said }: Against,
  filter?: string,
): Promise<Table> {
  const [first] = paths;
  if (first === undefined) throw new CapstanError("CAP-CHECK-005", { subject: name, problem: "it has no files" });
  const format =
    said ??
    (await detectFormat(first).catch((error: unknown) => {
      if (error instanceof CapstanError) throw error;
      throw new CapstanError("CAP-CHECK-005", { subject: name, problem: "its file is not there" }, { cause: error });
    }));
  if (!isTable(format)) throw new CapstanError("CAP-CHECK-005", { subject: name, problem: "its bytes are no table" });
  const source = { format, paths };
  return { name, source, digest, columns: await schemaOf(analytics, source, name), filter };
}

/** The table's rows that the suite is about, as something to select from. */
export const fromSql = (table: Table): string =>
  table.filter === undefined ? tableSql(table.source) : `(select * from ${tableSql(table.source)} where (${table.filter}))`;

/** With the row's number in its file as `row`, where the format has one. */
export const numberedSql = (table: Table): string => {
  if (table.source.format !== "parquet") return fromSql(table);
  const rows = `(select file_row_number as "row", * exclude (file_row_number) from read_parquet([${table.source.paths.map(sqlText).join(", ")}], file_row_number = true))`;
  return table.columns.some((column) => column.name === "row")
    ? fromSql(table)
    : table.filter === undefined
      ? rows
      : `(select * from ${rows} where (${table.filter}))`;
};

/** Asks with nothing but the named tables in reach: tests hold SQL that people wrote. */
export const ask = (analytics: Analytics, tables: readonly Table[], queries: readonly Query[]): Promise<TableRow[][]> =>
  analytics.batch(queries, { only: tables.flatMap((table) => table.source.paths), timeoutMs: queryTimeoutMs });

export function requireColumns(test: string, table: Table, names: readonly string[]): void {
  const known = table.columns.map((column) => column.name);
  const wrong = names.find((name) => name !== "*" && !known.includes(name));
  if (wrong !== undefined)
    throw new CapstanError("CAP-CHECK-002", {
      test,
      column: wrong,
      subject: table.name,
      near: nearNames(wrong, known).join(", ") || "none",
      columns: known.join(", "),
    });
}
