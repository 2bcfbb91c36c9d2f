import { studentQuantile, studentTail } from "./distributions.ts";
import { deviationOf, moments, varianceOf, type Moments } from "./moments.ts";
import { requireShare, type Interval, type Numbers } from "./numbers.ts";

export interface TTest extends Interval {
  /** first mean − second mean */
  difference: number;
  standardError: number;
  t: number;
  df: number;
  /** Two-sided; NaN when both sides are constant and equal. */
  p: number;
}

function finish(difference: number, standardError: number, df: number, level: number): TTest {
  requireShare(level, "level");
  const t = difference / standardError;
  const half = studentQuantile((1 + level) / 2, df) * standardError;
  return {
    difference,
    standardError,
    t,
    df,
    p: 2 * studentTail(Math.abs(t), df),
    lower: difference - half,
    upper: difference + half,
    level,
  };
}

/** Welch's t test of two means with unequal variances (Welch–Satterthwaite degrees of freedom). */
export function welchT(a: Numbers, b: Numbers, level = 0.95): TTest {
  return welchOfMoments(moments(a), moments(b), level);
}

/** Welch's test from moments, so that merged tiles are enough. */
export function welchOfMoments(a: Moments, b: Moments, level = 0.95): TTest {
  const va = varianceOf(a) / a.n;
  const vb = varianceOf(b) / b.n;
  const df = (va + vb) ** 2 / (va ** 2 / (a.n - 1) + vb ** 2 / (b.n - 1));
  return finish(a.mean - b.mean, Math.sqrt(va + vb), df, level);
}

/** Student's t test of two means with a pooled variance. */
export function pooledT(a: Numbers, b: Numbers, level = 0.95): TTest {
  const first = moments(a);
  const second = moments(b);
  const df = first.n + second.n - 2;
  const variance = (first.m2 + second.m2) / df;
  return finish(first.mean - second.mean, Math.sqrt(variance * (1 / first.n + 1 / second.n)), df, level);
}

/** Paired t test of the mean of differences against zero. */
export function pairedT(differences: Numbers, level = 0.95): TTest {
  const m = moments(differences);
  return finish(m.mean, deviationOf(m) / Math.sqrt(m.n), m.n - 1, level);
}
