// Models as ONNX files (opset 17, ai.onnx.ml 3), written field by field: graph inputs are the features, airports as text.
import { FEATURES } from "./features.ts";
import { BOUNDS, type Logistic } from "./logistic.ts";
import type { Boosted } from "./boosted.ts";
import type { Encoder } from "./encoder.ts";
import { bytes, float, floatBytes, floats, int, ints, join, readFields, type Bytes } from "./protobuf.ts";

const ML = "ai.onnx.ml";
const FLOAT = 1;
const STRING = 8;

/** The graph computes; the scorer's own form travels in the file's metadata, so that both can be compared at any time. */
export function toOnnx(model: Boosted | Logistic): Bytes {
  const { nodes, weights, inputs } = model.kind === "boosted" ? boostedGraph(model) : logisticGraph(model);
  const graph = join([
    ...nodes.map((n) => bytes(1, n)),
    bytes(2, model.kind),
    ...weights.map((w) => bytes(5, w)),
    ...inputs.map((name) => bytes(11, valueInfo(name, name === "origin" || name === "destination" ? STRING : FLOAT))),
    bytes(12, valueInfo("probability", FLOAT)),
  ]);
  return join([
    int(1, 8), // IR version
    bytes(2, "flight-delays"),
    bytes(7, graph),
    bytes(8, int(2, 17)),
    bytes(8, join([bytes(1, ML), int(2, 3)])),
    bytes(14, join([bytes(1, "scorer"), bytes(2, JSON.stringify(model))])),
  ]);
}

/** The scorer that toOnnx left in the file. */
export function scorerOf(file: Bytes): Boosted | Logistic {
  const text = (b: Bytes | undefined) => new TextDecoder().decode(b ?? new Uint8Array());
  for (const field of readFields(file).filter(({ id }) => id === 14)) {
    const [key, value] = readFields(field.value);
    if (text(key?.value) === "scorer") return JSON.parse(text(value?.value)) as Boosted | Logistic;
  }
  throw new Error("This ONNX file was not written by train.ts: it has no scorer in its metadata");
}

interface Graph {
  nodes: Bytes[];
  weights: Bytes[];
  inputs: readonly string[];
}

function boostedGraph({ encoders, trees }: Boosted): Graph {
  const all = trees.flatMap((tree, t) => tree.left.map((left, n) => ({ t, n, tree, leaf: left < 0 })));
  const leaves = all.filter(({ leaf }) => leaf);
  const column = <T>(of: (at: (typeof all)[number]) => T) => all.map(of);
  const forest = node("TreeEnsembleRegressor", ["features"], "log_odds", ML, [
    attributeInt("n_targets", 1),
    attributeText("post_transform", "NONE"),
    attributeInts(
      "nodes_treeids",
      column(({ t }) => t),
    ),
    attributeInts(
      "nodes_nodeids",
      column(({ n }) => n),
    ),
    attributeInts(
      "nodes_featureids",
      column(({ tree, n, leaf }) => (leaf ? 0 : tree.feature[n]!)),
    ),
    attributeTexts(
      "nodes_modes",
      column(({ leaf }) => (leaf ? "LEAF" : "BRANCH_LEQ")),
    ),
    attributeFloats(
      "nodes_values",
      column(({ tree, n }) => tree.threshold[n]!),
    ),
    attributeInts(
      "nodes_truenodeids",
      column(({ tree, n, leaf }) => (leaf ? 0 : tree.left[n]!)),
    ),
    attributeInts(
      "nodes_falsenodeids",
      column(({ tree, n, leaf }) => (leaf ? 0 : tree.right[n]!)),
    ),
    attributeInts(
      "nodes_missing_value_tracks_true",
      column(() => 0),
    ),
    attributeInts(
      "target_treeids",
      leaves.map(({ t }) => t),
    ),
    attributeInts(
      "target_nodeids",
      leaves.map(({ n }) => n),
    ),
    attributeInts(
      "target_ids",
      leaves.map(() => 0),
    ),
    attributeFloats(
      "target_weights",
      leaves.map(({ tree, n }) => tree.value[n]!),
    ),
  ]);
  const columns = FEATURES.map((name) => (name === "origin" || name === "destination" ? `${name}_odds` : name));
  return {
    nodes: [
      textTable("origin", encoders.origin),
      textTable("destination", encoders.destination),
      node("Concat", columns, "features", "", [attributeInt("axis", 1)]),
      forest,
      node("Sigmoid", ["log_odds"], "probability"),
    ],
    weights: [],
    inputs: FEATURES,
  };
}

