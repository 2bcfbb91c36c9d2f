import { CapstanError } from "../../base/foundation/errors.ts";
import type { Column, Datatype, Signature } from "./model.ts";

/** ONNX's names of element types for those that the protocol and we both speak. */
const datatypes: Readonly<Record<string, Datatype>> = {
  float32: "FP32",
  float64: "FP64",
  int32: "INT32",
  int64: "INT64",
  bool: "BOOL",
  string: "BYTES",
};

/** What ONNX Runtime says of a graph input or output. */
export type ValueMetadata = {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
};

/** One column of the graph, or CAP-MODEL-002 when we cannot serve its form. */
function columnOf(value: ValueMetadata): Column {
  const datatype = value.isTensor ? datatypes[value.type ?? ""] : undefined;
  if (!datatype) throw new CapstanError("CAP-MODEL-002", { column: value.name, form: value.isTensor ? String(value.type) : "no tensor" });
  const [rows, width, ...more] = value.shape ?? [];
  // A fixed first dimension of 1 comes from exporters that trace one row; we could not merge requests into one run of it.
  const rowsVary = typeof rows === "string" || rows === -1;
  if (!rowsVary || more.length > 0 || (width !== undefined && width !== 1))
    throw new CapstanError("CAP-MODEL-002", { column: value.name, form: `shape [${(value.shape ?? []).join(", ")}]` });
  return { name: value.name, datatype, shape: width === undefined ? [-1] : [-1, 1] };
}

export const signatureFrom = (inputs: readonly ValueMetadata[], outputs: readonly ValueMetadata[]): Signature => ({
  inputs: inputs.map(columnOf),
  outputs: outputs.map(columnOf),
});

/** What differs between two signatures, in words; empty when callers of one can call the other. */
export function signatureDifferences(from: Signature, to: Signature): string[] {
  const differences: string[] = [];
  for (const side of ["inputs", "outputs"] as const) {
    const before = new Map(from[side].map((column) => [column.name, column]));
    const after = new Map(to[side].map((column) => [column.name, column]));
    for (const [name, column] of before) {
      const other = after.get(name);
      if (!other) differences.push(`${side}: ${name} is missing`);
      else if (other.datatype !== column.datatype) differences.push(`${side}: ${name} is ${other.datatype}, was ${column.datatype}`);
    }
    for (const name of after.keys()) if (!before.has(name)) differences.push(`${side}: ${name} is new`);
  }
  return differences;
}
