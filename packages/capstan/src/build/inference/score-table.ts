import { CapstanError } from "../../base/foundation/errors.ts";
import { concatenate, slice, toValues } from "./batch.ts";
import type { Batch, Runtime, Values } from "./model.ts";

/** Columns of a table as an engine returns them; extra columns are ignored. */
export type TableColumns = Readonly<Record<string, ArrayLike<unknown>>>;

/** Scores a whole table in pieces, so that no single run is long. Outputs in row order. */
export async function scoreTable(
  runtime: Runtime,
  table: TableColumns,
  rows: number,
  options: { batchRows?: number; progress?: (done: number) => void } = {},
): Promise<Batch> {
  const batchRows = options.batchRows ?? 4096;
  const columns: Record<string, Values> = {};
  for (const column of runtime.signature.inputs) {
    const values = table[column.name];
    if (!values || values.length !== rows)
      throw new CapstanError("CAP-MODEL-003", {
        column: column.name,
        problem: values ? `${values.length} values for ${rows} rows` : "it is missing",
      });
    columns[column.name] = toValues(
      column.datatype,
      Array.from(values, (value) => (column.datatype === "BYTES" ? String(value ?? "") : value)),
    );
  }
  const whole: Batch = { rows, columns };
  const parts: Batch[] = [];
  for (let start = 0; start < rows; start += batchRows) {
    parts.push(await runtime.predict(slice(whole, start, Math.min(rows, start + batchRows))));
    options.progress?.(Math.min(rows, start + batchRows));
  }
  return concatenate(runtime.signature.outputs, parts);
}
