import { sequenceHalfWidth, tuningRho } from "./confidence-sequence.ts";
import { normalCdf, normalQuantile } from "./distributions.ts";
import type { Effect, Prior } from "./effect.ts";
import { requireShare } from "./numbers.ts";
import { findRoot } from "./root.ts";

/** Plan of a test of one metric; arms have equal shares. */
export interface TestPlan {
  mean: number;
  /** Per-unit variance. */
  variance: number;
  /** Units in all arms together. */
  units: number;
  arms: number;
  alpha?: number;
  /** When set, a sequential test tuned to this many units is planned. */
  plannedN?: number;
}

/** Variance inflation of a sequential test against a fixed one at n units. */
function inflation(n: number, alpha: number, plannedN: number | undefined): number {
  if (plannedN === undefined) return 1;
  const half = sequenceHalfWidth(n, Math.sqrt(n), tuningRho(plannedN, alpha), alpha);
  return (half / normalQuantile(1 - alpha / 2)) ** 2;
}

/** Chance that a relative lift of this size comes out significant (two-sided, normal). */
export function power(plan: TestPlan, lift: number): number {
  const { mean, units, arms, alpha = 0.05 } = plan;
  requireShare(alpha, "alpha");
  const perArm = units / arms;
  const variance = plan.variance * inflation(2 * perArm, alpha, plan.plannedN);
  const deviation = Math.sqrt((variance / perArm / mean ** 2) * (1 + (1 + lift) ** 2));
  const z = normalQuantile(1 - alpha / 2);
  return normalCdf(lift / deviation - z) + normalCdf(-lift / deviation - z);
}

/** Smallest relative lift that is found with the wanted power; infinite when no lift can be. */
export function minimumDetectableLift(plan: TestPlan, wantedPower = 0.8): number {
  const { mean, units, arms, alpha = 0.05 } = plan;
  requireShare(wantedPower, "power");
  const perArm = units / arms;
  const variance = (plan.variance * inflation(2 * perArm, alpha, plan.plannedN)) / perArm;
  const z = normalQuantile(1 - alpha / 2) - normalQuantile(1 - wantedPower);
  const a = 1 - (z * z * variance) / mean ** 2;
  const c = mean ** 2 - z * z * variance;
  if (a <= 0) return Number.POSITIVE_INFINITY;
  const treated = (2 * Math.abs(mean) + Math.sqrt(4 * mean ** 2 - 4 * a * c)) / (2 * a);
  return (treated - Math.abs(mean)) / Math.abs(mean);
}

/**
 * How many times the present sample must still be added until a true effect of size `target` (on the effect's own scale) is found with the
 * wanted power; 0 when the present sample is enough, infinite beyond a million times.
 */
export function remainingSampleFactor(
  found: Effect,
  target: number,
  options: { power?: number; alpha?: number; plannedN?: number; prior?: Prior } = {},
): number {
  const { power: wanted = 0.8, alpha = 0.05, plannedN, prior } = options;
  const z = normalQuantile(1 - alpha / 2);
  const powerAt = (scale: number): number => {
    const deviation = found.standardError / Math.sqrt(scale);
    if (plannedN !== undefined) {
      const n = found.n * scale;
      const half = sequenceHalfWidth(n, Math.sqrt(n) * deviation, tuningRho(plannedN, alpha), alpha);
      return normalCdf((target - half) / deviation) + normalCdf((-target - half) / deviation);
    }
    const priorPrecision = prior ? 1 / prior.variance : 0;
    const precision = 1 / deviation ** 2 + priorPrecision;
    const pull = (prior?.mean ?? 0) * priorPrecision;
    const cut = (sign: number): number => (sign * z * Math.sqrt(precision) - pull) * deviation ** 2;
    return normalCdf((target - cut(1)) / deviation) + normalCdf((cut(-1) - target) / deviation);
  };
  if (powerAt(1) >= wanted) return 0;
  const limit = 1e6;
  if (powerAt(limit) < wanted) return Number.POSITIVE_INFINITY;
  return findRoot((scale) => powerAt(scale) - wanted, 1, limit, 1e-12) - 1;
}
