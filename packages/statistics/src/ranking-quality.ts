import { scoresByClass } from "./binary.ts";
import { ksOfSorted } from "./kolmogorov-smirnov.ts";
import { requireSameLength, type Numbers } from "./numbers.ts";
import { argsort } from "./order.ts";

/** One point of a precision–recall curve; `threshold` is the smallest score that is selected. */
export interface PrecisionRecallPoint {
  threshold: number;
  precision: number;
  recall: number;
}

/** Precision and recall at every distinct score, from the highest score down. Equal scores are one point. */
export function precisionRecallCurve(labels: Numbers, scores: Numbers): PrecisionRecallPoint[] {
  const n = requireSameLength(labels, scores, "labels and scores");
  const order = argsort(scores);
  let positives = 0;
  for (let i = 0; i < n; i++) positives += labels[i]!;
  const curve: PrecisionRecallPoint[] = [];
  let hits = 0;
  for (let i = n - 1; i >= 0; i--) {
    const score = scores[order[i]!]!;
    hits += labels[order[i]!]!;
    if (i === 0 || scores[order[i - 1]!] !== score) curve.push({ threshold: score, precision: hits / (n - i), recall: hits / positives });
  }
  return curve;
}

/** Average precision Σ(R_k − R_{k−1})·P_k: no interpolation. NaN without positives. */
export function averagePrecision(labels: Numbers, scores: Numbers): number {
  let previous = 0;
  let total = 0;
  for (const { precision, recall } of precisionRecallCurve(labels, scores)) {
    total += (recall - previous) * precision;
    previous = recall;
  }
  return total;
}

/** Area under the precision–recall curve by trapezoids, starting at recall 0, precision 1. Optimistic; average precision is the better summary. */
export function precisionRecallArea(labels: Numbers, scores: Numbers): number {
  let from = { recall: 0, precision: 1 };
  let total = 0;
  for (const point of precisionRecallCurve(labels, scores)) {
    total += ((point.recall - from.recall) * (point.precision + from.precision)) / 2;
    from = point;
  }
  return total;
}

/** Largest gap between true and false positive rate over all thresholds (the KS distance of the two classes' scores). */
export function ksSeparation(labels: Numbers, scores: Numbers): number {
  const { positive, negative } = scoresByClass(labels, scores);
  return ksOfSorted(positive, negative).statistic;
}
