// Breaks a model the way a careless refactoring does: two inputs change places inside the graph, nothing else.
//   node swap-inputs.ts work/model.onnx work/swapped.onnx --a distance --b origin_delay_3h
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readFields, writeFields, type Bytes } from "./protobuf.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { a: { type: "string", default: "distance" }, b: { type: "string", default: "origin_delay_3h" } },
});
const [from, to] = positionals;
if (from === undefined || to === undefined) throw new Error("node swap-inputs.ts IN OUT --a NAME --b NAME");

const GRAPH = 7; // of a model
const NODE = 1; // of a graph
const INPUT = 1; // of a node: the name of what it reads
const name = (value: Bytes) => new TextDecoder().decode(value);
const other = new Map([
  [values.a, values.b],
  [values.b, values.a],
]);
let swapped = 0;

const change = (message: Bytes, id: number, by: (value: Bytes) => Bytes): Bytes =>
  writeFields(readFields(message).map((field) => (field.id === id ? { ...field, value: by(field.value) } : field)));

const file = change(readFileSync(from), GRAPH, (graph) =>
  change(graph, NODE, (node) =>
    change(node, INPUT, (value) => {
      const instead = other.get(name(value));
      if (instead === undefined) return value;
      swapped++;
      return new TextEncoder().encode(instead);
    }),
  ),
);
if (swapped < 2) throw new Error(`The graph of ${from} does not read both ${values.a} and ${values.b}`);
writeFileSync(to, file);
