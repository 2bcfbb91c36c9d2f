import { chiSquareTail } from "./distributions.ts";
import type { Numbers } from "./numbers.ts";
import { quantileOfSorted } from "./order.ts";

const POINTS = [0.4, 0.8];

/**
 * Epps–Singleton test: compares empirical characteristic functions at two points scaled by half the pooled interquartile range (1986; small
 * samples corrected after Goerg and Kaiser, 2009). NaN when the range is zero.
 */
export function eppsSingleton(a: Numbers, b: Numbers): { statistic: number; p: number; df: number } {
  const n = a.length + b.length;
  const pooled = new Float64Array(n);
  for (let i = 0; i < a.length; i++) pooled[i] = a[i]!;
  for (let i = 0; i < b.length; i++) pooled[a.length + i] = b[i]!;
  pooled.sort();
  const scale = (quantileOfSorted(pooled, 0.75) - quantileOfSorted(pooled, 0.25)) / 2;
  if (!(scale > 0)) return { statistic: Number.NaN, p: Number.NaN, df: 0 };
  const first = characteristic(a, scale);
  const second = characteristic(b, scale);
  const covariance = first.covariance.map((row, i) =>
    row.map((value, j) => (n / a.length) * value + (n / b.length) * second.covariance[i]![j]!),
  );
  const gap = first.mean.map((value, i) => value - second.mean[i]!);
  const { values, vectors } = symmetricEigen(covariance);
  const cut = Math.max(...values.map(Math.abs)) * 1e-15;
  let statistic = 0;
  let df = 0;
  for (let k = 0; k < values.length; k++) {
    if (values[k]! <= cut) continue;
    df++;
    statistic += (n * gap.reduce((total, value, i) => total + value * vectors[i]![k]!, 0) ** 2) / values[k]!;
  }
  if (Math.max(a.length, b.length) < 25) statistic /= 1 + n ** -0.45 + 10.1 * (a.length ** -1.7 + b.length ** -1.7);
  return { statistic, p: chiSquareTail(statistic, df), df };
}

/** Mean and population covariance of (cos t₁x, cos t₂x, sin t₁x, sin t₂x). */
function characteristic(values: Numbers, scale: number): { mean: Float64Array; covariance: Float64Array[] } {
  const size = POINTS.length * 2;
  const n = values.length;
  const mean = new Float64Array(size);
  const covariance = Array.from({ length: size }, () => new Float64Array(size));
  const row = new Float64Array(size);
  const fill = (x: number): void => {
    for (let k = 0; k < POINTS.length; k++) {
      const angle = (POINTS[k]! / scale) * x;
      row[k] = Math.cos(angle);
      row[POINTS.length + k] = Math.sin(angle);
    }
  };
  for (let i = 0; i < n; i++) {
    fill(values[i]!);
    for (let k = 0; k < size; k++) mean[k]! += row[k]! / n;
  }
  for (let i = 0; i < n; i++) {
    fill(values[i]!);
    for (let k = 0; k < size; k++) for (let l = 0; l < size; l++) covariance[k]![l]! += ((row[k]! - mean[k]!) * (row[l]! - mean[l]!)) / n;
  }
  return { mean, covariance };
}

/** Eigenvalues and eigenvectors (columns) of a small symmetric matrix by Jacobi rotations. */
function symmetricEigen(matrix: readonly Float64Array[]): { values: number[]; vectors: number[][] } {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const vectors = matrix.map((_, i) => matrix.map((__, j) => Number(i === j)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += a[i]![j]! ** 2;
    if (off < 1e-300) break;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (a[p]![q] === 0) continue;
        const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (const row of [...a, ...vectors]) {
          const x = row[p]!;
          const y = row[q]!;
          row[p] = c * x - s * y;
          row[q] = s * x + c * y;
        }
        for (let k = 0; k < n; k++) {
          const x = a[p]![k]!;
          const y = a[q]![k]!;
          a[p]![k] = c * x - s * y;
          a[q]![k] = s * x + c * y;
        }
      }
  }
  return { values: a.map((row, i) => row[i]!), vectors };
}