function logisticGraph(m: Logistic): Graph {
  const numbers = new Set<string>(m.numbers);
  return {
    nodes: [
      node("Div", ["minute", "sixty"], "hours"),
      node("Floor", ["hours"], "hour"),
      numberTable("hour", m.hour),
      numberTable("weekday", m.weekday),
      textTable("origin", m.origin),
      textTable("destination", m.destination),
      node("Div", ["minute", "three_hours"], "since_midnight"),
      node("Sub", ["since_midnight", "two"], "since_six"),
      node("Clip", ["since_six", "zero", "one"], "trust"),
      ...m.numbers.flatMap((name) => [
        node("Clip", [name, `${name}_low`, `${name}_high`], `${name}_clipped`),
        node("Mul", [`${name}_clipped`, name === "distance" ? "one" : "trust"], `${name}_bounded`),
      ]),
      node(
        "Concat",
        ["hour", "weekday", "origin", "destination"].map((n) => `${n}_odds`).concat(m.numbers.map((n) => `${n}_bounded`)),
        "features",
        "",
        [attributeInt("axis", 1)],
      ),
      node("Gemm", ["features", "weights", "intercept"], "log_odds"),
      node("Sigmoid", ["log_odds"], "probability"),
    ],
    weights: [
      ...Object.entries({ sixty: 60, three_hours: 180, zero: 0, one: 1, two: 2 }).map(([name, value]) => tensor(name, [], [value])),
      tensor("weights", [m.weights.length, 1], m.weights),
      tensor("intercept", [1], [m.intercept]),
      ...m.numbers.flatMap((name) => [tensor(`${name}_low`, [], [BOUNDS[name][0]]), tensor(`${name}_high`, [], [BOUNDS[name][1]])]),
    ],
    inputs: FEATURES.filter((name) => numbers.has(name) || ["minute", "weekday", "origin", "destination"].includes(name)),
  };
}

const textTable = (name: string, { keys, values, other }: Encoder<string>): Bytes =>
  node("LabelEncoder", [name], `${name}_odds`, ML, [
    attributeTexts("keys_strings", keys),
    attributeFloats("values_floats", values),
    attributeFloat("default_float", other),
  ]);
const numberTable = (name: string, { keys, values, other }: Encoder<number>): Bytes =>
  node("LabelEncoder", [name], `${name}_odds`, ML, [
    attributeFloats("keys_floats", keys),
    attributeFloats("values_floats", values),
    attributeFloat("default_float", other),
  ]);

function node(kind: string, inputs: readonly string[], out: string, domain = "", attributes: Bytes[] = []): Bytes {
  return join([
    ...inputs.map((name) => bytes(1, name)),
    bytes(2, out),
    bytes(3, out),
    bytes(4, kind),
    ...attributes.map((a) => bytes(5, a)),
    bytes(7, domain),
  ]);
}

// Attributes say their type in field 20: 1 float, 2 int, 3 text, 6 floats, 7 ints, 8 texts.
const attributeFloat = (name: string, value: number) => join([bytes(1, name), float(2, value), int(20, 1)]);
const attributeInt = (name: string, value: number) => join([bytes(1, name), int(3, value), int(20, 2)]);
const attributeText = (name: string, value: string) => join([bytes(1, name), bytes(4, value), int(20, 3)]);
const attributeFloats = (name: string, values: number[]) => join([bytes(1, name), floats(7, values), int(20, 6)]);
const attributeInts = (name: string, values: number[]) => join([bytes(1, name), ints(8, values), int(20, 7)]);
const attributeTexts = (name: string, values: string[]) => join([bytes(1, name), ...values.map((v) => bytes(9, v)), int(20, 8)]);

const tensor = (name: string, shape: number[], values: number[]): Bytes =>
  join([...(shape.length > 0 ? [ints(1, shape)] : []), int(2, FLOAT), bytes(8, name), bytes(9, floatBytes(values))]);

/** [n, 1]: any number of rows, one column. */
function valueInfo(name: string, type: number): Bytes {
  const shape = join([bytes(1, bytes(2, "n")), bytes(1, int(1, 1))]);
  return join([bytes(1, name), bytes(2, bytes(1, join([int(1, type), bytes(2, shape)])))]);
}
