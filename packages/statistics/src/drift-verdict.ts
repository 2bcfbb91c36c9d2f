import { chiSquareQuantile, chiSquareTail } from "./distributions.ts";
import type { DriftDistance } from "./drift.ts";
import { requireShare } from "./numbers.ts";
import { findRoot } from "./root.ts";

export type DriftVerdict = "ok" | "warn" | "drift" | "insufficient";

export interface DriftThresholds {
  /** Largest p (or q, when many columns are judged together) that counts as evidence. */
  alpha: number;
  /** Excess over the noise floor that is worth a warning, and that is drift. */
  warn: number;
  drift: number;
}

/** Usual thresholds for distances (JS, Hellinger, TVD, normed Wasserstein, KS). */
export const DISTANCE_THRESHOLDS: DriftThresholds = { alpha: 0.05, warn: 0.1, drift: 0.2 };
/** Usual thresholds for PSI. */
export const PSI_THRESHOLDS: DriftThresholds = { alpha: 0.05, warn: 0.1, drift: 0.25 };

/**
 * Judges a distance: both small p and large excess are needed. `q` is the p-value after correction for the columns judged together.
 * `insufficient` when nothing was found but `neededRows` says that so few rows could not have shown it.
 */
export function driftVerdict(distance: DriftDistance, q: number, thresholds: DriftThresholds, neededRows = 0): DriftVerdict {
  if (Number.isNaN(distance.statistic)) return "insufficient";
  const found = q <= thresholds.alpha;
  if (found && distance.excess >= thresholds.drift) return "drift";
  if (found && distance.excess >= thresholds.warn) return "warn";
  return distance.nCurrent < neededRows ? "insufficient" : "ok";
}

/**
 * Rows that the current side needs for a χ² test over `bins` to find a shift of the given PSI with the wanted power, against a reference of
 * `nReference` rows. Infinite when the reference itself is too small.
 */
export function rowsForPsi(psi: number, bins: number, nReference: number, power = 0.8, alpha = 0.05): number {
  requireShare(power, "power");
  const df = bins - 1;
  const critical = chiSquareQuantile(1 - alpha, df);
  let high = 1;
  while (noncentralTail(critical, df, high) < power) high *= 2;
  const noncentrality = findRoot((lambda) => noncentralTail(critical, df, lambda) - power, 0, high, 1e-9);
  const inverse = psi / noncentrality - 1 / nReference;
  return inverse <= 0 ? Number.POSITIVE_INFINITY : Math.ceil(1 / inverse);
}

/** P(X > x) for a non-central χ²: a Poisson mixture of central ones. */
export function noncentralTail(x: number, df: number, noncentrality: number): number {
  const half = noncentrality / 2;
  let weight = Math.exp(-half);
  let total = weight * chiSquareTail(x, df);
  let used = weight;
  for (let k = 1; k < 10_000 && used < 1 - 1e-13; k++) {
    weight *= half / k;
    used += weight;
    total += weight * chiSquareTail(x, df + 2 * k);
    if (weight < 1e-17 && k > half) break;
  }
  return total;
}
