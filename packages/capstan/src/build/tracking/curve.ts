import type { Database } from "../../base/storage/database.ts";
import { type Part, partsOf, readBlocks } from "./blocks.ts";
import type { SeriesColumns } from "./model.ts";
import { decodeChunk, mergePoints, type Points } from "./points.ts";
import { decodePyramid, pointsPerGroup, type Pyramid } from "./pyramid.ts";
import { bucketed } from "./series.ts";

export type StepRange = { fromStep?: number | undefined; toStep?: number | undefined };

/**
 * One curve in at most so many buckets. A short one is read whole, and its buckets are equally wide to the step. Of a long one the pyramids of its blocks are read: 64
 * points that belong together go into one bucket together, that of their first step; nothing is left out, and least and greatest are those of the points.
 */
export async function readCurve(database: Database, runId: string, key: string, buckets: number, range: StepRange): Promise<SeriesColumns> {
  const from = range.fromStep ?? -Infinity;
  const to = range.toStep ?? Infinity;
  const parts = await partsOf(database, runId, key, true);
  const blocks = parts
    .filter((one) => one.inBlock === 1 && one.maxStep >= from && one.minStep <= to)
    .sort((a, b) => a.minStep - b.minStep || a.minTimeMs - b.minTimeMs);
  const tail = mergePoints(parts.filter((one) => one.inBlock === 0).map((one) => decodeChunk(one.data ?? new Uint8Array(0))));

  const points = blocks.reduce((sum, one) => sum + one.points, 0);
  if (points <= buckets * pointsPerGroup) {
    const all: Points[] = [tail];
    for await (const block of readBlocks(database, runId, key, blocks.map(idOf))) all.push(block);
    return bucketed(mergePoints(all), buckets, range);
  }

  const pyramids = new Map<Part, Pyramid>();
  for (const one of blocks) {
    // At the ends of the range some of a group's points may be outside.
    const whole = one.minStep >= from && one.maxStep <= to;
    const pyramid = whole ? decodePyramid(one.data) : undefined;
    if (pyramid) pyramids.set(one, pyramid);
  }
  const inTail = tail.step.filter((step) => step >= from && step <= to);
  const low = Math.max(
    from,
    Math.min(
      blocks[0]?.minStep ?? Infinity,
      inTail.reduce((a, b) => Math.min(a, b), Infinity),
    ),
  );
  const high = Math.min(
    to,
    blocks.reduce(
      (most, one) => Math.max(most, one.maxStep),
      inTail.reduce((a, b) => Math.max(a, b), -Infinity),
    ),
  );
  const sums = createBuckets(buckets, low, high);
  for (const [{ points: count }, pyramid] of pyramids) sums.addPyramid(pyramid, count);
  const rest = blocks.filter((one) => !pyramids.has(one));
  for await (const block of readBlocks(database, runId, key, rest.map(idOf))) sums.addPoints(block, from, to);
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

  function add(
    of: { firstStep: number; firstTimeMs: number; first: number; lastStep: number; last: number; min: number; max: number },
    many: number,
  ): void {
    const at = Math.max(0, Math.min(buckets - 1, Math.floor((of.firstStep - low) / width)));
    const known = firstStep[at] ?? 0;
    if (of.firstStep < known || (of.firstStep === known && of.firstTimeMs < (firstTimeMs[at] ?? 0))) {
      firstStep[at] = of.firstStep;
      firstTimeMs[at] = of.firstTimeMs;
      first[at] = of.first;
    }
    if (of.lastStep >= (lastStep[at] ?? 0)) {
      lastStep[at] = of.lastStep;
      last[at] = of.last;
    }
    if (!Number.isNaN(of.min) && !((min[at] ?? NaN) <= of.min)) min[at] = of.min;
    if (!Number.isNaN(of.max) && !((max[at] ?? NaN) >= of.max)) max[at] = of.max;
    count[at] = (count[at] ?? 0) + many;
    points += many;
  }

  return {
    addPyramid(pyramid: Pyramid, total: number): void {
      for (let i = 0; i < pyramid.groups; i++) {
        nonFinite += pyramid.nonFinite[i] ?? 0;
        const group = {
          firstStep: pyramid.firstStep[i] ?? 0,
          firstTimeMs: pyramid.firstTimeMs[i] ?? 0,
          first: pyramid.first[i] ?? 0,
          lastStep: pyramid.lastStep[i] ?? 0,
          last: pyramid.last[i] ?? 0,
          min: pyramid.min[i] ?? NaN,
          max: pyramid.max[i] ?? NaN,
        };
        add(group, Math.min(pointsPerGroup, total - i * pointsPerGroup));
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
        add({ firstStep: at, firstTimeMs: timeMs[i] ?? 0, first: v, lastStep: at, last: v, min: bound, max: bound }, 1);
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
