// Gradient-boosted trees for a yes or no, with histograms: quantile bins, log loss, Newton steps.
import { encode, fitEncoder, logOdds, sigmoid, type Encoder } from "./encoder.ts";
import { FEATURES } from "./features.ts";
import { randomFrom, type Rows, type TextName } from "./rows.ts";
import type { TrainParams } from "./step.ts";

/** Node i splits if left[i] >= 0: values <= threshold go left. Else value[i] is its answer. Thresholds and values are float32. */
export interface Tree {
  feature: number[];
  threshold: number[];
  left: number[];
  right: number[];
  value: number[];
}

export interface Boosted {
  kind: "boosted";
  encoders: Record<TextName, Encoder<string>>;
  trees: Tree[]; // the first one's answers hold the average as well
}

const L2 = 1;

export function fitBoosted(rows: Rows, p: TrainParams, seed: number, onTree: (done: number, logLoss: number) => void = () => {}): Boosted {
  const encoders = {
    origin: fitEncoder(rows.texts.origin, rows.late, p.smoothing),
    destination: fitEncoder(rows.texts.destination, rows.late, p.smoothing),
  };
  const columns = inputsOf(encoders, rows);
  const edges = columns.map((column) => quantiles(column, p.bins));
  const width = columns.length;
  const bins = new Uint8Array(rows.count * width); // row by row, so that a row's bins are neighbours
  columns.forEach((column, f) => {
    for (let i = 0; i < rows.count; i++) bins[i * width + f] = binOf(edges[f]!, column[i]!);
  });

  const random = randomFrom(seed);
  const average = logOdds(rows.late.reduce((sum, y) => sum + y, 0) / rows.count);
  const z = new Float64Array(rows.count).fill(average);
  const gradient = new Float64Array(rows.count);
  const hessian = new Float64Array(rows.count);
  const trees: Tree[] = [];
  for (let t = 0; t < p.trees; t++) {
    let loss = 0;
    for (let i = 0; i < rows.count; i++) {
      const q = sigmoid(z[i]!);
      gradient[i] = q - rows.late[i]!;
      hessian[i] = q * (1 - q);
      loss -= Math.log(rows.late[i] === 1 ? q : 1 - q);
    }
    const drawn = new Uint32Array(rows.count);
    let count = 0;
    for (let i = 0; i < rows.count; i++) if (random() < p.row_share) drawn[count++] = i;
    const tree = growTree(drawn.subarray(0, count), { bins, width, edges, gradient, hessian, binCount: p.bins }, p);
    for (let i = 0; i < rows.count; i++) z[i] = z[i]! + answer(tree, columns, i);
    if (t === 0) tree.value = tree.value.map((v, i) => (tree.left[i]! < 0 ? Math.fround(v + average) : v));
    trees.push(tree);
    onTree(t + 1, loss / rows.count);
  }
  return { kind: "boosted", encoders, trees };
}

export function scoreBoosted(model: Boosted, rows: Rows): Float32Array {
  const columns = inputsOf(model.encoders, rows);
  return Float32Array.from({ length: rows.count }, (_, i) => {
    let z = 0;
    for (const tree of model.trees) z += answer(tree, columns, i);
    return sigmoid(z);
  });
}

/** The columns that trees split on, in the order of FEATURES, airports as numbers. */
const inputsOf = (encoders: Boosted["encoders"], rows: Rows): Float32Array[] =>
  FEATURES.map((name) => (name === "origin" || name === "destination" ? encode(encoders[name], rows.texts[name]) : rows.numbers[name]));

function answer(tree: Tree, columns: Float32Array[], row: number): number {
  const { feature, threshold, left, right, value } = tree;
  let node = 0;
  for (let next = left[0]!; next >= 0; next = left[node]!) node = columns[feature[node]!]![row]! <= threshold[node]! ? next : right[node]!;
  return value[node]!;
}

interface Grown {
  bins: Uint8Array;
  width: number;
  edges: Float32Array[];
  gradient: Float64Array;
  hessian: Float64Array;
  binCount: number;
}

