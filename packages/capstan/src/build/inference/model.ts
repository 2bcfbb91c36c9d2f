/** Data types of the Open Inference Protocol that we serve. */
export type Datatype = "BOOL" | "INT32" | "INT64" | "FP32" | "FP64" | "BYTES";
export type Column = {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 is the row dimension; today every column is [-1, 1] or [-1]. */ readonly shape: readonly number[];
};
export type Signature = { readonly inputs: readonly Column[]; readonly outputs: readonly Column[] };

/** Columnar batch: numbers as typed arrays, BYTES as strings, all of length `rows`. */
export type Values = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | readonly string[];
export type Batch = { readonly rows: number; readonly columns: Readonly<Record<string, Values>> };

/** The seam Runtime. Loaded once from a verified file; replaceable without losing a request: the caller closes it when no request holds it any more. */
export type Runtime = {
  readonly signature: Signature;
  /** Measured at warm-up: p99 of one call, microseconds, and where it runs because of that. */
  readonly warmUp: { readonly p99Us: number; readonly placement: "thread" | "worker" };
  predict(batch: Batch): Promise<Batch>;
  close(): Promise<void>;
};
