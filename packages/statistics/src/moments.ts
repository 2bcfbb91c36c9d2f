import type { Numbers } from "./numbers.ts";

/** Mergeable central moments of n values: mean, Σ(x−mean)², Σ(x−mean)³, Σ(x−mean)⁴ and the range. */
export interface Moments {
  n: number;
  mean: number;
  m2: number;
  m3: number;
  m4: number;
  min: number;
  max: number;
}

/** Moments of nothing: the neutral element of `mergeMoments`. */
export function emptyMoments(): Moments {
  return { n: 0, mean: 0, m2: 0, m3: 0, m4: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
}

/** Moments of values; two passes, so large offsets do not cancel. */
export function moments(values: Numbers): Moments {
  const n = values.length;
  if (n === 0) return emptyMoments();
  let mean = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    const value = values[i]!;
    mean += (value - mean) / (i + 1);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  let m1 = 0;
  let m2 = 0;
  let m3 = 0;
  let m4 = 0;
  for (let i = 0; i < n; i++) {
    const gap = values[i]! - mean;
    const square = gap * gap;
    m1 += gap;
    m2 += square;
    m3 += square * gap;
    m4 += square * square;
  }
  return min === max
    ? { n, mean: min, m2: 0, m3: 0, m4: 0, min, max }
    : { n, mean: mean + m1 / n, m2: m2 - (m1 * m1) / n, m3, m4, min, max };
}

/** Moments of two sets together (Chan et al.; Pébay, 2008). Associative and commutative up to rounding. */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const gap = b.mean - a.mean;
  const share = gap / n;
  return {
    n,
    mean: a.mean + share * b.n,
    m2: a.m2 + b.m2 + gap * share * a.n * b.n,
    m3: a.m3 + b.m3 + gap * share * share * a.n * b.n * (a.n - b.n) + 3 * share * (a.n * b.m2 - b.n * a.m2),
    m4:
      a.m4 +
      b.m4 +
      gap * share ** 3 * a.n * b.n * (a.n * a.n - a.n * b.n + b.n * b.n) +
      6 * share * share * (a.n * a.n * b.m2 + b.n * b.n * a.m2) +
      4 * share * (a.n * b.m3 - b.n * a.m3),
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

/** Variance with n − 1 (`sample`) or n (`population`) below the line. NaN where undefined. */
export function varianceOf(m: Moments, kind: "sample" | "population" = "sample"): number {
  return m.m2 / (kind === "sample" ? m.n - 1 : m.n);
}

/** Standard deviation, in the unit of the values. */
export function deviationOf(m: Moments, kind: "sample" | "population" = "sample"): number {
  return Math.sqrt(varianceOf(m, kind));
}

/** Population skewness m3/m2^1.5 (biased form). NaN for constant values. */
export function skewnessOf(m: Moments): number {
  return m.m3 / m.n / (m.m2 / m.n) ** 1.5;
}

/** Population excess kurtosis (biased form). NaN for constant values. */
export function kurtosisOf(m: Moments): number {
  return m.m4 / m.n / (m.m2 / m.n) ** 2 - 3;
}
