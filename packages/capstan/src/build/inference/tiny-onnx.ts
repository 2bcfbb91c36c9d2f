import type { Column, Datatype } from "./model.ts";

/**
 * Small ONNX files for tests and benchmarks, written as protobuf by hand (IR 8, opset 17, ai.onnx.ml 3).
 * Field numbers are those of onnx.proto; only what these graphs need is here.
 */
type Bytes = Uint8Array;
const join = (parts: readonly Bytes[]): Bytes => new Uint8Array(Buffer.concat(parts));
const varint = (value: number): Bytes => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
};
const integer = (field: number, value: number): Bytes => join([varint(field << 3), varint(value)]);
const block = (field: number, value: Bytes | string): Bytes => {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  return join([varint((field << 3) | 2), varint(bytes.length), bytes]);
};

const elementType: Readonly<Record<Datatype, number>> = { FP32: 1, INT32: 6, INT64: 7, BYTES: 8, BOOL: 9, FP64: 11 };
const valueInfo = (column: Column): Bytes => {
  const dims = column.shape.map((size) => block(1, size === -1 ? block(2, "n") : integer(1, size)));
  return join([block(1, column.name), block(2, block(1, join([integer(1, elementType[column.datatype]), block(2, join(dims))])))]);
};
const floats = (name: string, dims: readonly number[], values: ArrayLike<number>): Bytes =>
  join([...dims.map((dim) => integer(1, dim)), integer(2, 1), block(8, name), block(9, new Uint8Array(Float32Array.from(values).buffer))]);
const intAttribute = (name: string, value: number): Bytes => join([block(1, name), integer(3, value), integer(20, 2)]);
const node = (type: string, inputs: readonly string[], outputs: readonly string[], attributes: readonly Bytes[] = []): Bytes =>
  join([
    ...inputs.map((name) => block(1, name)),
    ...outputs.map((name) => block(2, name)),
    block(4, type),
    ...attributes.map((one) => block(5, one)),
  ]);
const model = (
  inputs: readonly Column[],
  outputs: readonly Column[],
  nodes: readonly Bytes[],
  initializers: readonly Bytes[] = [],
): Bytes => {
  const graph = join([
    ...nodes.map((one) => block(1, one)),
    block(2, "tiny"),
    ...initializers.map((one) => block(5, one)),
    ...inputs.map((one) => block(11, valueInfo(one))),
    ...outputs.map((one) => block(12, valueInfo(one))),
  ]);
  return join([
    integer(1, 8),
    block(2, "capstan"),
    block(7, graph),
    block(8, join([block(1, ""), integer(2, 17)])),
    block(8, join([block(1, "ai.onnx.ml"), integer(2, 3)])),
  ]);
};

const fp32 = (name: string): Column => ({ name, datatype: "FP32", shape: [-1, 1] });

/** `probability = sigmoid(Σ weight · feature + bias)`, one FP32 input a feature. `layers` > 0 adds that many products with a 512-wide matrix: a slow model with the same answers. */
export function logisticModel(weights: Readonly<Record<string, number>>, bias: number, options: { layers?: number } = {}): Bytes {
  const names = Object.keys(weights);
  const nodes = [node("Concat", names, ["all"], [intAttribute("axis", 1)]), node("Gemm", ["all", "weights", "bias"], ["logit"])];
  const initializers = [floats("weights", [names.length, 1], Object.values(weights)), floats("bias", [1], [bias])];
  let logit = "logit";
  if (options.layers) {
    const width = 512;
    // The identity: wide work that changes nothing.
    const identity = new Float32Array(width * width);
    for (let i = 0; i < width; i++) identity[i * width + i] = 1;
    const spread = new Float32Array(width);
    spread[0] = 1;
    initializers.push(
      floats("identity", [width, width], identity),
      floats("spread", [1, width], spread),
      floats("gather", [width, 1], spread),
    );
    nodes.push(node("MatMul", ["logit", "spread"], ["wide0"]));
    for (let i = 0; i < options.layers; i++) nodes.push(node("MatMul", [`wide${i}`, "identity"], [`wide${i + 1}`]));
    nodes.push(node("MatMul", [`wide${options.layers}`, "gather"], ["same"]));
    logit = "same";
  }
  return model(names.map(fp32), [fp32("probability")], [...nodes, node("Sigmoid", [logit], ["probability"])], initializers);
}

/** Every datatype in and out unchanged: `<name>` in, `<name>_out` out; [n, 1], or [n] with `flat`. */
export function echoModel(columns: Readonly<Record<string, Datatype>>, options: { flat?: boolean } = {}): Bytes {
  const shape = options.flat ? [-1] : [-1, 1];
  const inputs = Object.entries(columns).map(([name, datatype]): Column => ({ name, datatype, shape }));
  return model(
    inputs,
    inputs.map((column) => ({ ...column, name: `${column.name}_out` })),
    inputs.map((column) => node("Identity", [column.name], [`${column.name}_out`])),
  );
}

/** Answers `0.5` for feature values 0 to 9 and fails at run time on any other: an index out of range. One FP32 input `feature`. */
export function brittleModel(feature: string): Bytes {
  return model(
    [fp32(feature)],
    [fp32("probability")],
    [
      node("Cast", [feature], ["index"], [intAttribute("to", 7)]),
      node("Gather", ["table", "index"], ["probability"], [intAttribute("axis", 0)]),
    ],
    [floats("table", [10], new Float32Array(10).fill(0.5))],
  );
}

/** `probability = log(feature)`: NaN for negative values. */
export function nanModel(feature: string): Bytes {
  return model([fp32(feature)], [fp32("probability")], [node("Log", [feature], ["probability"])]);
}

/** A model whose input has a form that cannot be served. */
export function wideModel(): Bytes {
  const wide: Column = { name: "pixels", datatype: "FP32", shape: [-1, 4] };
  return model([wide], [{ ...wide, name: "out" }], [node("Identity", ["pixels"], ["out"])]);
}
