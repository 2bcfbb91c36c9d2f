import { scoresByClass } from "./binary.ts";
import { normalQuantile, normalTail } from "./distributions.ts";
import { lowerBound, requireShare, upperBound, type Interval, type Numbers } from "./numbers.ts";

/** Area under the ROC curve with its standard error. `scale` says how the interval was built. */
export interface AucInterval extends Interval {
  auc: number;
  standardError: number;
  positives: number;
  negatives: number;
  scale: "logit" | "exact";
}

/** Two scores of the same rows compared; `difference` is second minus first. */
export interface AucDifference extends Interval {
  first: number;
  second: number;
  difference: number;
  standardError: number;
  z: number;
  /** Two-sided. */
  p: number;
}

/**
 * P(score of a random positive > score of a random negative), ties counting one half. NaN when a class is missing.
 * Two native sorts and one merge: O(n log n).
 */
export function auc(labels: Numbers, scores: Numbers): number {
  const { positive, negative } = scoresByClass(labels, scores);
  return aucOfSorted(positive, negative);
}

function aucOfSorted(positive: Float64Array, negative: Float64Array): number {
  let below = 0;
  let notAbove = 0;
  let wins = 0;
  const n = negative.length;
  for (let i = 0; i < positive.length; i++) {
    const score = positive[i]!;
    while (below < n && negative[below]! < score) below++;
    if (notAbove < below) notAbove = below;
    while (notAbove < n && negative[notAbove]! <= score) notAbove++;
    wins += below + notAbove;
  }
  return wins / (2 * positive.length * n);
}

/** Share of `ascending` below x, with ties half: the placement of one score among the other class. */
function placement(ascending: Float64Array, x: number): number {
  return (lowerBound(ascending, x) + upperBound(ascending, x)) / (2 * ascending.length);
}

function variance(values: Float64Array): number {
  return covariance(values, values);
}

function covariance(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  let meanA = 0;
  let meanB = 0;
  for (let i = 0; i < n; i++) {
    meanA += a[i]! / n;
    meanB += b[i]! / n;
  }
  let total = 0;
  for (let i = 0; i < n; i++) total += (a[i]! - meanA) * (b[i]! - meanB);
  return total / (n - 1);
}

/**
 * AUC with a confidence interval after DeLong, DeLong and Clarke-Pearson (1988), built on the logit scale so that it stays in (0, 1).
 * Perfect separation has no variance to estimate: the exact binomial bound for min(positives, negatives) independent pairs is given instead.
 */
export function aucInterval(labels: Numbers, scores: Numbers, level = 0.95): AucInterval {
  requireShare(level, "level");
  const { positive, negative } = scoresByClass(labels, scores);
  const positives = positive.length;
  const negatives = negative.length;
  const value = aucOfSorted(positive, negative);
  const overPositives = positive.map((score) => placement(negative, score));
  const overNegatives = negative.map((score) => 1 - placement(positive, score));
  const standardError = Math.sqrt(variance(overPositives) / positives + variance(overNegatives) / negatives);
  const known = { auc: value, standardError, positives, negatives, level };
  if (value === 0 || value === 1) {
    const bound = Math.pow((1 - level) / 2, 1 / Math.min(positives, negatives));
    return { ...known, scale: "exact", lower: value === 1 ? bound : 0, upper: value === 1 ? 1 : 1 - bound };
  }
  const half = (normalQuantile((1 + level) / 2) * standardError) / (value * (1 - value));
  const centre = Math.log(value / (1 - value));
  return { ...known, scale: "logit", lower: 1 / (1 + Math.exp(half - centre)), upper: 1 / (1 + Math.exp(-half - centre)) };
}

/** DeLong's paired test: do two scores of the same rows differ in AUC? The interval is that of second − first. */
export function aucDifference(labels: Numbers, first: Numbers, second: Numbers, level = 0.95): AucDifference {
  requireShare(level, "level");
  const a = placements(labels, first);
  const b = placements(labels, second);
  const positives = a.positive.length;
  const negatives = a.negative.length;
  const gapPositive = a.positive.map((value, i) => b.positive[i]! - value);
  const gapNegative = a.negative.map((value, i) => b.negative[i]! - value);
  const standardError = Math.sqrt(variance(gapPositive) / positives + variance(gapNegative) / negatives);
  const difference = b.auc - a.auc;
  const z = difference === 0 ? 0 : difference / standardError;
  const half = normalQuantile((1 + level) / 2) * standardError;
  return {
    first: a.auc,
    second: b.auc,
    difference,
    standardError,
    z,
    p: 2 * normalTail(Math.abs(z)),
    lower: difference - half,
    upper: difference + half,
    level,
  };
}

/** Structural components in row order: for each positive its placement among the negatives, and the reverse. */
function placements(labels: Numbers, scores: Numbers): { auc: number; positive: Float64Array; negative: Float64Array } {
  const ascending = scoresByClass(labels, scores);
  const positive = new Float64Array(ascending.positive.length);
  const negative = new Float64Array(ascending.negative.length);
  let p = 0;
  let q = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 1) positive[p++] = placement(ascending.negative, scores[i]!);
    else negative[q++] = 1 - placement(ascending.positive, scores[i]!);
  }
  return { auc: aucOfSorted(ascending.positive, ascending.negative), positive, negative };
}
