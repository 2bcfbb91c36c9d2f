import { sorted, type Numbers } from "./numbers.ts";

const RADIX_FROM = 4096;

/**
 * Stable ascending order of row numbers: `values[order[0]] ≤ values[order[1]] ≤ …`; equal values keep row order, NaN comes last.
 * Radix sort over the 64 bits of each double, so linear in the number of rows.
 */
export function argsort(values: Numbers): Uint32Array {
  const n = values.length;
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  if (n < RADIX_FROM) {
    return order.sort((a, b) => {
      const x = values[a]!;
      const y = values[b]!;
      if (x < y) return -1;
      if (x > y) return 1;
      if (x === y) return a - b;
      return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
    });
  }
  return radixOrder(values, order);
}

function radixOrder(values: Numbers, order: Uint32Array): Uint32Array {
  const n = values.length;
  const keys = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const value = values[i]!;
    keys[i] = Number.isNaN(value) ? Number.NaN : value + 0;
  }
  const words = new Uint32Array(keys.buffer);
  for (let i = 0; i < n; i++) {
    const high = words[2 * i + 1]!;
    if (high >>> 31 && !Number.isNaN(keys[i]!)) {
      words[2 * i] = ~words[2 * i]!;
      words[2 * i + 1] = ~high;
    } else {
      words[2 * i + 1] = high | 0x80000000;
    }
  }
  let from: Uint32Array = order;
  let to: Uint32Array = new Uint32Array(n);
  const starts = new Uint32Array(65537);
  for (let pass = 0; pass < 4; pass++) {
    const word = pass >>> 1;
    const shift = (pass & 1) * 16;
    starts.fill(0);
    for (let i = 0; i < n; i++) {
      const digit = (words[2 * i + word]! >>> shift) & 0xffff;
      starts[digit + 1] = starts[digit + 1]! + 1;
    }
    if (starts.includes(n)) continue;
    for (let d = 0; d < 65536; d++) starts[d + 1] = starts[d + 1]! + starts[d]!;
    for (let i = 0; i < n; i++) {
      const row = from[i]!;
      const digit = (words[2 * row + word]! >>> shift) & 0xffff;
      const place = starts[digit]!;
      starts[digit] = place + 1;
      to[place] = row;
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Mid-ranks 1..n (ties share the mean of their ranks) and the tie term Σ(t³ − t) over groups of equal values. */
export function midRanks(values: Numbers): { ranks: Float64Array; tieTerm: number } {
  const order = argsort(values);
  const n = order.length;
  const ranks = new Float64Array(n);
  let tieTerm = 0;
  for (let start = 0; start < n;) {
    const value = values[order[start]!]!;
    let end = start + 1;
    while (end < n && values[order[end]!] === value) end++;
    const rank = (start + 1 + end) / 2;
    for (let i = start; i < end; i++) ranks[order[i]!] = rank;
    const ties = end - start;
    tieTerm += ties * ties * ties - ties;
    start = end;
  }
  return { ranks, tieTerm };
}

/** Linear-interpolation quantile (Hyndman–Fan type 7, the default of numpy and of DuckDB `quantile_cont`) of an ascending array. */
export function quantileOfSorted(ascending: Numbers, share: number): number {
  const n = ascending.length;
  if (n === 0) return Number.NaN;
  if (!(share >= 0 && share <= 1)) throw new RangeError(`quantile share must lie in [0, 1], got ${share}`);
  const place = share * (n - 1);
  const below = Math.floor(place);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, n - 1)]!;
  const weight = place - below;
  return weight < 0.5 ? low + weight * (high - low) : high - (1 - weight) * (high - low);
}

/** Linear-interpolation quantile of unsorted values. */
export function quantile(values: Numbers, share: number): number {
  return quantileOfSorted(sorted(values), share);
}

/** Middle value (mean of the two middle values for an even count). */
export function median(values: Numbers): number {
  return quantile(values, 0.5);
}
