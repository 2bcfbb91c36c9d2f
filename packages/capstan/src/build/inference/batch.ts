import type { Batch, Column, Datatype, Values } from "./model.ts";

/** Values of one column in the making. */
export type MutableValues = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | string[];

export function allocate(datatype: Datatype, rows: number): MutableValues {
  switch (datatype) {
    case "FP32":
      return new Float32Array(rows);
    case "FP64":
      return new Float64Array(rows);
    case "INT32":
      return new Int32Array(rows);
    case "INT64":
      return new BigInt64Array(rows);
    case "BOOL":
      return new Uint8Array(rows);
    case "BYTES":
      return new Array<string>(rows).fill("");
  }
}

/** Plain values (numbers, booleans, bigints or strings) as a column; what the type cannot hold has been refused before. */
export function toValues(datatype: Datatype, plain: readonly unknown[]): Values {
  const values = allocate(datatype, plain.length);
  fill(values, 0, plain);
  return values;
}

/** Writes plain values into a column from row `start` on. */
export function fill(values: MutableValues, start: number, plain: ArrayLike<unknown>): void {
  if (values instanceof BigInt64Array) for (let i = 0; i < plain.length; i++) values[start + i] = BigInt(plain[i] as number | bigint);
  else if (Array.isArray(values)) for (let i = 0; i < plain.length; i++) values[start + i] = plain[i] as string;
  else for (let i = 0; i < plain.length; i++) values[start + i] = Number(plain[i]);
}

/** Rows `start` to `end` (half-open) of a batch; shares memory where the type allows. */
export function slice(batch: Batch, start: number, end: number): Batch {
  const columns: Record<string, Values> = {};
  for (const [name, values] of Object.entries(batch.columns))
    columns[name] = isTyped(values) ? values.subarray(start, end) : values.slice(start, end);
  return { rows: end - start, columns };
}

/** One batch after another; all have the columns of `signature`. */
export function concatenate(signature: readonly Column[], batches: readonly Batch[]): Batch {
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const columns: Record<string, Values> = {};
  for (const column of signature) {
    const values = allocate(column.datatype, rows);
    let start = 0;
    for (const batch of batches) {
      const part = batch.columns[column.name] ?? [];
      if (!Array.isArray(values) && isTyped(part)) (values as { set(part: unknown, start: number): void }).set(part, start);
      else fill(values, start, part as ArrayLike<unknown>);
      start += batch.rows;
    }
    columns[column.name] = values;
  }
  return { rows, columns };
}

export const isTyped = (values: Values): values is Exclude<Values, readonly string[]> => ArrayBuffer.isView(values);

/** A numeric column as doubles; BOOL as 0 and 1. Undefined for BYTES. */
export function asNumbers(values: Values | undefined): Float64Array | undefined {
  if (values === undefined || !isTyped(values)) return undefined;
  if (values instanceof Float64Array) return values;
  return Float64Array.from(values as ArrayLike<number | bigint>, Number);
}
