import { adjustedParts, adjustmentSlope, summarizeArm, type Arm } from "./arm.ts";
import { normalCdf, normalDensity, normalQuantile, studentQuantile, studentTail } from "./distributions.ts";
import type { Alternative } from "./mann-whitney.ts";
import { requireShare } from "./numbers.ts";
import { alwaysValidP, sequenceHalfWidth, tuningRho } from "./confidence-sequence.ts";

/** `absolute`: treatment − control in the metric's unit. `relative`: that divided by |control|. */
export type EffectScale = "absolute" | "relative";

/** Estimated effect of a treatment. When `undefinedBecause` is set the other numbers are zeros and must not be read as "no effect". */
export interface Effect {
  scale: EffectScale;
  estimate: number;
  standardError: number;
  /** Welch–Satterthwaite degrees of freedom. */
  df: number;
  /** Units in both arms. */
  n: number;
  /** Control mean before any adjustment. */
  baseline: number;
  undefinedBecause?: "zero_variance" | "zero_baseline" | "no_units";
}

export interface EffectTest {
  estimate: number;
  standardError: number;
  lower: number;
  upper: number;
  p: number;
  undefinedBecause?: NonNullable<Effect["undefinedBecause"]>;
}

/** Effect of treatment against control by the delta method. */
export function effect(control: Arm, treatment: Arm, scale: EffectScale = "relative"): Effect {
  const slope = adjustmentSlope(control, treatment);
  const a = summarizeArm(control, slope);
  const b = summarizeArm(treatment, slope);
  const nothing = (undefinedBecause: NonNullable<Effect["undefinedBecause"]>): Effect => {
    return { scale, estimate: 0, standardError: 0, df: 0, n: a.n + b.n, baseline: a.unadjustedMean, undefinedBecause };
  };
  if (!(a.n > 0 && b.n > 0)) return nothing("no_units");
  if (!(a.variance > 0) || !(b.variance > 0)) return nothing("zero_variance");
  if (scale === "relative" && a.unadjustedMean === 0) return nothing("zero_baseline");
  const va = a.variance / a.n;
  const vb = b.variance / b.n;
  const df = (va + vb) ** 2 / (va ** 2 / (a.n - 1) + vb ** 2 / (b.n - 1));
  const known = { scale, df, n: a.n + b.n, baseline: a.unadjustedMean };
  if (scale === "absolute") return { ...known, estimate: b.mean - a.mean, standardError: Math.sqrt(va + vb) };
  const base = a.unadjustedMean;
  const variance =
    control.kind === "adjusted" && treatment.kind === "adjusted"
      ? vb / base ** 2 + adjustedControlVariance(control, treatment.outcome.sum / treatment.n, slope)
      : vb / base ** 2 + (va * b.mean ** 2) / base ** 4;
  return { ...known, estimate: (b.mean - a.mean) / Math.abs(base), standardError: Math.sqrt(variance) };
}

/** Control's part of the variance of a relative adjusted effect: its outcome is in the numerator and below the line. */
function adjustedControlVariance(control: Extract<Arm, { kind: "adjusted" }>, treated: number, slope: number): number {
  const base = control.outcome.sum / control.n;
  const { outcome, covariate, covariance } = adjustedParts(control);
  const ratio = treated / base;
  return (outcome * ratio ** 2 - 2 * slope * covariance * ratio + slope ** 2 * covariate) / (control.n * base ** 2);
}

function finished(found: Effect, half: number, p: number, alternative: Alternative): EffectTest {
  const { estimate, standardError, undefinedBecause } = found;
  if (undefinedBecause) return { estimate: 0, standardError: 0, lower: 0, upper: 0, p: 1, undefinedBecause };
  const lower = alternative === "less" ? Number.NEGATIVE_INFINITY : estimate - half;
  const upper = alternative === "greater" ? Number.POSITIVE_INFINITY : estimate + half;
  return { estimate, standardError, lower, upper, p };
}

/** Welch t test at a fixed sample size: valid once, at the planned end. */
export function fixedTest(found: Effect, alpha = 0.05, alternative: Alternative = "two_sided"): EffectTest {
  requireShare(alpha, "alpha");
  const t = found.estimate / found.standardError;
  const tail = alternative === "two_sided" ? alpha / 2 : alpha;
  const p =
    alternative === "two_sided" ? 2 * studentTail(Math.abs(t), found.df) : studentTail(alternative === "greater" ? t : -t, found.df);
  return finished(found, studentQuantile(1 - tail, found.df) * found.standardError, p, alternative);
}

