import { requireSameLength, type Numbers } from "./numbers.ts";

/** Counts of decisions against truth. */
export interface Confusion {
  tp: number;
  fp: number;
  fn: number;
  tn: number;
}

/** Counts 0/1 decisions against 0/1 labels. */
export function confusion(labels: Numbers, decisions: Numbers): Confusion {
  const n = requireSameLength(labels, decisions, "labels and decisions");
  const counts: Confusion = { tp: 0, fp: 0, fn: 0, tn: 0 };
  for (let i = 0; i < n; i++) {
    if (decisions[i] === 1) {
      if (labels[i] === 1) counts.tp++;
      else counts.fp++;
    } else if (labels[i] === 1) counts.fn++;
    else counts.tn++;
  }
  return counts;
}

/** Counts for decisions score ≥ threshold. */
export function confusionAt(labels: Numbers, scores: Numbers, threshold: number): Confusion {
  return confusion(
    labels,
    Float64Array.from(scores, (score) => Number(score >= threshold)),
  );
}

export interface DecisionQuality {
  accuracy: number;
  /** Mean of recall and specificity. */
  balancedAccuracy: number;
  precision: number;
  recall: number;
  specificity: number;
  falsePositiveRate: number;
  falseNegativeRate: number;
  selectionRate: number;
  f1: number;
  f2: number;
  /** Matthews correlation, −1..1. */
  mcc: number;
  /** Agreement beyond chance (Cohen). */
  kappa: number;
}

/** Every usual share of a confusion table. A share of nothing is 0 for precision, F and MCC (as scikit-learn does) and NaN for a missing class. */
export function decisionQuality({ tp, fp, fn, tn }: Confusion): DecisionQuality {
  const n = tp + fp + fn + tn;
  const recall = tp / (tp + fn);
  const specificity = tn / (tn + fp);
  const accuracy = (tp + tn) / n;
  const chance = ((tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)) / (n * n);
  const product = Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn);
  return {
    accuracy,
    balancedAccuracy: (recall + specificity) / 2,
    precision: orZero(tp, tp + fp),
    recall,
    specificity,
    falsePositiveRate: 1 - specificity,
    falseNegativeRate: 1 - recall,
    selectionRate: (tp + fp) / n,
    f1: fScore({ tp, fp, fn, tn }, 1),
    f2: fScore({ tp, fp, fn, tn }, 2),
    mcc: orZero(tp * tn - fp * fn, product),
    kappa: (accuracy - chance) / (1 - chance),
  };
}

/** F-β: recall counts β times as much as precision. */
export function fScore({ tp, fp, fn }: Confusion, beta: number): number {
  const weight = beta * beta;
  return orZero((1 + weight) * tp, (1 + weight) * tp + weight * fn + fp);
}

/** Worth of the decisions when each outcome has a value in one unit (money, minutes). */
export function decisionValue(counts: Confusion, values: Confusion): number {
  return counts.tp * values.tp + counts.fp * values.fp + counts.fn * values.fn + counts.tn * values.tn;
}

function orZero(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
