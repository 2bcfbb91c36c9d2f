// Tables as columns: DuckDB on one side, typed arrays on the other.
import { DuckDBInstance, DuckDBTypeId, type DuckDBConnection } from "@duckdb/node-api";

export type Column = Float64Array | string[];

export async function openTables(): Promise<DuckDBConnection> {
  // Two threads everywhere: the order in which rows are summed is then the same on every machine.
  return (await DuckDBInstance.create(":memory:", { threads: "2" })).connect();
}

/** A file name as an SQL text, quoted. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** All rows of a query; texts as strings, everything else as numbers (null becomes NaN). */
export async function readColumns(db: DuckDBConnection, sql: string): Promise<{ count: number; columns: Record<string, Column> }> {
  const result = await db.run(sql);
  const chunks = await result.fetchAllChunks();
  const count = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const columns: Record<string, Column> = {};
  result.columnNames().forEach((name, index) => {
    const text = result.columnTypeId(index) === DuckDBTypeId.VARCHAR;
    const column: Column = text ? Array.from<string>({ length: count }) : new Float64Array(count);
    let at = 0;
    for (const chunk of chunks) {
      const vector = chunk.getColumnVector(index);
      for (let i = 0; i < chunk.rowCount; i++, at++) {
        const value = vector.getItem(i);
        column[at] = (text ? String(value) : value === null ? NaN : Number(value)) as never;
      }
    }
    columns[name] = column;
  });
  return { count, columns };
}

/** A temporary table of numbers; each column is an INTEGER array or a FLOAT array. */
export async function writeColumns(db: DuckDBConnection, table: string, columns: Record<string, Int32Array | Float32Array>): Promise<void> {
  const entries = Object.entries(columns);
  const types = entries.map(([name, values]) => `${name} ${values instanceof Int32Array ? "integer" : "float"}`);
  await db.run(`create or replace temp table ${table} (${types.join(", ")})`);
  const appender = await db.createAppender(table);
  const count = entries[0]?.[1].length ?? 0;
  for (let i = 0; i < count; i++) {
    for (const [, values] of entries) {
      if (values instanceof Int32Array) appender.appendInteger(values[i]!);
      else appender.appendFloat(values[i]!);
    }
    appender.endRow();
  }
  appender.closeSync();
}
