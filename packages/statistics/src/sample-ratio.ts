import { chiSquareFit } from "./contingency.ts";
import type { Numbers } from "./numbers.ts";

/** Below this p the arms' sizes are not those that were planned, and results should be hidden. */
export const SAMPLE_RATIO_ALPHA = 0.001;

/**
 * p-value that units fell on arms as planned (Pearson χ²). Arms of weight zero take no part, unless `countEmptyArms` puts them into the degrees of
 * freedom, as one well-known Python engine does. NaN when fewer than two arms take part or nobody was assigned.
 */
export function sampleRatioP(units: Numbers, weights: Numbers, countEmptyArms = false): number {
  if (units.length !== weights.length) throw new RangeError("one weight per arm");
  const arms = Array.from(weights, (weight, i) => ({ weight, units: units[i]! })).filter(({ weight }) => weight > 0);
  const strays = Array.from(units).some((count, i) => count > 0 && !(weights[i]! > 0));
  const kept = countEmptyArms ? Array.from(weights, (weight, i) => ({ weight, units: units[i]! })) : arms;
  if (strays) return 0;
  if (kept.length < 2 || kept.every((arm) => arm.units === 0)) return Number.NaN;
  return chiSquareFit(
    kept.map((arm) => arm.units),
    kept.map((arm) => arm.weight),
  ).p;
}
