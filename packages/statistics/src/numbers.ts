/** Any dense sequence of numbers: a typed array (fast path) or a plain array. */
export type Numbers = ArrayLike<number>;

/** A closed interval with the two-sided level it was built for (0.95 = 95 %). */
export interface Interval {
  lower: number;
  upper: number;
  level: number;
}

/** Throws when two sequences that describe the same rows have different lengths. */
export function requireSameLength(a: Numbers, b: Numbers, names: string): number {
  if (a.length !== b.length) throw new RangeError(`${names}: lengths differ (${a.length} and ${b.length})`);
  return a.length;
}

/** Throws unless 0 < value < 1. */
export function requireShare(value: number, name: string): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} must lie between 0 and 1, got ${value}`);
}

/** Ascending copy; the input stays untouched. Throws on NaN, which has no place in an order. */
export function sorted(values: Numbers): Float64Array {
  const copy = Float64Array.from(values);
  copy.sort();
  const last = copy[copy.length - 1];
  if (last !== undefined && Number.isNaN(last)) throw new RangeError("values contain NaN; drop nulls before an order statistic");
  return copy;
}

/** Neumaier-compensated sum: error independent of the number of terms. */
export function sum(values: Numbers): number {
  let total = 0;
  let lost = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

/** Arithmetic mean; NaN for no values. */
export function mean(values: Numbers): number {
  return values.length === 0 ? Number.NaN : sum(values) / values.length;
}

/** First index in an ascending array whose value is ≥ x (0..length). */
export function lowerBound(ascending: Numbers, x: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First index in an ascending array whose value is > x (0..length). */
export function upperBound(ascending: Numbers, x: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}
