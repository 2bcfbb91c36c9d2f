import { decisionQuality, type Confusion, type DecisionQuality } from "./confusion.ts";
import { requireSameLength, type Numbers } from "./numbers.ts";
import { argsort } from "./order.ts";

/** Quality that calibrated probabilities promise before labels arrive. */
export interface EstimatedQuality extends DecisionQuality {
  confusion: Confusion;
  auc: number;
  averagePrecision: number;
  /** Standard error of the accuracy from the labels' own randomness, given that the probabilities are right. */
  accuracyError: number;
}

/**
 * Confidence-based estimate (CBPE) from calibrated probabilities and the 0/1 decisions taken: every row counts as positive to the extent of its
 * probability. Holds while P(label | features) is unchanged; a concept drift is invisible to it.
 */
export function estimatedQuality(probabilities: Numbers, decisions: Numbers, scores: Numbers = probabilities): EstimatedQuality {
  const n = requireSameLength(probabilities, decisions, "probabilities and decisions");
  requireSameLength(probabilities, scores, "probabilities and scores");
  const confusion: Confusion = { tp: 0, fp: 0, fn: 0, tn: 0 };
  let spread = 0;
  for (let i = 0; i < n; i++) {
    const chance = probabilities[i]!;
    if (!(chance >= 0 && chance <= 1)) throw new RangeError(`probability of row ${i} is ${chance}`);
    spread += chance * (1 - chance);
    if (decisions[i] === 1) {
      confusion.tp += chance;
      confusion.fp += 1 - chance;
    } else {
      confusion.fn += chance;
      confusion.tn += 1 - chance;
    }
  }
  return { ...decisionQuality(confusion), confusion, ...estimatedRanking(probabilities, scores), accuracyError: Math.sqrt(spread) / n };
}

/** Expected AUC and average precision with rows ranked by raw score; equal scores are one step. NaN when a class is certainly absent. */
function estimatedRanking(probabilities: Numbers, scores: Numbers): { auc: number; averagePrecision: number } {
  const order = argsort(scores);
  let positives = 0;
  for (let i = 0; i < order.length; i++) positives += probabilities[i]!;
  const negatives = order.length - positives;
  let hits = 0;
  let misses = 0;
  let area = 0;
  let precisionArea = 0;
  for (let i = order.length - 1; i >= 0;) {
    const score = scores[order[i]!]!;
    let up = 0;
    let across = 0;
    for (; i >= 0 && scores[order[i]!] === score; i--) {
      up += probabilities[order[i]!]!;
      across += 1 - probabilities[order[i]!]!;
    }
    area += across * (hits + up / 2);
    hits += up;
    misses += across;
    precisionArea += (up * hits) / (hits + misses);
  }
  return { auc: area / (positives * negatives), averagePrecision: precisionArea / positives };
}
