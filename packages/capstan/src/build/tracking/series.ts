import type { SeriesColumns } from "./model.ts";
import { noPoints, type Points } from "./points.ts";

/** In the order of metric steps; equal steps by time. Given in the order of time. */
export function byStep(points: Points): Points {
  const { step } = points;
  let sorted = true;
  for (let i = 1; i < step.length && sorted; i++) sorted = (step[i - 1] ?? 0) <= (step[i] ?? 0);
  if (sorted) return points;
  const order = Uint32Array.from(step, (_, i) => i).sort((a, b) => (step[a] ?? 0) - (step[b] ?? 0) || a - b);
  const out = noPoints(step.length);
  order.forEach((from, to) => {
    out.step[to] = step[from] ?? 0;
    out.timeMs[to] = points.timeMs[from] ?? 0;
    out.value[to] = points.value[from] ?? 0;
  });
  return out;
}

/**
 * First, least, greatest and last value of equally wide ranges of metric steps, empty ones left out; each point is a bucket when there are no more than `buckets`.
 * Least and greatest are of finite values, NaN when there is none.
 */
export function bucketed(
  points: Points,
  buckets: number,
  range: { fromStep?: number | undefined; toStep?: number | undefined } = {},
): SeriesColumns {
  const { step, timeMs, value } = byStep(points);
  let from = 0;
  let to = step.length;
  if (range.fromStep !== undefined) while (from < to && (step[from] ?? 0) < range.fromStep) from++;
  if (range.toStep !== undefined) while (to > from && (step[to - 1] ?? 0) > range.toStep) to--;
  const exact = to - from <= buckets;
  const columns: SeriesColumns = {
    exact,
    points: to - from,
    nonFinite: 0,
    step: [],
    timeMs: [],
    first: [],
    min: [],
    max: [],
    last: [],
    count: [],
  };
  const low = step[from] ?? 0;
  const width = ((step[to - 1] ?? 0) - low) / buckets || 1;
  let current = -1;
  for (let i = from; i < to; i++) {
    const v = value[i] ?? 0;
    const finite = Number.isFinite(v);
    if (!finite) columns.nonFinite++;
    const bucket = exact ? i - from : Math.min(buckets - 1, Math.floor(((step[i] ?? 0) - low) / width));
    const at = columns.step.length - 1;
    if (bucket !== current) {
      current = bucket;
      columns.step.push(step[i] ?? 0);
      columns.timeMs.push(timeMs[i] ?? 0);
      columns.first.push(v);
      columns.min.push(finite ? v : NaN);
      columns.max.push(finite ? v : NaN);
      columns.last.push(v);
      columns.count.push(1);
      continue;
    }
    columns.last[at] = v;
    columns.count[at] = (columns.count[at] ?? 0) + 1;
    if (!finite) continue;
    if (!((columns.min[at] ?? NaN) <= v)) columns.min[at] = v;
    if (!((columns.max[at] ?? NaN) >= v)) columns.max[at] = v;
  }
  return columns;
}
