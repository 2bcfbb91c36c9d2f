import type { Output } from "../../data/api.ts";

export type Series = Output<"runs.series">["series"][number];
/** What a curve is drawn over: metric steps, the clock, or the time since the first point. */
export const axes = ["step", "clock", "elapsed"] as const;
export type Axis = (typeof axes)[number];
export const axisWord: Record<Axis, string> = { step: "step", clock: "wall time", elapsed: "relative time" };

/** x of each bucket; the clock in seconds since 1970, elapsed time in seconds since `startMs`. */
export const xOf = (series: Series, axis: Axis, startMs: number): readonly number[] =>
  axis === "step" ? series.step : series.timeMs.map((ms) => (axis === "clock" ? ms : ms - startMs) / 1000);

/** The steps of a part of x: buckets ask for steps, whatever a chart is drawn over. Undefined when no bucket lies in it. */
export function stepsOf(
  all: readonly Series[],
  axis: Axis,
  startMs: number,
  range: { from: number; to: number },
): { from: number; to: number } | undefined {
  if (axis === "step") return { from: Math.floor(range.from), to: Math.ceil(range.to) };
  let from = Infinity;
  let to = -Infinity;
  for (const series of all)
    xOf(series, axis, startMs).forEach((x, i) => {
      if (x < range.from || x > range.to) return;
      from = Math.min(from, series.step[i] ?? from);
      // A bucket goes to where the next one begins.
      to = Math.max(to, series.step[i + 1] ?? series.step[i] ?? to);
    });
  return from <= to ? { from, to } : undefined;
}

type Values = (number | null)[];
export type Joined = { x: number[]; lines: { series: Series; values: Values; low: Values; high: Values }[] };

/** Several curves over the union of their x, empty where one has no bucket. Of two buckets at one x the later counts. */
export function joined(all: readonly Series[], axis: Axis, startMs: number): Joined {
  const xs = all.map((series) => xOf(series, axis, startMs));
  const x = [...new Set(xs.flat())].toSorted((a, b) => a - b);
  const at = new Map(x.map((one, i) => [one, i]));
  const lines = all.map((series, n) => {
    const [values, low, high] = [
      Array<number | null>(x.length).fill(null),
      Array<number | null>(x.length).fill(null),
      Array<number | null>(x.length).fill(null),
    ];
    xs[n]?.forEach((one, i) => {
      const place = at.get(one) ?? 0;
      values[place] = series.last[i] ?? null;
      low[place] = series.min[i] ?? null;
      high[place] = series.max[i] ?? null;
    });
    return { series, values, low, high };
  });
  return { x, lines };
}

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
