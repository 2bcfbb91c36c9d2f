import type { SqlValue } from "./database.ts";

/** Where a thread of its own finds a database, to read it beside its host. */
export type DatabaseSource = { readonly path: string } | { readonly url: string };

/** What a scan looks for: ids of 32 characters with values, of very many rows and in no certain order. */
export type Scan = {
  /** The column of the ids. */
  id: string;
  columns: readonly { sql: string; type: "number" | "text" }[];
  from: string;
  where: string;
  params: readonly SqlValue[];
  /** The table, as it is named in `from`, whose rows are looked through piece by piece in the order in which they lie. Without one all is one piece. */
  pieces?: {
    table: string;
    alias: string;
    /** On SQLite: the index that `where` begins with; without one they are looked through one by one. */ index?: string;
  };
};
/** Rows of a scan. Not to be kept. */
export type Part = {
  count: number;
  /** 32 bytes of ASCII for each. */
  ids: Uint8Array;
  /** In the order of the columns; a number that is null is NaN. */
  columns: readonly (Float64Array | readonly (string | null)[])[];
};
/** An id is none of 32 characters of ASCII. */
export class OtherIds extends Error {}
export const idLength = 32;

/** One row, values in the order of the columns. Not to be kept. */
export type TakeRow = (row: readonly SqlValue[]) => void;

/** The database as it was at one moment. */
export type Snapshot = {
  readonly dialect: "sqlite" | "postgres";
  /** Hands over the rows of a statement that answers with few. */
  each(sql: string, params: readonly SqlValue[], take: TakeRow): Promise<void>;
  /** Fails with OtherIds. */
  scan(scan: Scan, take: (part: Part) => void): Promise<void>;
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
