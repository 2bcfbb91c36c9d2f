import { sorted, type Numbers } from "./numbers.ts";
import { logGamma } from "./special.ts";

/** Two-sample Cramér–von Mises test with mid-ranks (Anderson, 1962) and its asymptotic p-value. */
export function cramerVonMises(a: Numbers, b: Numbers): { statistic: number; p: number } {
  const n = a.length;
  const m = b.length;
  const total = n + m;
  if (n === 0 || m === 0) return { statistic: Number.NaN, p: Number.NaN };
  const { first, second } = pooledRanks(sorted(a), sorted(b));
  const product = n * m;
  const u = n * squaredGaps(first) + m * squaredGaps(second);
  const statistic = u / (product * total) - (4 * product - 1) / (6 * total);
  const expected = (1 + 1 / total) / 6;
  const variance = ((total + 1) * (4 * product * total - 3 * (n * n + m * m) - 2 * product)) / (45 * total * total * 4 * product);
  const standard = 1 / 6 + (statistic - expected) / Math.sqrt(45 * variance);
  return { statistic, p: standard < 0.003 ? 1 : Math.max(0, 1 - limitCdf(standard)) };
}

function squaredGaps(ranks: Float64Array): number {
  let total = 0;
  for (let i = 0; i < ranks.length; i++) total += (ranks[i]! - i - 1) ** 2;
  return total;
}

/** Mid-ranks in the pooled sample of two ascending samples, each in its own order. */
function pooledRanks(a: Float64Array, b: Float64Array): { first: Float64Array; second: Float64Array } {
  const first = new Float64Array(a.length);
  const second = new Float64Array(b.length);
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const value = j >= b.length || (i < a.length && a[i]! <= b[j]!) ? a[i]! : b[j]!;
    const fromA = i;
    const fromB = j;
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    const rank = (fromA + fromB + 1 + i + j) / 2;
    first.fill(rank, fromA, i);
    second.fill(rank, fromB, j);
  }
  return { first, second };
}

/** Limit distribution of the statistic (Csörgő and Faraway, 1996, eq. 1.2). */
function limitCdf(x: number): number {
  let total = 0;
  for (let k = 0; k < 200; k++) {
    const y = 4 * k + 1;
    const q = (y * y) / (16 * x);
    const weight = Math.exp(logGamma(k + 0.5) - logGamma(k + 1)) / (Math.PI ** 1.5 * Math.sqrt(x));
    const term = weight * Math.sqrt(y) * scaledBessel(0.25, q);
    total += term;
    if (term < 1e-17 * total || term === 0) break;
  }
  return total;
}

/** e^(−q)·K_ν(q) for q > 0 by the trapezoidal rule on ∫ exp(−q cosh t) cosh νt dt, which converges faster than any power. */
function scaledBessel(nu: number, q: number): number {
  const step = 1 / 64;
  let total = Math.exp(-2 * q) / 2;
  for (let k = 1; k < 4096; k++) {
    const t = k * step;
    const exponent = q * (1 + Math.cosh(t));
    if (exponent > 745) break;
    total += Math.exp(-exponent) * Math.cosh(nu * t);
  }
  return total * step;
}
