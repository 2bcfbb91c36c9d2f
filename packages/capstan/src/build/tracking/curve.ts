import { type Part, readBlocks, type Reading, type StepRange, tailOf } from "./blocks.ts";
import type { SeriesColumns } from "./model.ts";
import { mergePoints, type Points } from "./points.ts";
import { decodePyramid, pointsPerGroup, type Pyramid } from "./pyramid.ts";
import { bucketed } from "./series.ts";

/**
 * One curve in at most so many buckets, from its parts with pyramids. A short one is read whole, and its buckets are equally wide to the step. Of a long one the pyramids
 * of its blocks are read: 64 points that belong together go into one bucket together, that of their first step; nothing is left out, and least and greatest are those of
 * the points.
 */
export async function readCurve(
  reading: Reading,
  { runId, key }: { runId: string; key: string },
  parts: readonly Part[],
  buckets: number,
  range: StepRange,
): Promise<SeriesColumns> {
  const from = range.fromStep ?? -Infinity;
  const to = range.toStep ?? Infinity;
  const blocks = parts
    .filter((one) => one.inBlock && one.maxStep >= from && one.minStep <= to)
    .sort((a, b) => a.minStep - b.minStep || a.minTimeMs - b.minTimeMs);
  const tail = tailOf(parts);

  const points = blocks.reduce((sum, one) => sum + one.points, 0);
  if (points <= buckets * pointsPerGroup) {
    const all: Points[] = [tail];
    for await (const block of readBlocks(reading, runId, key, blocks.map(idOf))) all.push(block);
    return bucketed(mergePoints(all), buckets, range);
  }

  const pyramids = new Map<Part, Pyramid>();
  for (const one of blocks) {
    // At the ends of the range some of a group's points may be outside.
    const whole = one.minStep >= from && one.maxStep <= to;
    const pyramid = whole ? decodePyramid(one.data) : undefined;
    if (pyramid) pyramids.set(one, pyramid);
  }
  let [low, high] = [blocks[0]?.minStep ?? Infinity, -Infinity];
  for (const one of blocks) high = Math.max(high, one.maxStep);
  for (const step of tail.step) {
    if (step < from || step > to) continue;
    low = Math.min(low, step);
    high = Math.max(high, step);
  }
  low = Math.max(from, low);
  high = Math.min(to, high);
  const sums = createBuckets(buckets, low, high);
  for (const [{ points: count }, pyramid] of pyramids) sums.addPyramid(pyramid, count);
  const rest = blocks.filter((one) => !pyramids.has(one));
  for await (const block of readBlocks(reading, runId, key, rest.map(idOf))) sums.addPoints(block, from, to);
  sums.addPoints(tail, from, to);
  return sums.columns();
}

const idOf = (one: Part): string => one.part;

/** Buckets of equally wide ranges of steps, filled in any order. */
function createBuckets(buckets: number, low: number, high: number) {
  const width = (high - low) / buckets || 1;
  const made = (filled: number): Float64Array => new Float64Array(buckets).fill(filled);
  const [firstStep, firstTimeMs, first] = [made(Infinity), made(Infinity), made(NaN)];
  const [lastStep, last, min, max, count] = [made(-Infinity), made(NaN), made(NaN), made(NaN), made(0)];
  let points = 0;
  let nonFinite = 0;

  /** What begins and ends at these steps goes into one bucket, that of the first. */
  function add(
    from: number,
    fromMs: number,
    value: number,
    to: number,
    lastValue: number,
    least: number,
    greatest: number,
    many: number,
  ): void {
    const at = Math.max(0, Math.min(buckets - 1, Math.floor((from - low) / width)));
    const known = firstStep[at] ?? 0;
    if (from < known || (from === known && fromMs < (firstTimeMs[at] ?? 0))) {
      firstStep[at] = from;
      firstTimeMs[at] = fromMs;
      first[at] = value;
    }
    if (to >= (lastStep[at] ?? 0)) {
      lastStep[at] = to;
      last[at] = lastValue;
    }
    if (!Number.isNaN(least) && !((min[at] ?? NaN) <= least)) min[at] = least;
    if (!Number.isNaN(greatest) && !((max[at] ?? NaN) >= greatest)) max[at] = greatest;
    count[at] = (count[at] ?? 0) + many;
    points += many;
  }

  return {
    addPyramid(of: Pyramid, total: number): void {
      for (let i = 0; i < of.groups; i++) {
        nonFinite += of.nonFinite[i] ?? 0;
        add(
          of.firstStep[i] ?? 0,
          of.firstTimeMs[i] ?? 0,
          of.first[i] ?? 0,
          of.lastStep[i] ?? 0,
          of.last[i] ?? 0,
          of.min[i] ?? NaN,
          of.max[i] ?? NaN,
          Math.min(pointsPerGroup, total - i * pointsPerGroup),
        );
      }
    },
    addPoints({ step, timeMs, value }: Points, from: number, to: number): void {
      for (let i = 0; i < step.length; i++) {
        const at = step[i] ?? 0;
        if (at < from || at > to) continue;
        const v = value[i] ?? 0;
        const finite = Number.isFinite(v);
        if (!finite) nonFinite++;
        const bound = finite ? v : NaN;
        add(at, timeMs[i] ?? 0, v, at, v, bound, bound, 1);
      }
    },
    columns(): SeriesColumns {
      const kept = Array.from({ length: buckets }, (_, i) => i).filter((i) => (count[i] ?? 0) > 0);
      const column = (of: Float64Array): number[] => kept.map((i) => of[i] ?? 0);
      return {
        exact: false,
        points,
        nonFinite,
        step: column(firstStep),
        timeMs: column(firstTimeMs),
        first: column(first),
        min: column(min),
        max: column(max),
        last: column(last),
        count: column(count),
      };
    },
  };
}
