import { type DuckDBDataChunk, type DuckDBResult, DuckDBTypeId, type JS, JSDuckDBValueConverter } from "@duckdb/node-api";
import type { Cell, Columns, ColumnValues, TableRow } from "./analytics-message.ts";

export function cellOf(value: JS | null | undefined): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value.toString();
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map((item) => cellOf(item as JS));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cellOf(item as JS)]));
}

export async function rowsOf(result: DuckDBResult): Promise<TableRow[]> {
  const names = result.deduplicatedColumnNames();
  const rows: TableRow[] = [];
  for (const values of await rowsJs(result)) rows.push(Object.fromEntries(names.map((name, i) => [name, cellOf(values[i])])));
  return rows;
}

async function rowsJs(result: DuckDBResult): Promise<(JS | null)[][]> {
  const rows: (JS | null)[][] = [];
  for await (const chunk of result) rows.push(...chunk.convertRows(JSDuckDBValueConverter));
  return rows;
}

/** Milliseconds per unit of the stored integer of a time type. */
const timeScale: Partial<Record<DuckDBTypeId, number>> = {
  [DuckDBTypeId.TIMESTAMP]: 1e-3,
  [DuckDBTypeId.TIMESTAMP_TZ]: 1e-3,
  [DuckDBTypeId.TIMESTAMP_S]: 1e3,
  [DuckDBTypeId.TIMESTAMP_MS]: 1,
  [DuckDBTypeId.TIMESTAMP_NS]: 1e-6,
  [DuckDBTypeId.DATE]: 86_400_000,
};
const numeric = new Set<DuckDBTypeId>([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.FLOAT,
  DuckDBTypeId.DOUBLE,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.DECIMAL,
  DuckDBTypeId.BOOLEAN,
]);

/** A vector whose items lie in one typed array, as all fixed-width types but decimals have. */
type Plain = { items: ArrayLike<number | bigint>; validity: { itemValid(index: number): boolean } };

export async function columnsOf(result: DuckDBResult): Promise<Columns> {
  const chunks: DuckDBDataChunk[] = [];
  let rows = 0;
  for await (const chunk of result) {
    if (chunk.rowCount === 0) continue;
    chunks.push(chunk);
    rows += chunk.rowCount;
  }
  const columns: Record<string, ColumnValues> = {};
  result.deduplicatedColumnNames().forEach((name, at) => {
    const type = result.columnTypeId(at);
    columns[name] = timeScale[type] !== undefined || numeric.has(type) ? numbersOf(chunks, at, rows, type) : textsOf(chunks, at);
  });
  return { rows, columns };
}

function numbersOf(chunks: readonly DuckDBDataChunk[], at: number, rows: number, type: DuckDBTypeId): Float64Array {
  const values = new Float64Array(rows);
  const scale = timeScale[type] ?? 1;
  let row = 0;
  for (const chunk of chunks) {
    const vector = chunk.getColumnVector(at) as unknown as Partial<Plain>;
    if (vector.items && vector.validity && type !== DuckDBTypeId.DECIMAL && type !== DuckDBTypeId.BOOLEAN) {
      for (let i = 0; i < chunk.rowCount; i++, row++)
        values[row] = vector.validity.itemValid(i) ? Number(vector.items[i]) * scale : Number.NaN;
    } else {
      const converted = chunk.convertColumnValues(at, JSDuckDBValueConverter);
      for (const value of converted) values[row++] = value === null ? Number.NaN : value instanceof Date ? value.getTime() : Number(value);
    }
  }
  return values;
}

function textsOf(chunks: readonly DuckDBDataChunk[], at: number): (string | null)[] {
  const values: (string | null)[] = [];
  for (const chunk of chunks) {
    for (const value of chunk.convertColumnValues(at, JSDuckDBValueConverter)) {
      const cell = cellOf(value);
      values.push(cell === null || typeof cell === "string" ? cell : JSON.stringify(cell));
    }
  }
  return values;
}
