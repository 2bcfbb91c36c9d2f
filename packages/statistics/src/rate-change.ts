import { requireSameLength, type Numbers } from "./numbers.ts";

/** How much of the change of an overall rate one slice explains. */
export interface SliceChange {
  /** From the slice's share of rows having changed. */
  mix: number;
  /** From the rate inside the slice having changed. */
  rate: number;
}

/**
 * Splits the change of Σ weight·rate between two windows over slices (symmetric Oaxaca form, equal to the Shapley value of two factors):
 * mix = Δweight · mean rate, rate = Δrate · mean weight. The parts add up to the whole change exactly.
 */
export function rateChange(
  weightsBefore: Numbers,
  ratesBefore: Numbers,
  weightsAfter: Numbers,
  ratesAfter: Numbers,
): { total: number; slices: SliceChange[] } {
  const n = requireSameLength(weightsBefore, weightsAfter, "weights");
  requireSameLength(ratesBefore, ratesAfter, "rates");
  requireSameLength(weightsBefore, ratesBefore, "weights and rates");
  const slices: SliceChange[] = [];
  let total = 0;
  for (let i = 0; i < n; i++) {
    const mix = ((weightsAfter[i]! - weightsBefore[i]!) * (ratesAfter[i]! + ratesBefore[i]!)) / 2;
    const rate = ((ratesAfter[i]! - ratesBefore[i]!) * (weightsAfter[i]! + weightsBefore[i]!)) / 2;
    slices.push({ mix, rate });
    total += mix + rate;
  }
  return { total, slices };
}
