import { expect, test } from "vitest";
import { readOnnx } from "./onnx.ts";

type Bytes = number[];
const number = (value: number): Bytes => (value < 128 ? [value] : [(value % 128) + 128, ...number(Math.floor(value / 128))]);
const varint = (field: number, value: number): Bytes => [...number(field * 8), ...number(value)];
const message = (field: number, ...parts: Bytes[]): Bytes => {
  const body = parts.flat();
  return [...number(field * 8 + 2), ...number(body.length), ...body];
};
const text = (field: number, value: string): Bytes => message(field, [...new TextEncoder().encode(value)]);
const value = (field: number, name: string, type: number, ...dims: (string | number)[]): Bytes =>
  message(
    field,
    text(1, name),
    message(
      2,
      message(1, varint(1, type), message(2, ...dims.map((one) => message(1, typeof one === "number" ? varint(1, one) : text(2, one))))),
    ),
  );

/** y = relu(x · w), with weights of a megabyte. */
const model: Bytes = [
  ...varint(1, 9),
  ...text(2, "someone"),
  ...text(3, "1.2"),
  ...message(
    7,
    message(1, text(1, "x"), text(1, "w"), text(2, "xw"), text(3, "product"), text(4, "MatMul")),
    message(
      1,
      text(1, "xw"),
      text(2, "y"),
      text(4, "Relu"),
      message(
        5,
        [...new Uint8Array(5000)].map(() => 0xff),
      ),
    ),
    text(2, "two-steps"),
    message(5, message(1, [...number(512), ...number(512)]), varint(2, 1), text(8, "w"), message(9, Array<number>(1_048_576).fill(7))),
    value(11, "x", 1, "rows", 512),
    value(11, "w", 1, 512, 512),
    value(12, "y", 1, "rows", 512),
  ),
  ...message(8, text(1, ""), varint(2, 21)),
  ...message(14, text(1, "author"), text(2, "ann")),
];

test("a model tells its inputs, outputs and operators, and its weights are not fetched", async () => {
  const bytes = Uint8Array.from(model);
  let fetched = 0;
  const found = await readOnnx(async (from, to) => {
    fetched += Math.min(to, bytes.length) - from;
    return bytes.slice(from, to);
  }, bytes.length);
  expect(found).toMatchObject({
    producer: "someone 1.2",
    irVersion: 9,
    opsets: [{ domain: "", version: 21 }],
    graph: "two-steps",
    inputs: [{ name: "x", type: "float", shape: ["rows", 512] }],
    outputs: [{ name: "y", type: "float", shape: ["rows", 512] }],
    operators: [
      { op: "MatMul", count: 1 },
      { op: "Relu", count: 1 },
    ],
    nodes: 2,
    weights: 262_144,
    tensors: 1,
    metadata: [["author", "ann"]],
  });
  expect(found.first[0]).toEqual({ op: "MatMul", name: "product", inputs: ["x", "w"], outputs: ["xw"] });
  expect(fetched).toBeLessThan(40_000);
});

test.each([
  ["text", "no model at all, only words"],
  ["nothing of a graph", "\b\t"],
  ["a cut file", String.fromCharCode(...model.slice(0, 40))],
])("%s is no model", async (_, words) => {
  const bytes = Uint8Array.from(words, (one) => one.charCodeAt(0));
  await expect(readOnnx(async (from, to) => bytes.slice(from, to), bytes.length)).rejects.toThrow(/message|graph|number/);
});
