import type { Arm } from "./arm.ts";
import { normalQuantile } from "./distributions.ts";

/** A sample quantile with its 95 % order-statistic interval, as a query engine can return it for millions of rows. */
export interface SampleQuantile {
  n: number;
  value: number;
  lower: number;
  upper: number;
}

const Z95 = normalQuantile(0.975);

/** Smallest n for which the order-statistic interval of the `share` quantile stays inside the sample. */
export function quantileNeeds(share: number): number {
  return Z95 * Z95 * Math.max(share / (1 - share), (1 - share) / share);
}

/**
 * The quantile as an arm for `effect`: per-unit variance (n − 1)·((upper − lower)/(2·1.96))². Nothing is returned when n is too small or the
 * bounds have collapsed, because then the spread is unknown.
 */
export function findQuantileArm(quantile: SampleQuantile, share: number): Arm | undefined {
  const { n, value, lower, upper } = quantile;
  if (n <= quantileNeeds(share) || !(upper > lower)) return undefined;
  const variance = Math.max((n - 1) * ((upper - lower) / (2 * Z95)) ** 2, 1e-5);
  return { kind: "moments", moments: { n, mean: value, m2: variance * (n - 1), m3: 0, m4: 0, min: lower, max: upper } };
}
