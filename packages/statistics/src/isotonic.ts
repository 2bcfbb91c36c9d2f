import { requireSameLength, type Numbers } from "./numbers.ts";
import { argsort } from "./order.ts";

/** A non-decreasing step-wise linear map from score to probability, fitted by least squares. Plain JSON. */
export interface IsotonicFit {
  /** Ascending scores and their fitted values. */
  scores: number[];
  values: number[];
}

/** Pool-adjacent-violators fit of values that should not fall: the non-decreasing sequence nearest in weighted squares. */
export function isotonic(values: Numbers, weights?: Numbers): Float64Array {
  const n = values.length;
  const level: number[] = [];
  const weight: number[] = [];
  const size: number[] = [];
  for (let i = 0; i < n; i++) {
    level.push(values[i]!);
    weight.push(weights?.[i] ?? 1);
    size.push(1);
    while (level.length > 1 && level.at(-2)! >= level.at(-1)!) {
      const top = { level: level.pop()!, weight: weight.pop()!, size: size.pop()! };
      const k = level.length - 1;
      level[k] = (level[k]! * weight[k]! + top.level * top.weight) / (weight[k]! + top.weight);
      weight[k] = weight[k]! + top.weight;
      size[k] = size[k]! + top.size;
    }
  }
  const fitted = new Float64Array(n);
  let at = 0;
  for (let k = 0; k < level.length; k++) {
    fitted.fill(level[k]!, at, at + size[k]!);
    at += size[k]!;
  }
  return fitted;
}

/** Calibrates scores to 0/1 labels; rows of equal score are one point. */
export function fitIsotonic(scores: Numbers, labels: Numbers): IsotonicFit {
  requireSameLength(scores, labels, "scores and labels");
  const order = argsort(scores);
  const points: number[] = [];
  const rates: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < order.length; i++) {
    const score = scores[order[i]!]!;
    const label = labels[order[i]!]!;
    const k = points.length - 1;
    if (k >= 0 && points[k] === score) {
      counts[k] = counts[k]! + 1;
      rates[k] = rates[k]! + (label - rates[k]!) / counts[k]!;
    } else {
      points.push(score);
      rates.push(label);
      counts.push(1);
    }
  }
  return { scores: points, values: Array.from(isotonic(rates, counts)) };
}

/** Calibrated probability of a score: linear between fitted points, constant outside. */
export function calibrated(fit: IsotonicFit, score: number): number {
  const { scores, values } = fit;
  let low = 0;
  let high = scores.length - 1;
  if (high < 0) return Number.NaN;
  if (score <= scores[0]!) return values[0]!;
  if (score >= scores[high]!) return values[high]!;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (scores[middle]! <= score) low = middle;
    else high = middle;
  }
  return values[low]! + ((values[high]! - values[low]!) * (score - scores[low]!)) / (scores[high]! - scores[low]!);
}
