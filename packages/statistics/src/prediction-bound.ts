import { studentQuantile } from "./distributions.ts";
import { deviationOf, moments } from "./moments.ts";
import { requireShare, type Interval, type Numbers } from "./numbers.ts";

/** What one more value is expected to stay below (or within), learnt from a small sample. */
export interface PredictionBound {
  n: number;
  mean: number;
  deviation: number;
  /** Chance that a new value from the same source exceeds the bound. */
  alpha: number;
  upper: number;
}

/**
 * One-sided upper prediction bound mean + t_{1−α, n−1}·sd·√(1 + 1/n) for a new value drawn like the sample (normal theory).
 * For distances pass their logarithms and take exp of the bound. Infinite for fewer than two values: nothing is known yet.
 */
export function upperPredictionBound(values: Numbers, alpha = 0.01): PredictionBound {
  requireShare(alpha, "alpha");
  const m = moments(values);
  const deviation = deviationOf(m);
  const known = { n: m.n, mean: m.n === 0 ? Number.NaN : m.mean, deviation, alpha };
  if (m.n < 2) return { ...known, upper: Number.POSITIVE_INFINITY };
  return { ...known, upper: m.mean + studentQuantile(1 - alpha, m.n - 1) * deviation * Math.sqrt(1 + 1 / m.n) };
}

/** Two-sided prediction interval for one new value at the given level. */
export function predictionInterval(values: Numbers, level = 0.99): Interval {
  requireShare(level, "level");
  const m = moments(values);
  if (m.n < 2) return { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY, level };
  const half = studentQuantile((1 + level) / 2, m.n - 1) * deviationOf(m) * Math.sqrt(1 + 1 / m.n);
  return { lower: m.mean - half, upper: m.mean + half, level };
}

/**
 * The upper bound for a positive distance, from past distances of the same kind: `upperPredictionBound` of their logarithms, on the scale of
 * the distances. `floor` replaces distances of zero, which have no logarithm.
 */
export function upperDistanceBound(distances: Numbers, alpha = 0.01, floor = 1e-9): PredictionBound {
  const bound = upperPredictionBound(
    Float64Array.from(distances, (distance) => Math.log(Math.max(distance, floor))),
    alpha,
  );
  return { ...bound, upper: Math.exp(bound.upper) };
}
