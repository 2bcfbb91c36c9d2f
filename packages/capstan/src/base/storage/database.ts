import type { DatabaseSource } from "./snapshots.ts";

/**
 * The seam Database. One SQL for SQLite and PostgreSQL: `?` placeholders, types TEXT, BIGINT, DOUBLE PRECISION, BYTEA, `on conflict … do`, `returning`.
 * Rows come back as plain objects; BIGINT as number (all of ours stay below 2^53), BYTEA as Uint8Array.
 */
export type SqlValue = null | number | string | Uint8Array;
export type Row = Record<string, SqlValue>;

/** One prepared statement of a change. */
export type Statement = {
  readonly sql: string;
  readonly params: readonly SqlValue[];
  /** The change is refused with CAP-MOVED-001 unless exactly this many rows are affected. */
  readonly guard?: { readonly rows: number; readonly noun: string; readonly name: string };
  /** What a broken unique constraint means: CAP-EXISTS-001 with these names. */
  readonly exists?: { readonly noun: string; readonly name: string };
};

/** A change is a value: all of its statements happen, or none. */
export type Change = readonly Statement[];

/** Per statement: rows it returned (`returning`) or an empty list. */
export type Committed = readonly (readonly Row[])[];

export type Database = {
  readonly dialect: "sqlite" | "postgres";
  /** For a host: where its threads find the database to read it for themselves (`snapshots.ts`). */
  readonly source?: DatabaseSource;
  /** Reads see every change acknowledged before they were asked. May be retried. Never runs on the caller's thread when the store is hosted. */
  all<T = Row>(sql: string, params?: readonly SqlValue[]): Promise<T[]>;
  /** The first row, if any. */
  find<T = Row>(sql: string, params?: readonly SqlValue[]): Promise<T | undefined>;
  /**
   * Durable (fsynced) when the promise resolves; nothing happened when it rejects. Changes submitted in one turn share a transaction,
   * each in its own savepoint: one that fails takes no other with it. Not retried here: a guard that fails means that the verb must decide again.
   */
  commit(change: Change): Promise<Committed>;
  /** Waits for what was submitted, then closes. */
  close(): Promise<void>;
};

export const statement = (sql: string, ...params: SqlValue[]): Statement => ({ sql, params });

/** `insert into table (columns…) values (?…)` from a plain object. */
export function insert(table: string, row: Row, more: { exists?: { noun: string; name: string }; tail?: string } = {}): Statement {
  const columns = Object.keys(row);
  return {
    sql: `insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})${more.tail ? ` ${more.tail}` : ""}`,
    params: columns.map((column) => row[column] ?? null),
    ...(more.exists && { exists: more.exists }),
  };
}
