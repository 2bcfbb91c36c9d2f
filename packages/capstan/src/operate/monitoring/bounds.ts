import { deviationOf, moments, predictionInterval, studentTail, upperDistanceBound, upperPredictionBound } from "@capstan/statistics";
import type { Measure } from "./model.ts";

/** What one more window like the reference's should stay within, and how unusual a value is. */
export type Bound = {
  readonly bound: number | null;
  /** Smallest acceptable value of a level. */ readonly lower: number | null;
  readonly p: number;
};

/** Distances have no logarithm at zero. */
const smallest = 1e-9;
const edge = 1e-6;
const logit = (share: number): number =>
  Math.log(Math.min(1 - edge, Math.max(edge, share)) / (1 - Math.min(1 - edge, Math.max(edge, share))));
const expit = (x: number): number => 1 / (1 + Math.exp(-x));
const log = (x: number): number => Math.log(Math.max(x, smallest));
type Scale = { to(x: number): number; from(x: number): number };
const asLog: Scale = { to: log, from: Math.exp };
const asOdds: Scale = { to: logit, from: expit };
const asIs: Scale = { to: (x) => x, from: (x) => x };

/** Shares on log odds, distances and losses on logs, other levels as they are: where weeks scatter about evenly. */
function scaleOf(measure: Measure, values: readonly number[]): Scale {
  if (measure === "distance" || measure === "upper") return asLog;
  return values.every((value) => value >= 0 && value <= 1) ? asOdds : asIs;
}

/** From the other windows' values and the chance of a false alarm that is accepted. Null with fewer than two windows: nothing is known yet. */
export function boundOf(measure: Measure, value: number, others: readonly number[], alpha: number): Bound | null {
  if (others.length < 2) return null;
  const scale = scaleOf(measure, [value, ...others]);
  const scaled = others.map(scale.to);
  const m = moments(scaled);
  const deviation = deviationOf(m);
  const spread = deviation * Math.sqrt(1 + 1 / m.n);
  // Windows that are all alike leave nothing to measure an excess by.
  const z = spread > 0 ? (scale.to(value) - m.mean) / spread : scale.to(value) === m.mean ? 0 : Math.sign(scale.to(value) - m.mean) * 1e3;
  const df = m.n - 1;
  switch (measure) {
    case "distance":
      return { bound: upperDistanceBound(others, alpha, smallest).upper, lower: null, p: studentTail(z, df) };
    case "upper":
      return { bound: scale.from(upperPredictionBound(scaled, alpha).upper), lower: null, p: studentTail(z, df) };
    case "lower":
      return {
        bound: scale.from(
          -upperPredictionBound(
            scaled.map((x) => -x),
            alpha,
          ).upper,
        ),
        lower: null,
        p: studentTail(-z, df),
      };
    case "level": {
      const interval = predictionInterval(scaled, 1 - alpha);
      return { bound: scale.from(interval.upper), lower: scale.from(interval.lower), p: Math.min(1, 2 * studentTail(Math.abs(z), df)) };
    }
  }
}

/** How far outside, in units of the bound; 0 inside. */
export function excessOf(measure: Measure, value: number, { bound, lower }: Bound): number {
  if (bound === null || !Number.isFinite(bound)) return 0;
  if (measure === "lower") return bound > 0 ? Math.max(0, (bound - value) / bound) : 0;
  const above = bound > 0 ? Math.max(0, (value - bound) / bound) : 0;
  return measure === "level" && lower !== null && lower > 0 ? Math.max(above, (lower - value) / lower) : above;
}
