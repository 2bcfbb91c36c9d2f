import { lowerBound, sorted, type Numbers } from "./numbers.ts";
import { quantileOfSorted } from "./order.ts";

const bits = new DataView(new ArrayBuffer(8));

/** The largest double below a finite x. */
export function nextBelow(x: number): number {
  if (x === 0) return -Number.MIN_VALUE;
  bits.setFloat64(0, x);
  bits.setBigInt64(0, bits.getBigInt64(0) + (x > 0 ? -1n : 1n));
  return bits.getFloat64(0);
}

/** Distinct interior quantiles of the values: at most bins − 1 ascending edges (numpy's linear quantiles). */
export function quantileEdges(values: Numbers, bins = 10): Float64Array {
  if (!(Number.isInteger(bins) && bins > 1)) throw new RangeError(`bins must be an integer above 1, got ${bins}`);
  const ascending = sorted(values);
  const edges: number[] = [];
  for (let k = 1; k < bins && ascending.length > 0; k++) {
    const edge = quantileOfSorted(ascending, k / bins);
    if (edges.length === 0 || edge > edges.at(-1)!) edges.push(edge);
  }
  return Float64Array.from(edges);
}

/**
 * Edges for a reference profile: its quantiles between two outer edges, the double just below the minimum and the maximum. Values outside
 * what the reference has shown thus fall in two bins of their own.
 */
export function referenceEdges(values: Numbers, bins = 50): Float64Array {
  const ascending = sorted(values);
  const n = ascending.length;
  if (n === 0) return new Float64Array(0);
  const inner = quantileEdges(ascending, bins);
  const low = nextBelow(ascending[0]!);
  const high = ascending[n - 1]!;
  return Float64Array.from([low, ...inner.filter((edge) => edge < high), high]);
}

/** Counts over (−∞, e₁], (e₁, e₂], …, (e_k, ∞): k + 1 bins for k ascending edges. NaN is refused. */
export function binCounts(values: Numbers, edges: Numbers): Float64Array {
  const counts = new Float64Array(edges.length + 1);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) throw new RangeError(`value of row ${i} is not a number`);
    const bin = lowerBound(edges, value);
    counts[bin] = counts[bin]! + 1;
  }
  return counts;
}
