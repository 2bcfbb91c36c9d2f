import type { Series } from "./curve-x.ts";

/** `[key, step, timeMs, value]`, as a run's stream tells a new point. */
export type NewPoint = readonly [string, number, number, number | string];

/** A curve with points that came after its last one; of others its next reading will tell. Each is a bucket of its own. */
export function appended(series: Series, points: readonly NewPoint[]): Series {
  let last = series.step.at(-1) ?? -Infinity;
  const later: NewPoint[] = [];
  for (const point of points) {
    if (point[0] !== series.key || point[1] <= last) continue;
    last = point[1];
    later.push(point);
  }
  if (later.length === 0) return series;
  const values = later.map(([, , , value]) => (typeof value === "number" ? value : null));
  return {
    ...series,
    points: series.points + later.length,
    nonFinite: series.nonFinite + values.filter((value) => value === null).length,
    step: [...series.step, ...later.map(([, step]) => step)],
    timeMs: [...series.timeMs, ...later.map(([, , timeMs]) => timeMs)],
    first: [...series.first, ...values],
    min: [...series.min, ...values],
    max: [...series.max, ...values],
    last: [...series.last, ...values],
    count: [...series.count, ...later.map(() => 1)],
  };
}
