import { type ClientConfig, DatabaseError, type QueryResult } from "pg";
import type { Row, SqlValue, Statement } from "./database.ts";
import { postgresText } from "./postgres-text.ts";
import type { Refusal } from "./refusal.ts";

const toNumber = (text: string): number => Number(text);
/** By type id: bool, int8, int2, int4, float4, float8, numeric, bytea. Everything else stays text. */
const parsers: Record<number, (text: string) => SqlValue> = {
  16: (text) => (text === "t" ? 1 : 0),
  20: toNumber,
  21: toNumber,
  23: toNumber,
  700: toNumber,
  701: toNumber,
  1700: toNumber,
  17: (text) => Uint8Array.fromHex(text.slice(2)),
};
const types = { getTypeParser: (id: number) => parsers[id] ?? ((text: string) => text) };

export const connectionConfig = (url: string): ClientConfig => ({
  connectionString: url,
  types: types as unknown as NonNullable<ClientConfig["types"]>,
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
  application_name: "capstan",
});

/** NaN has no place in SQLite, so it has none here. */
export const toParams = (params: readonly SqlValue[]): SqlValue[] =>
  params.map((value) => (typeof value === "number" && Number.isNaN(value) ? null : value));

export const queryOf = (sql: string, params: readonly SqlValue[]) => {
  const { text, name } = postgresText(sql);
  return { text, values: toParams(params), ...(name !== undefined && { name }) };
};

export const rowsOf = (result: QueryResult): Row[] =>
  result.command === "SELECT" || result.fields.length > 0 ? (result.rows as Row[]) : [];

/** Why a statement that ran did not do what it should, if so. */
export const guardRefusal = (one: Statement, result: QueryResult): Refusal | undefined =>
  one.guard && (result.rowCount ?? 0) !== one.guard.rows ? { kind: "moved", noun: one.guard.noun, name: one.guard.name } : undefined;

export const sqlState = (error: unknown): string | undefined => (error instanceof DatabaseError ? error.code : undefined);
export const isUniqueViolation = (error: unknown): boolean => sqlState(error) === "23505";
/** Two processes got in each other's way and the whole transaction was taken back: it may be sent again. */
export const isCollision = (error: unknown): boolean => sqlState(error) === "40001" || sqlState(error) === "40P01";
/** The connection is gone: not an answer of the database, or one of those with which it says farewell. */
export const isLost = (error: unknown): boolean => {
  const state = sqlState(error);
  return state === undefined || state.startsWith("08") || /^57P0[1-5]$/.test(state);
};

const reasons: Readonly<Record<string, "read-only" | "pattern" | "text" | "slow">> = {
  "25006": "read-only",
  "2201B": "pattern",
  "22021": "text",
  "22P05": "text",
  "57014": "slow",
};

export function refusalOf(error: unknown): Refusal {
  const state = sqlState(error);
  const message = error instanceof Error ? error.message : String(error);
  // Class 53: out of disk, memory or connections; 58030: an error of the disk; 25006: the server takes no changes; 2201B: a regular expression that it does not take; 22021 and 22P05: text with a character that it does not take, NUL above all; 57014: given up after the time that a statement may take
  const disk = state === "53100" || state === "58030";
  return { kind: "error", message, reason: disk ? "disk" : (reasons[state ?? ""] ?? "other") };
}

export const statementRefusal = (one: Statement, error: unknown): Refusal =>
  one.exists && isUniqueViolation(error) ? { kind: "exists", ...one.exists } : refusalOf(error);
