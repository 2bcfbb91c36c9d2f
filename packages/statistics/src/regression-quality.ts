import { mean, requireSameLength, type Numbers } from "./numbers.ts";
import { median } from "./order.ts";

export interface RegressionQuality {
  n: number;
  /** Units of the target, except mse (squared), r2, explainedVariance and mape (shares). */
  mae: number;
  mse: number;
  rmse: number;
  medianAbsoluteError: number;
  maxError: number;
  /** mean(prediction − truth): the sign says over (+) or under (−). */
  meanError: number;
  r2: number;
  explainedVariance: number;
  /** Mean |error| / |truth| as a fraction, not a percentage. */
  mape: number;
}

/** Usual errors of predictions. r2 and explainedVariance are NaN for a constant truth. */
export function regressionQuality(truth: Numbers, prediction: Numbers): RegressionQuality {
  const n = requireSameLength(truth, prediction, "truth and prediction");
  const error = Float64Array.from({ length: n }, (_, i) => prediction[i]! - truth[i]!);
  const absolute = error.map(Math.abs);
  const centre = mean(truth);
  const meanError = mean(error);
  const mse = mean(error.map((value) => value * value));
  const spread = mean(Float64Array.from(truth, (value) => (value - centre) ** 2));
  const errorSpread = mean(error.map((value) => (value - meanError) ** 2));
  return {
    n,
    mae: mean(absolute),
    mse,
    rmse: Math.sqrt(mse),
    medianAbsoluteError: n === 0 ? Number.NaN : median(absolute),
    maxError: absolute.reduce((most, value) => Math.max(most, value), 0),
    meanError,
    r2: spread === 0 ? Number.NaN : 1 - mse / spread,
    explainedVariance: spread === 0 ? Number.NaN : 1 - errorSpread / spread,
    mape: mean(absolute.map((value, i) => value / Math.max(Math.abs(truth[i]!), Number.EPSILON))),
  };
}

/** Mean pinball loss of a predicted quantile; `share` 0.9 punishes predictions that are too low nine times as much. */
export function pinballLoss(truth: Numbers, prediction: Numbers, share: number): number {
  const n = requireSameLength(truth, prediction, "truth and prediction");
  let total = 0;
  for (let i = 0; i < n; i++) {
    const gap = truth[i]! - prediction[i]!;
    total += gap >= 0 ? share * gap : (share - 1) * gap;
  }
  return total / n;
}

/** Share of truths inside [lower, upper]: what an interval forecast promised. */
export function intervalCoverage(truth: Numbers, lower: Numbers, upper: Numbers): number {
  const n = requireSameLength(lower, upper, "lower and upper");
  requireSameLength(truth, lower, "truth and interval");
  let inside = 0;
  for (let i = 0; i < n; i++) if (truth[i]! >= lower[i]! && truth[i]! <= upper[i]!) inside++;
  return inside / n;
}