function growTree(all: Uint32Array, g: Grown, p: TrainParams): Tree {
  const tree: Tree = { feature: [], threshold: [], left: [], right: [], value: [] };
  const grow = (rows: Uint32Array, sums: Float64Array, depth: number): number => {
    const node = tree.left.length;
    const [G, H] = totals(sums, g.binCount);
    for (const [list, first] of [
      [tree.feature, 0],
      [tree.threshold, 0],
      [tree.left, -1],
      [tree.right, -1],
    ] as const)
      list.push(first);
    tree.value.push(Math.fround((-p.rate * G) / (H + L2)));
    const split = depth < p.depth ? bestSplit(sums, G, H, rows.length, g, p.leaf_rows) : undefined;
    if (split === undefined) return node;
    const middle = partition(rows, g, split.feature, split.bin);
    const [low, high] = [rows.subarray(0, middle), rows.subarray(middle)];
    // Only the smaller child is counted; the larger is the difference.
    const small = histogram(low.length < high.length ? low : high, g);
    const large = sums.map((v, i) => v - small[i]!);
    tree.feature[node] = split.feature;
    tree.threshold[node] = g.edges[split.feature]![split.bin]!;
    tree.value[node] = 0;
    tree.left[node] = grow(low, low.length < high.length ? small : large, depth + 1);
    tree.right[node] = grow(high, low.length < high.length ? large : small, depth + 1);
    return node;
  };
  grow(all, histogram(all, g), 0);
  return tree;
}

/** Per feature and bin: sum of gradients, sum of hessians, rows. */
function histogram(rows: Uint32Array, { bins, width, gradient, hessian, binCount }: Grown): Float64Array {
  const sums = new Float64Array(width * binCount * 3);
  for (let k = 0; k < rows.length; k++) {
    const i = rows[k]!;
    const dg = gradient[i]!;
    const dh = hessian[i]!;
    for (let b = i * width, end = b + width, first = 0; b < end; b++, first += binCount * 3) {
      const at = first + bins[b]! * 3;
      sums[at] = sums[at]! + dg;
      sums[at + 1] = sums[at + 1]! + dh;
      sums[at + 2] = sums[at + 2]! + 1;
    }
  }
  return sums;
}

function totals(sums: Float64Array, binCount: number): [number, number] {
  let [G, H] = [0, 0];
  for (let b = 0; b < binCount; b++) [G, H] = [G + sums[b * 3]!, H + sums[b * 3 + 1]!];
  return [G, H];
}

function bestSplit(
  sums: Float64Array,
  G: number,
  H: number,
  count: number,
  g: Grown,
  leafRows: number,
): { feature: number; bin: number } | undefined {
  let best: { feature: number; bin: number } | undefined;
  let bestGain = 1e-6;
  for (let feature = 0; feature < g.width; feature++) {
    let [gl, hl, nl] = [0, 0, 0];
    for (let bin = 0; bin < g.edges[feature]!.length; bin++) {
      const at = (feature * g.binCount + bin) * 3;
      gl += sums[at]!;
      hl += sums[at + 1]!;
      nl += sums[at + 2]!;
      if (nl < leafRows || count - nl < leafRows) continue;
      const gain = (gl * gl) / (hl + L2) + (G - gl) ** 2 / (H - hl + L2) - (G * G) / (H + L2);
      if (gain > bestGain) [best, bestGain] = [{ feature, bin }, gain];
    }
  }
  return best;
}

/** Moves rows with bin <= split to the front, keeping their order; returns how many. */
function partition(rows: Uint32Array, { bins, width }: Grown, feature: number, bin: number): number {
  const high = new Uint32Array(rows.length);
  let low = 0;
  let moved = 0;
  for (let k = 0; k < rows.length; k++) {
    const i = rows[k]!;
    if (bins[i * width + feature]! <= bin) rows[low++] = i;
    else high[moved++] = i;
  }
  rows.set(high.subarray(0, moved), low);
  return low;
}

/** At most count - 1 rising values that part a column into bins of about equal size. */
function quantiles(column: Float32Array, count: number): Float32Array {
  const sorted = column.slice().sort();
  const edges = Array.from({ length: count - 1 }, (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / count)]!);
  return Float32Array.from([...new Set(edges)].filter((edge) => edge < sorted.at(-1)!));
}

/** The first bin whose edge is not below the value. */
function binOf(edges: Float32Array, value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= edges[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}
