import { betaQuantile, binomialCdf, normalQuantile, normalTail } from "./distributions.ts";
import { requireShare, type Interval } from "./numbers.ts";

/** Pooled two-proportion z test of count a of n against count b of m; z has the sign of a/n − b/m, p is two-sided. */
export function twoProportionZ(a: number, n: number, b: number, m: number): { z: number; p: number; difference: number } {
  const difference = a / n - b / m;
  const pooled = (a + b) / (n + m);
  const z = difference === 0 ? 0 : difference / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  return { z, p: 2 * normalTail(Math.abs(z)), difference };
}

/** Wilson score interval of a share; sensible at 0 and n too. */
export function wilsonInterval(count: number, n: number, level = 0.95): Interval {
  requireShare(level, "level");
  if (n === 0) return { lower: 0, upper: 1, level };
  const z = normalQuantile((1 + level) / 2);
  const share = count / n;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { lower: count === 0 ? 0 : Math.max(0, centre - half), upper: count === n ? 1 : Math.min(1, centre + half), level };
}

/** Exact (Clopper–Pearson) interval of a share. */
export function exactShareInterval(count: number, n: number, level = 0.95): Interval {
  requireShare(level, "level");
  const alpha = 1 - level;
  return {
    lower: count === 0 ? 0 : betaQuantile(alpha / 2, count, n - count + 1),
    upper: count === n ? 1 : betaQuantile(1 - alpha / 2, count + 1, n - count),
    level,
  };
}

/**
 * Exact McNemar test of paired yes/no answers: of `onlyFirst + onlySecond` rows on which the two disagree, is a half a fair share?
 * Two-sided binomial p.
 */
export function mcnemarExact(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  if (n === 0) return 1;
  return Math.min(1, 2 * binomialCdf(Math.min(onlyFirst, onlySecond), n, 0.5));
}
