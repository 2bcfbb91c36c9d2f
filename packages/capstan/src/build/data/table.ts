import { open, stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { ColumnKind } from "@capstan/contract/operations/data";
import { CapstanError } from "../../base/foundation/errors.ts";

export type TableFormat = "parquet" | "csv" | "json";
export type Format = TableFormat | "other";
/** Bytes that read as one table: blobs have no extension, so the format is said, never guessed from a path. */
export type TableSource = { readonly format: TableFormat; readonly paths: readonly string[] };

export const sqlText = (value: string): string => `'${value.replaceAll("'", "''")}'`;
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const readers: Record<TableFormat, (paths: string) => string> = {
  parquet: (paths) => `read_parquet(${paths})`,
  csv: (paths) => `read_csv(${paths}, union_by_name = true)`,
  json: (paths) => `read_json(${paths}, union_by_name = true)`,
};
export const tableSql = (source: TableSource): string => readers[source.format](`[${source.paths.map(sqlText).join(", ")}]`);
export const isTable = (format: Format): format is TableFormat => format !== "other";

const byExtension: Record<string, TableFormat> = {
  ".parquet": "parquet",
  ".pq": "parquet",
  ".csv": "csv",
  ".tsv": "csv",
  ".json": "json",
  ".ndjson": "json",
  ".jsonl": "json",
};

/** What a file is by its bytes, and by `name` where bytes do not say. A file named as Parquet must be one (CAP-DATA-003). */
export async function detectFormat(path: string, name = basename(path)): Promise<Format> {
  const { head, tail } = await ends(path);
  const said = byExtension[extname(name).toLowerCase()];
  const begins = head.subarray(0, 4).toString("latin1") === "PAR1";
  if (begins && tail.toString("latin1") === "PAR1" && head.length >= 8) return "parquet";
  if (said === "parquet")
    throw new CapstanError("CAP-DATA-003", { path: name, begins: begins ? "it begins as one but is cut off" : describe(head) });
  if (said) return said;
  return /^\s*[[{]/.test(head.toString("utf8")) ? "json" : "other";
}

function describe(head: Buffer): string {
  if (head.length === 0) return "it is empty";
  const word = head.toString("latin1").match(/^[\x21-\x7e]{1,24}/)?.[0];
  return word ? `begins with \`${word}\`` : `begins with the bytes ${head.subarray(0, 4).toString("hex")}`;
}

async function ends(path: string): Promise<{ head: Buffer; tail: Buffer }> {
  const file = await open(path, "r");
  try {
    const { size } = await stat(path);
    const head = Buffer.alloc(Math.min(64, size));
    const tail = Buffer.alloc(Math.min(4, size));
    await file.read(head, 0, head.length, 0);
    await file.read(tail, 0, tail.length, size - tail.length);
    return { head, tail };
  } finally {
    await file.close();
  }
}

/** How the values of an engine's type are read. */
export function columnKind(type: string): ColumnKind {
  const plain = type.toUpperCase().replace(/\(.*/, "").trim();
  if (["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"].includes(plain))
    return "integer";
  if (["FLOAT", "DOUBLE", "DECIMAL", "REAL"].includes(plain)) return "number";
  if (plain === "DATE" || plain.startsWith("TIMESTAMP")) return "time";
  if (["VARCHAR", "UUID", "ENUM"].includes(plain)) return "text";
  return plain === "BOOLEAN" ? "boolean" : "other";
}
