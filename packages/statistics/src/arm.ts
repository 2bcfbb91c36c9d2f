import type { Moments } from "./moments.ts";
import { varianceOf } from "./moments.ts";

/** Sums of one metric over n units. Raw squares cancel for large means: prefer `moments`. */
export interface Sums {
  sum: number;
  sumSquares: number;
}

/** Sufficient statistics of one arm of an A/B test; the unit is whatever was assigned (a customer, not a request). */
export type Arm =
  | ({ kind: "mean"; n: number } & Sums)
  | { kind: "moments"; moments: Moments }
  | { kind: "proportion"; n: number; sum: number }
  | { kind: "ratio"; n: number; numerator: Sums; denominator: Sums; sumProducts: number }
  /** A mean adjusted with a covariate from before the test (CUPED). */
  | { kind: "adjusted"; n: number; outcome: Sums; covariate: Sums; sumProducts: number };

/** n, mean and per-unit variance of an arm as the tests need them. */
export interface ArmSummary {
  n: number;
  mean: number;
  /** Mean before adjustment; relative effects divide by the control's. */
  unadjustedMean: number;
  variance: number;
}

/** Sample variance from sums, n − 1 below the line; 0 for n ≤ 1. */
function sampleVariance(n: number, { sum, sumSquares }: Sums): number {
  return n <= 1 ? 0 : (sumSquares - (sum * sum) / n) / (n - 1);
}

function sampleCovariance(n: number, sumA: number, sumB: number, sumProducts: number): number {
  return n <= 1 ? 0 : (sumProducts - (sumA * sumB) / n) / (n - 1);
}

/** Regression slope of the outcome on the covariate over both arms together; 0 when the covariate is constant. */
export function adjustmentSlope(control: Arm, treatment: Arm): number {
  if (control.kind !== "adjusted" || treatment.kind !== "adjusted") return 0;
  const n = control.n + treatment.n;
  const outcome = control.outcome.sum + treatment.outcome.sum;
  const covariate = {
    sum: control.covariate.sum + treatment.covariate.sum,
    sumSquares: control.covariate.sumSquares + treatment.covariate.sumSquares,
  };
  const variance = sampleVariance(n, covariate);
  return variance > 0 ? sampleCovariance(n, outcome, covariate.sum, control.sumProducts + treatment.sumProducts) / variance : 0;
}

/** Variance of outcome and covariate and their covariance in one adjusted arm. */
export function adjustedParts(arm: Extract<Arm, { kind: "adjusted" }>): { outcome: number; covariate: number; covariance: number } {
  return {
    outcome: sampleVariance(arm.n, arm.outcome),
    covariate: sampleVariance(arm.n, arm.covariate),
    covariance: sampleCovariance(arm.n, arm.outcome.sum, arm.covariate.sum, arm.sumProducts),
  };
}

/** Mean and variance of an arm; `slope` is the adjustment of `adjustmentSlope`, used by adjusted arms only. */
export function summarizeArm(arm: Arm, slope = 0): ArmSummary {
  switch (arm.kind) {
    case "moments": {
      const { n, mean } = arm.moments;
      return { n, mean, unadjustedMean: mean, variance: n <= 1 ? 0 : varianceOf(arm.moments) };
    }
    case "mean": {
      const mean = arm.sum / arm.n;
      return { n: arm.n, mean, unadjustedMean: mean, variance: sampleVariance(arm.n, arm) };
    }
    case "proportion": {
      const share = arm.sum / arm.n;
      return { n: arm.n, mean: share, unadjustedMean: share, variance: share * (1 - share) };
    }
    case "ratio": {
      const { n, numerator, denominator } = arm;
      const top = numerator.sum / n;
      const bottom = denominator.sum / n;
      const mean = top / bottom;
      const covariance = sampleCovariance(n, numerator.sum, denominator.sum, arm.sumProducts);
      const variance =
        n <= 1
          ? 0
          : sampleVariance(n, numerator) / bottom ** 2 +
            (sampleVariance(n, denominator) * top ** 2) / bottom ** 4 -
            (2 * covariance * top) / bottom ** 3;
      return { n, mean, unadjustedMean: mean, variance };
    }
    case "adjusted": {
      const outcome = arm.outcome.sum / arm.n;
      const parts = adjustedParts(arm);
      return {
        n: arm.n,
        mean: outcome - slope * (arm.covariate.sum / arm.n),
        unadjustedMean: outcome,
        variance: parts.outcome + slope * slope * parts.covariate - 2 * slope * parts.covariance,
      };
    }
  }
}
