import { requireShare, sorted, type Numbers } from "./numbers.ts";
import { logChoose } from "./special.ts";

/** How the p-value of the two-sample test is found. */
export type KolmogorovMethod = "stephens" | "limit" | "one_sample" | "exact";

/** Two-sample Kolmogorov–Smirnov statistic D = max|F − G|. */
export function ksStatistic(a: Numbers, b: Numbers): number {
  return ksOfSorted(sorted(a), sorted(b)).statistic;
}

/** D with its numerator over the common grid n·m: |i·m − j·n| max, which is exact in integers. */
export function ksOfSorted(a: Float64Array, b: Float64Array): { statistic: number; steps: number } {
  const n = a.length;
  const m = b.length;
  let i = 0;
  let j = 0;
  let steps = 0;
  while (i < n && j < m) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < n && a[i] === value) i++;
    while (j < m && b[j] === value) j++;
    steps = Math.max(steps, Math.abs(i * m - j * n));
  }
  return { statistic: n === 0 || m === 0 ? Number.NaN : steps / (n * m), steps };
}

/** D and its p-value; `stephens` (the default) is good from about 5 rows per side, `exact` counts lattice paths in O(n·m). */
export function ksTest(a: Numbers, b: Numbers, method: KolmogorovMethod = "stephens"): { statistic: number; p: number } {
  const { statistic, steps } = ksOfSorted(sorted(a), sorted(b));
  return { statistic, p: ksP(statistic, a.length, b.length, method, steps) };
}

/** p-value of a given D for samples of n and m rows. */
export function ksP(
  statistic: number,
  n: number,
  m: number,
  method: KolmogorovMethod = "stephens",
  steps = Math.round(statistic * n * m),
): number {
  if (Number.isNaN(statistic)) return Number.NaN;
  const effective = (n * m) / (n + m);
  const root = Math.sqrt(effective);
  if (method === "stephens") return kolmogorovTail((root + 0.12 + 0.11 / root) * statistic);
  if (method === "limit") return kolmogorovTail(root * statistic);
  if (method === "one_sample") return oneSampleTail(Math.round(effective), statistic);
  return latticeTail(n, m, steps);
}

/** Limit distribution Q(λ) = 2Σ(−1)^(k−1) e^(−2k²λ²); for small λ by the complementary theta series. */
export function kolmogorovTail(lambda: number): number {
  if (lambda <= 0) return 1;
  if (lambda < 1.18) {
    const factor = Math.exp((-Math.PI * Math.PI) / (8 * lambda * lambda));
    let total = 0;
    for (let k = 0; k < 20; k++) total += Math.pow(factor, (2 * k + 1) ** 2);
    return 1 - (Math.sqrt(2 * Math.PI) / lambda) * total;
  }
  let total = 0;
  for (let k = 1; k < 20; k++) total += (k & 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return total;
}

/** P(both samples' paths reach the observed distance): share of lattice paths that touch |i·m − j·n| ≥ steps. All terms positive. */
function latticeTail(n: number, m: number, steps: number): number {
  if (steps === 0) return 1;
  const touched = new Float64Array(m + 1);
  for (let j = 0; j <= m; j++) touched[j] = j * n >= steps ? 1 : 0;
  for (let i = 1; i <= n; i++) {
    if (i * m >= steps) touched[0] = 1;
    for (let j = 1; j <= m; j++) {
      touched[j] = Math.abs(i * m - j * n) >= steps ? 1 : (touched[j]! * i + touched[j - 1]! * j) / (i + j);
    }
  }
  return touched[m]!;
}

const EXACT_ROWS = 2000;

/**
 * P(D_n ≥ d) of the one-sample statistic. Far tail: twice the exact one-sided tail. Otherwise the matrix method of Marsaglia, Tsang and Wang
 * (2003) up to 2000 rows, above that the Pelz–Good expansion.
 */
function oneSampleTail(n: number, d: number): number {
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  if (n * d * d >= 4) return Math.min(1, 2 * smirnovTail(n, d));
  return 1 - (n <= EXACT_ROWS ? matrixCdf(n, d) : pelzGoodCdf(n, d));
}

/** P(D_n⁺ ≥ d), exact (Birnbaum and Tingey, 1951). */
export function smirnovTail(n: number, d: number): number {
  let total = 0;
  const last = Math.floor(n * (1 - d));
  for (let j = 0; j <= last; j++) {
    const up = d + j / n;
    const down = 1 - up;
    if (down <= 0) {
      if (j === n) total += d * Math.pow(up, n - 1);
      continue;
    }
    total += d * Math.exp(logChoose(n, j) + (j - 1) * Math.log(up) + (n - j) * Math.log(down));
  }
  return total;
}

function matrixCdf(n: number, d: number): number {
  const k = Math.floor(n * d) + 1;
  const m = 2 * k - 1;
  const h = k - n * d;
  const matrix = new Float64Array(m * m);
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) matrix[i * m + j] = i - j + 1 < 0 ? 0 : 1;
  for (let i = 0; i < m; i++) {
    matrix[i * m]! -= Math.pow(h, i + 1);
    matrix[(m - 1) * m + i]! -= Math.pow(h, m - i);
  }
  matrix[(m - 1) * m]! += 2 * h - 1 > 0 ? Math.pow(2 * h - 1, m) : 0;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < m; j++) {
      let factorial = 1;
      for (let g = 1; g <= i - j + 1; g++) factorial *= g;
      if (i - j + 1 > 0) matrix[i * m + j]! /= factorial;
    }
  let { values, exponent } = power(matrix, m, n);
  let result = values[(k - 1) * m + k - 1]!;
  for (let i = 1; i <= n; i++) {
    result = (result * i) / n;
    if (result < 1e-140) {
      result *= 1e140;
      exponent -= 140;
    }
  }
  return result * Math.pow(10, exponent);
}