/** Sequential test: interval and p stay valid however often they are looked at. Tightest near `plannedN` units in all (asymptotic). */
export function sequentialTest(found: Effect, plannedN = 5000, alpha = 0.05, alternative: Alternative = "two_sided"): EffectTest {
  requireShare(alpha, "alpha");
  const deviation = Math.sqrt(found.n) * found.standardError;
  if (alternative === "two_sided") {
    const rho = tuningRho(plannedN, alpha);
    return finished(
      found,
      sequenceHalfWidth(found.n, deviation, rho, alpha),
      alwaysValidP(found.n, found.estimate, found.standardError, rho),
      alternative,
    );
  }
  const rho = tuningRho(plannedN, 2 * alpha);
  const towards = alternative === "greater" ? found.estimate : -found.estimate;
  return finished(found, oneSidedHalfWidth(found.n, deviation, rho, alpha), oneSidedP(found.n, towards, deviation, rho), alternative);
}

/** One-sided half-width (arXiv 2103.06476, eq. 134). */
function oneSidedHalfWidth(n: number, deviation: number, rho: number, alpha: number): number {
  const grown = n * rho * rho + 1;
  return deviation * Math.sqrt(((2 * grown) / (n * rho) ** 2) * Math.log(1 + Math.sqrt(grown) / (2 * alpha)));
}

/** The level at which that half-width equals the estimate, ρ kept: the only choice for which p stays valid at every look. */
function oneSidedP(n: number, estimate: number, deviation: number, rho: number): number {
  if (!(estimate > 0)) return 1;
  const grown = n * rho * rho + 1;
  return Math.min(1, Math.sqrt(grown) / (2 * Math.expm1((estimate * n * rho) ** 2 / (2 * deviation ** 2 * grown))));
}

/** Normal prior of an effect. */
export interface Prior {
  mean: number;
  variance: number;
  /** Scale the prior was stated on; it is converted with the control's mean. */
  scale: EffectScale;
}

export interface BayesianEffect {
  estimate: number;
  standardError: number;
  lower: number;
  upper: number;
  /** P(treatment is better), higher being better. */
  chanceToWin: number;
  /** Expected loss of staying with control, and of choosing treatment, in the effect's unit. */
  controlLoss: number;
  treatmentLoss: number;
  undefinedBecause?: NonNullable<Effect["undefinedBecause"]>;
}

/** Normal posterior of the effect; without a prior it is flat. */
export function bayesianEffect(found: Effect, prior?: Prior, alpha = 0.05): BayesianEffect {
  requireShare(alpha, "alpha");
  if (found.undefinedBecause) {
    const { undefinedBecause } = found;
    return { estimate: 0, standardError: 0, lower: 0, upper: 0, chanceToWin: 0.5, controlLoss: 0, treatmentLoss: 0, undefinedBecause };
  }
  let mean = found.estimate;
  let variance = found.standardError ** 2;
  if (prior) {
    const size = Math.abs(found.baseline);
    const factor = prior.scale === found.scale ? 1 : found.scale === "absolute" ? size : 1 / size;
    const precision = 1 / variance + 1 / (prior.variance * factor * factor);
    mean = (mean / variance + (prior.mean * factor) / (prior.variance * factor * factor)) / precision;
    variance = 1 / precision;
  }
  const deviation = Math.sqrt(variance);
  const half = normalQuantile(1 - alpha / 2) * deviation;
  return {
    estimate: mean,
    standardError: deviation,
    lower: mean - half,
    upper: mean + half,
    chanceToWin: normalCdf(mean / deviation),
    controlLoss: expectedLoss(-mean, deviation),
    treatmentLoss: expectedLoss(mean, deviation),
  };
}

/** E[max(−X, 0)] for X ~ N(mean, deviation²): what choosing the treatment costs where it is in truth worse. */
export function expectedLoss(mean: number, deviation: number): number {
  const z = mean / deviation;
  if (z > 37) return 0;
  if (z < -37) return -mean;
  return deviation * normalDensity(z) - mean * normalCdf(-z);
}
