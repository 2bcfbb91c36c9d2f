/** What goes over the channel between a process and its analytics child. */
export type SqlParam = null | number | string | boolean;
export type Query = { readonly sql: string; readonly params?: readonly SqlParam[] };

/** Numbers (BIGINT, DECIMAL, HUGEINT below 2^53), text (larger integers, RFC 3339 times, hex bytes), booleans, and lists and objects of them. */
export type Cell = null | number | string | boolean | readonly Cell[] | { readonly [key: string]: Cell };
export type TableRow = Record<string, Cell>;

/** Numbers, booleans (0/1) and times (milliseconds since 1970) as doubles with NaN for null; all else as text. */
export type ColumnValues = Float64Array | readonly (string | null)[];
export type Columns = { readonly rows: number; readonly columns: Readonly<Record<string, ColumnValues>> };

export type Ask = {
  readonly id: number;
  readonly shape: "rows" | "columns";
  readonly queries: readonly Query[];
  /** When given, the queries may read these paths and nothing else of the machine, and write nothing. */
  readonly only?: readonly string[];
  readonly timeoutMs?: number;
};
export type Failure = { readonly kind: "memory" | "disk" | "time" | "sql"; readonly message: string };
export type Answer = { readonly id: number } & ({ readonly results: readonly (TableRow[] | Columns)[] } | { readonly failure: Failure });

export type AnalyticsSettings = { readonly memoryLimit: string; readonly tempFolder: string; readonly threads: number };
