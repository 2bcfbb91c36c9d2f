import { createHash } from "node:crypto";
import type { Database, Row, SqlValue } from "../../../base/storage/database.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { numberPattern } from "../../../base/foundation/number-text.ts";
import { matcherOf, PatternSizeError } from "../../../base/foundation/pattern-match.ts";
import { parsePattern, PatternError, postgresPattern } from "../../../base/foundation/pattern.ts";
import { searchError } from "./grammar.ts";
import type { Comparison } from "./vocabulary.ts";

type Dialect = Database["dialect"];
/** A piece of SQL with the values of its placeholders. */
export type Sql = { sql: string; params: readonly SqlValue[] };
export const sql = (text: string, ...params: SqlValue[]): Sql => ({ sql: text, params });

/** A text column as bytes order it, whatever the database's locale. */
export const bytewise = (dialect: Dialect, column: string): string => (dialect === "postgres" ? `${column} collate "C"` : column);

/** `column` as a comparison asks. A column that is null matches nothing but IS NULL. */
export function compared(dialect: Dialect, column: string, comparison: Comparison): Sql {
  const { operator, values } = comparison;
  const value = values[0] ?? "";
  switch (operator) {
    case "IS NULL":
    case "IS NOT NULL":
      return sql(`${column} ${operator}`);
    case "IN":
    case "NOT IN":
      return { sql: `${column} ${operator} (${values.map(() => "?").join(", ")})`, params: [...values] };
    case "LIKE":
      return dialect === "sqlite" ? sql(`${column} GLOB ?`, globOf(String(value))) : sql(`${column} LIKE ? ESCAPE ''`, value);
    case "ILIKE":
      return dialect === "sqlite" ? sql(`${column} LIKE ?`, value) : sql(`${column} ILIKE ? ESCAPE ''`, value);
    case "RLIKE":
      return matching(dialect, column, String(value), comparison.position);
    default:
      // A fraction, or more than an integer column holds, is compared as a double on PostgreSQL too.
      return sql(
        `${column} ${operator} ${typeof value === "number" && !Number.isSafeInteger(value) ? "cast(? as DOUBLE PRECISION)" : "?"}`,
        value,
      );
  }
}

/** The number that a text column holds, else null. */
export const numberSql = (dialect: Dialect, column: string): string =>
  dialect === "sqlite" ? `number_of(${column})` : `(case when ${column} ~ '${numberPattern}' then cast(${column} as double precision) end)`;

/** The latest value of a metric, in the row `alias`: NaN differs from every number, and no other comparison holds of it. */
export function comparedMetric(dialect: Dialect, alias: string, comparison: Comparison): Sql {
  const { sql: text, params } = compared(dialect, `${alias}.value`, comparison);
  return { sql: comparison.operator === "!=" ? `(${text} or ${alias}.is_nan = 1)` : `(${text} and ${alias}.is_nan = 0)`, params };
}

function matching(dialect: Dialect, column: string, source: string, position: number): Sql {
  try {
    // Its size is looked at for either database.
    matcherOf(source);
  } catch (error) {
    if (!(error instanceof PatternError || error instanceof PatternSizeError)) throw error;
    const where = error instanceof PatternError ? `, at character ${error.position} of it` : "";
    throw searchError("filter", position, `Invalid pattern behind RLIKE: ${error.message}${where}`);
  }
  return dialect === "sqlite" ? sql(`matches(?, ${column})`, source) : sql(`${column} ~ ?`, postgresPattern(parsePattern(source)));
}

/** LIKE that minds the case, for SQLite: `%` is `*`, `_` is `?`. */
const globOf = (pattern: string): string => pattern.replace(/[*?[]/g, "[$&]").replace(/_/g, "?").replace(/%/g, "*");

/** A part of an order: never null, so that a page can go on behind it. `name` is its column in the result. */
export type OrderPart = { expression: Sql; descending: boolean };

/** A value that may be missing, as two parts: missing ones come last whichever the direction. */
export const missingLast = (missing: Sql, value: Sql, descending: boolean): OrderPart[] => [
  { expression: missing, descending: false },
  { expression: value, descending },
];

/** Rows behind `after`, which holds one value per part: keyset paging costs the same on every page. */
export function behind(parts: readonly OrderPart[], after: readonly SqlValue[]): Sql {
  const params: SqlValue[] = [];
  const build = (i: number): string => {
    const part = parts[i];
    if (!part) return "1 = 0";
    const { expression } = part;
    const value = after[i] ?? null;
    const sign = part.descending ? "<" : ">";
    params.push(...expression.params, value);
    if (i === parts.length - 1) return `${expression.sql} ${sign} ?`;
    // `>=` first lets an index on the leading part begin at the right place.
    params.push(...expression.params, value);
    return `(${expression.sql} ${sign}= ? and (${expression.sql} ${sign} ? or ${build(i + 1)}))`;
  };
  const text = build(0);
  return { sql: text, params };
}

/** By the columns of `orderColumns`. */
export const orderText = (parts: readonly OrderPart[]): string =>
  parts.map((part, i) => `o${i} ${part.descending ? "desc" : "asc"}`).join(", ");

/** The order's values as columns `o0, o1, …` of the result. */
export const orderColumns = (parts: readonly OrderPart[]): Sql => ({
  sql: parts.map((part, i) => `${part.expression.sql} as o${i}`).join(", "),
  params: parts.flatMap((part) => part.expression.params),
});
export const orderValues = (parts: readonly OrderPart[], row: Row): SqlValue[] => parts.map((_, i) => row[`o${i}`] ?? null);

/** What a page token is good for: another question refuses it. */
export const fingerprint = (question: unknown): string =>
  createHash("sha256").update(JSON.stringify(question)).digest("base64url").slice(0, 16);

const worded = (value: SqlValue): unknown => (typeof value === "number" && !Number.isFinite(value) ? { n: String(value) } : value);
const unworded = (value: unknown): SqlValue =>
  typeof value === "object" && value !== null && "n" in value ? Number((value as { n: unknown }).n) : (value as SqlValue);

export const tokenOf = (question: string, values: readonly SqlValue[]): string =>
  Buffer.from(JSON.stringify([question, ...values.map(worded)])).toString("base64");

/** The page of rows that were asked with one more than it holds, and the token of the next page where that one came. */
export function pageOf<T extends Row>(
  rows: readonly T[],
  limit: number,
  question: string,
  parts: readonly OrderPart[],
): { page: T[]; next: string | undefined } {
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { page, next: last && tokenOf(question, orderValues(parts, last)) };
}

/** The values behind which a page begins. */
export function afterOf(token: string, question: string, parts: number): SqlValue[] {
  let state: unknown;
  try {
    state = JSON.parse(Buffer.from(token, "base64").toString());
  } catch {
    state = undefined;
  }
  const problem =
    !Array.isArray(state) ||
    state.length !== parts + 1 ||
    !state.slice(1).every((one) => ["string", "number"].includes(typeof unworded(one)))
      ? "Invalid page token, it is none that this server gave"
      : state[0] !== question
        ? "Invalid page token, it belongs to another search"
        : undefined;
  if (problem !== undefined) throw new CapstanError("CAP-TRACK-002", { what: "page_token", problem });
  return (state as unknown[]).slice(1).map(unworded);
}
