import type { SqlValue } from "./database.ts";

/** Where a thread of its own finds a database, to read it beside its host. */
export type DatabaseSource = { readonly path: string } | { readonly url: string };

/** One row, values in the order of the columns. Not to be kept. */
export type TakeRow = (row: readonly SqlValue[]) => void;

/** The database as it was at one moment. */
export type Snapshot = {
  readonly dialect: "sqlite" | "postgres";
  /** Hands over the rows of a statement that answers with few. */
  each(sql: string, params: readonly SqlValue[], take: TakeRow): Promise<void>;
  /** The same for `select <columns> <rest>` with very many rows, and no order or limit. */
  scan(columns: readonly string[], rest: string, params: readonly SqlValue[], take: TakeRow): Promise<void>;
};

/** Reads on the caller's own thread and connection: for threads that read much, never for the host's. One reading at a time. */
export type SnapshotReader = {
  /** The moment is that of the first question; it sees every change acknowledged before `read` was called. */
  read<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

export async function openSnapshots(source: DatabaseSource): Promise<SnapshotReader> {
  return "path" in source
    ? (await import("./sqlite-snapshots.ts")).openSqliteSnapshots(source.path)
    : (await import("./postgres-snapshots.ts")).openPostgresSnapshots(source.url);
}
