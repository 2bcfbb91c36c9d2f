import { erfc, incompleteBeta, incompleteGamma, logChoose } from "./special.ts";
import { findRoot } from "./root.ts";

/** Density of N(0, 1). */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** P(Z ≤ z) for Z ~ N(0, 1). */
export function normalCdf(z: number): number {
  return 0.5 * erfc(-z / Math.SQRT2);
}

/** P(Z > z): keeps its digits far out, where 1 − cdf would be 0. */
export function normalTail(z: number): number {
  return 0.5 * erfc(z / Math.SQRT2);
}

/** z with P(Z ≤ z) = p. Rational start (P. Acklam) and two Halley steps on the accurate tail. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  if (p > 0.5) return -lowerNormalQuantile(1 - p);
  return lowerNormalQuantile(p);
}

function lowerNormalQuantile(p: number): number {
  let z: number;
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    z =
      (((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968) * q +
        2.938163982698783) /
      ((((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1);
  } else {
    const q = p - 0.5;
    const r = q * q;
    z =
      ((((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r - 30.66479806614716) * r +
        2.506628277459239) *
        q) /
      (((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r - 13.28068155288572) * r + 1);
  }
  for (let i = 0; i < 2; i++) {
    const error = (normalTail(-z) - p) / normalDensity(z);
    z -= error / (1 + (z * error) / 2);
  }
  return z;
}

/** P(T > t) for Student's t with `df` > 0 degrees of freedom (df may be fractional or infinite). */
export function studentTail(t: number, df: number): number {
  if (Number.isNaN(t) || !(df > 0)) return Number.NaN;
  if (df === Number.POSITIVE_INFINITY) return normalTail(t);
  const square = t * t;
  const half =
    square === Number.POSITIVE_INFINITY ? 0 : 0.5 * incompleteBeta(df / 2, 0.5, df / (df + square), square / (df + square)).lower;
  return t >= 0 ? half : 1 - half;
}

/** P(T ≤ t). */
export function studentCdf(t: number, df: number): number {
  return studentTail(-t, df);
}

/** t with P(T ≤ t) = p. */
export function studentQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1) || !(df > 0)) return Number.NaN;
  if (p === 0.5) return 0;
  if (df === Number.POSITIVE_INFINITY) return normalQuantile(p);
  const tail = p < 0.5 ? p : 1 - p;
  if (tail === 0) return p < 0.5 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  let high = Math.max(1, -normalQuantile(tail) * 2);
  while (studentTail(high, df) > tail) high *= 4;
  const t = findRoot((x) => Math.log(studentTail(x, df) / tail), 0, high);
  return p < 0.5 ? -t : t;
}

/** P(X ≤ x) for χ² with `df` degrees of freedom. */
export function chiSquareCdf(x: number, df: number): number {
  return incompleteGamma(df / 2, x / 2).lower;
}

/** P(X > x) for χ² with `df` degrees of freedom. */
export function chiSquareTail(x: number, df: number): number {
  return incompleteGamma(df / 2, x / 2).upper;
}

/** x with P(X ≤ x) = p for χ². */
export function chiSquareQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1) || !(df > 0)) return Number.NaN;
  if (p === 0) return 0;
  if (p === 1) return Number.POSITIVE_INFINITY;
  let high = df + 10;
  while (chiSquareCdf(high, df) < p) high *= 2;
  return p < 0.5 ? findRoot((x) => chiSquareCdf(x, df) - p, 0, high) : findRoot((x) => 1 - p - chiSquareTail(x, df), 0, high);
}

/** P(X ≤ x) for Beta(a, b). */
export function betaCdf(x: number, a: number, b: number): number {
  return incompleteBeta(a, b, x).lower;
}

/** P(X > x) for Beta(a, b). */
export function betaTail(x: number, a: number, b: number): number {
  return incompleteBeta(a, b, x).upper;
}

/** x with P(X ≤ x) = p for Beta(a, b). */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1) || !(a > 0 && b > 0)) return Number.NaN;
  if (p === 0 || p === 1) return p;
  return findRoot((x) => betaCdf(x, a, b) - p, 0, 1);
}

/** P(X > x) for Fisher's F with df1 and df2 degrees of freedom. */
export function fTail(x: number, df1: number, df2: number): number {
  if (x <= 0) return 1;
  const scaled = df1 * x;
  return incompleteBeta(df2 / 2, df1 / 2, df2 / (df2 + scaled), scaled / (df2 + scaled)).lower;
}

/** P(X = k) for Binomial(n, p). */
export function binomialMass(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  if (p === 0 || p === 1) return Number(k === n * p);
  return Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** P(X ≤ k) for Binomial(n, p). */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incompleteBeta(k + 1, n - k, p).upper;
}
