import { chiSquareTail } from "./distributions.ts";
import { requireShare, type Numbers } from "./numbers.ts";

export interface PriorShift {
  /** Estimated share of positives among the scored rows. */
  prior: number;
  /** Likelihood-ratio p-value that the share is still the training share. */
  p: number;
  steps: number;
}

/**
 * How the share of positives has moved, from unlabelled scores alone: expectation–maximisation of Saerens, Latinne and Decaestecker (2002).
 * Assumes calibrated scores and unchanged p(x | class).
 */
export function priorShift(scores: Numbers, trainingPrior: number, tolerance = 1e-10): PriorShift {
  requireShare(trainingPrior, "training prior");
  const n = scores.length;
  if (n === 0) return { prior: Number.NaN, p: Number.NaN, steps: 0 };
  let prior = trainingPrior;
  let steps = 0;
  for (; steps < 10_000; steps++) {
    const up = prior / trainingPrior;
    const down = (1 - prior) / (1 - trainingPrior);
    let total = 0;
    for (let i = 0; i < n; i++) {
      const score = scores[i]!;
      total += (up * score) / (up * score + down * (1 - score));
    }
    const next = Math.min(1 - 1e-12, Math.max(1e-12, total / n));
    const moved = Math.abs(next - prior);
    prior = next;
    if (moved < tolerance) break;
  }
  let logRatio = 0;
  for (let i = 0; i < n; i++) {
    const score = scores[i]!;
    logRatio += Math.log((prior / trainingPrior) * score + ((1 - prior) / (1 - trainingPrior)) * (1 - score));
  }
  return { prior, p: chiSquareTail(2 * Math.max(0, logRatio), 1), steps };
}

/** Probability of the positive class after a change of prior, by Bayes' rule. */
export function adjustForPrior(score: number, trainingPrior: number, newPrior: number): number {
  const up = (newPrior / trainingPrior) * score;
  return up / (up + ((1 - newPrior) / (1 - trainingPrior)) * (1 - score));
}

/**
 * Share of positives from the share of positive *decisions* and the reference's true and false positive rates, clipped to [0, 1]
 * (adjusted count; the two-class case of black-box shift estimation). NaN when the decision carries no information.
 */
export function priorFromDecisions(decisionRate: number, truePositiveRate: number, falsePositiveRate: number): number {
  const separation = truePositiveRate - falsePositiveRate;
  if (separation === 0) return Number.NaN;
  return Math.min(1, Math.max(0, (decisionRate - falsePositiveRate) / separation));
}
