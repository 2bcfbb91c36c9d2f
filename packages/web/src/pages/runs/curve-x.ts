import type { Output } from "../../data/api.ts";

export type Series = Output<"runs.series">["series"][number];
/** What a curve is drawn over: metric steps, the clock, or the time since the first point. */
export const axes = ["step", "clock", "elapsed"] as const;
export type Axis = (typeof axes)[number];
export const axisWord: Record<Axis, string> = { step: "step", clock: "wall time", elapsed: "relative time" };

type Values = (number | null)[];

/** Exponential mean of what came before, corrected for its start; gaps stay gaps. `share` of the past, below 1. */
export function smoothed(values: readonly (number | null)[], share: number): Values {
  let mean = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    mean = mean * share + (1 - share) * value;
    weight = weight * share + (1 - share);
    return mean / weight;
  });
}
