import type { Axis, Series } from "../curve-x.ts";

export type Gridded = {
  /** Ascending; at most one per pixel. */ x: number[];
  lines: { series: Series; values: (number | null)[]; low: (number | null)[]; high: (number | null)[] }[];
};

/** x of a bucket: its step, the clock in seconds since 1970, or seconds since its run began. */
export const xAt = (series: Series, i: number, axis: Axis, startMs: number): number =>
  axis === "step" ? (series.step[i] ?? 0) : ((series.timeMs[i] ?? 0) - (axis === "clock" ? 0 : startMs)) / 1000;

/**
 * Curves of many runs over one x of at most `pixels` places: buckets that fall on one pixel are one point with its last value and the least and
 * greatest of all. Nothing moves by more than a pixel.
 */
export function gridded(
  all: readonly Series[],
  axis: Axis,
  startOf: (run: string) => number,
  pixels: number,
  range: { from: number; to: number } | null,
): Gridded {
  let [least, most] = [Infinity, -Infinity];
  for (const series of all)
    for (let i = 0; i < series.step.length; i++) {
      const x = xAt(series, i, axis, startOf(series.run));
      if (range && (x < range.from || x > range.to)) continue;
      if (x < least) least = x;
      if (x > most) most = x;
    }
  if (least > most) return { x: [], lines: [] };
  const width = (most - least) / Math.max(1, pixels - 1) || 1;
  const columnOf = (x: number): number => Math.round((x - least) / width);
  const placed = new Map<number, number>();
  for (const series of all)
    for (let i = 0; i < series.step.length; i++) {
      const x = xAt(series, i, axis, startOf(series.run));
      if (x < least || x > most) continue;
      const column = columnOf(x);
      // The first x of a pixel stands for it, so that few points keep their exact place.
      if (!placed.has(column)) placed.set(column, x);
    }
  const columns = [...placed.keys()].toSorted((a, b) => a - b);
  const at = new Map(columns.map((column, i) => [column, i]));
  const empty = (): (number | null)[] => Array<number | null>(columns.length).fill(null);
  return {
    x: columns.map((column) => placed.get(column) ?? 0),
    lines: all.map((series) => {
      const line = { series, values: empty(), low: empty(), high: empty() };
      for (let i = 0; i < series.step.length; i++) {
        const x = xAt(series, i, axis, startOf(series.run));
        if (x < least || x > most) continue;
        const place = at.get(columnOf(x)) ?? 0;
        const [low, high] = [series.min[i] ?? null, series.max[i] ?? null];
        line.values[place] = series.last[i] ?? line.values[place] ?? null;
        const [lowest, highest] = [line.low[place] ?? null, line.high[place] ?? null];
        if (low !== null) line.low[place] = lowest === null ? low : Math.min(lowest, low);
        if (high !== null) line.high[place] = highest === null ? high : Math.max(highest, high);
      }
      return line;
    }),
  };
}

/** The steps that a part of x spans over all curves; undefined when it holds none. */
export function stepsWithin(
  all: readonly Series[],
  axis: Axis,
  startOf: (run: string) => number,
  range: { from: number; to: number },
): { fromStep: number; toStep: number } | undefined {
  if (axis === "step") return { fromStep: Math.floor(range.from), toStep: Math.ceil(range.to) };
  let [from, to] = [Infinity, -Infinity];
  for (const series of all)
    for (let i = 0; i < series.step.length; i++) {
      const x = xAt(series, i, axis, startOf(series.run));
      const next = i + 1 < series.step.length ? xAt(series, i + 1, axis, startOf(series.run)) : x;
      if (next < range.from || x > range.to) continue;
      from = Math.min(from, series.step[i] ?? from);
      // A bucket goes to where the next one begins.
      to = Math.max(to, series.step[i + 1] ?? series.step[i] ?? to);
    }
  return from <= to ? { fromStep: from, toStep: to } : undefined;
}

/** The range of y without the outermost two of a hundred on either side; null when that leaves nothing to tell apart. */
export function withoutOutliers(lines: readonly { values: readonly (number | null)[] }[]): [number, number] | null {
  const values = lines.flatMap((line) => line.values.filter((one): one is number => one !== null)).toSorted((a, b) => a - b);
  if (values.length < 20) return null;
  const [low, high] = [values[Math.floor(values.length * 0.02)] ?? 0, values[Math.ceil(values.length * 0.98) - 1] ?? 0];
  if (!(high > low)) return null;
  const margin = (high - low) * 0.05;
  return [low - margin, high + margin];
}

/** Where tick marks of bars and scatters stand, as few as tell the range. */
export function extent(values: readonly number[]): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const one of values) {
    if (one < least) least = one;
    if (one > most) most = one;
  }
  return least > most ? [0, 1] : least === most ? [least - 0.5, most + 0.5] : [least, most];
}
