/** What an interval says about a margin. */
export type NonInferiority = "non_inferior" | "inferior" | "inconclusive";

/**
 * Judges treatment − control against a margin ≥ 0 in the unit of the metric. When higher is better: *non_inferior* if the whole interval lies
 * above −margin, *inferior* if it lies wholly below; otherwise, and for an interval that is not a number, *inconclusive*.
 */
export function nonInferiority(
  interval: { lower: number; upper: number },
  margin: number,
  better: "higher" | "lower" = "higher",
): NonInferiority {
  if (!(margin >= 0)) throw new RangeError(`margin must be ≥ 0, got ${margin}`);
  const lower = better === "higher" ? interval.lower : -interval.upper;
  const upper = better === "higher" ? interval.upper : -interval.lower;
  if (lower > -margin) return "non_inferior";
  if (upper < -margin) return "inferior";
  return "inconclusive";
}

/** Judges an interval of a ratio (a fairness ratio, a relative quality) against a least value. */
export function atLeast(interval: { lower: number; upper: number }, least: number): "pass" | "fail" | "inconclusive" {
  if (interval.lower >= least) return "pass";
  if (interval.upper < least) return "fail";
  return "inconclusive";
}