/** matrix^n with a decimal exponent kept apart. */
function power(matrix: Float64Array, m: number, n: number): { values: Float64Array; exponent: number } {
  if (n === 1) return { values: matrix, exponent: 0 };
  const half = power(matrix, m, Math.floor(n / 2));
  let values = multiply(half.values, half.values, m);
  let exponent = 2 * half.exponent;
  if (n % 2 === 1) values = multiply(matrix, values, m);
  const middle = Math.floor(m / 2);
  if (values[middle * m + middle]! > 1e140) {
    values = values.map((value) => value * 1e-140);
    exponent += 140;
  }
  return { values, exponent };
}

function multiply(a: Float64Array, b: Float64Array, m: number): Float64Array {
  const product = new Float64Array(m * m);
  for (let i = 0; i < m; i++)
    for (let k = 0; k < m; k++) {
      const factor = a[i * m + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < m; j++) product[i * m + j]! += factor * b[k * m + j]!;
    }
  return product;
}

/** Four-term expansion of P(D_n < d) in powers of n^(−1/2) (Pelz and Good, 1976). */
function pelzGoodCdf(n: number, d: number): number {
  const z = Math.sqrt(n) * d;
  const z2 = z * z;
  const pi2 = Math.PI * Math.PI;
  const q = -pi2 / (2 * z2);
  let k0 = 0;
  let k1 = 0;
  let k2a = 0;
  let k2b = 0;
  let k3a = 0;
  let k3b = 0;
  for (let k = 0; k < 30; k++) {
    const half2 = (k + 0.5) ** 2;
    const e = Math.exp(q * half2);
    k0 += e;
    k1 += e * (pi2 * half2 - z2);
    k2a += e * (6 * z2 ** 3 + 2 * z2 ** 2 + pi2 * (2 * z2 ** 2 - 5 * z2) * half2 + pi2 ** 2 * (1 - 2 * z2) * half2 ** 2);
    k3a +=
      e *
      (-30 * z2 ** 3 -
        90 * z2 ** 4 +
        pi2 * (135 * z2 ** 2 - 96 * z2 ** 3) * half2 +
        pi2 ** 2 * (212 * z2 ** 2 - 60 * z2) * half2 ** 2 +
        pi2 ** 3 * (5 - 30 * z2) * half2 ** 3);
    if (k > 0) {
      const whole2 = k * k;
      const f = Math.exp(q * whole2);
      k2b += f * pi2 * whole2;
      k3b += f * (3 * pi2 * whole2 * z2 - pi2 ** 2 * whole2 ** 2);
    }
  }
  const root = Math.sqrt(2 * Math.PI);
  const first = (root / z) * k0;
  const second = (Math.sqrt(Math.PI / 2) / (3 * z2 * z2)) * k1;
  const third = (Math.sqrt(Math.PI / 2) / (36 * z ** 7)) * k2a - (root / (36 * z ** 3)) * k2b;
  const fourth = (Math.sqrt(Math.PI / 2) / (3240 * z ** 10)) * k3a + (root / (216 * z ** 6)) * k3b;
  return first + second / Math.sqrt(n) + third / n + fourth / n ** 1.5;
}

/** Half-width of a Dvoretzky–Kiefer–Wolfowitz band: P(max|F_n − F| > width) ≤ alpha. */
export function dkwHalfWidth(n: number, alpha = 0.05): number {
  requireShare(alpha, "alpha");
  return Math.sqrt(Math.log(2 / alpha) / (2 * n));
}
