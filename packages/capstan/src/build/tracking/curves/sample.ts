import { blockData, blocksPerRead, type Part, partsOf, type Reading, seriesName, tailOf } from "../blocks.ts";
import { mergePoints, noPoints, type Points, slicePoints } from "../points.ts";
import { byStep } from "../series.ts";
import { openBlock } from "./opened-block.ts";
import type { SampleQuestion } from "./question.ts";
import { createStepSet, type StepSet } from "./step-set.ts";

type Sampled = { runId: string; blocks: Part[]; tail: Points; least: number; greatest: number };

/**
 * Of the distinct steps of all runs in the range: all, or so many evenly spaced ones and the last; and the first and last step of each run. Of each run its points at
 * these steps, in the order step, time, value. Blocks in which each step follows from the one before are read only where a point of theirs is chosen.
 */
export async function samplePoints(reading: Reading, asked: SampleQuestion): Promise<Points[]> {
  const { runIds, key } = asked;
  const parts = await partsOf(reading, runIds, [key], false);
  const runs = runIds.map((runId) => sampledOf(runId, parts.get(seriesName(runId, key)) ?? []));
  const low = runs.reduce((least, one) => Math.min(least, one.least), Infinity);
  const high = runs.reduce((most, one) => Math.max(most, one.greatest), -Infinity);
  const from = Math.max(asked.fromStep, low);
  const to = Math.min(asked.toStep ?? Infinity, high);
  if (from > to) return runs.map(() => noPoints(0));

  const steps = createStepSet(from, to);
  for (const run of runs) await addSteps(reading, key, run, steps, from, to);
  const chosen = new Set(steps.at(placesOf(steps.size, asked.steps)));
  for (const { least, greatest } of runs) for (const end of [least, greatest]) if (end >= from && end <= to) chosen.add(end);
  const ascending = Float64Array.from(chosen).sort();
  const found: Points[] = [];
  for (const run of runs) found.push(await pointsAt(reading, key, run, chosen, ascending, asked.points));
  return found;
}

/** Evenly spaced places and the last, when there are more than `limit`. */
export function placesOf(size: number, limit: number): number[] {
  if (size <= limit) return Array.from({ length: size }, (_, i) => i);
  const every = size / limit;
  const places = Array.from({ length: limit }, (_, i) => Math.floor(i * every));
  if (places[limit - 1] !== size - 1) places.push(size - 1);
  return places;
}

function sampledOf(runId: string, parts: readonly Part[]): Sampled {
  const blocks = parts.filter((one) => one.inBlock).sort((a, b) => a.minStep - b.minStep || a.minTimeMs - b.minTimeMs);
  const tail = tailOf(parts);
  const least = tail.step.reduce((a, b) => Math.min(a, b), blocks[0]?.minStep ?? Infinity);
  const greatest = blocks.reduce(
    (most, one) => Math.max(most, one.maxStep),
    tail.step.reduce((a, b) => Math.max(a, b), -Infinity),
  );
  return { runId, blocks, tail, least, greatest };
}

async function addSteps(reading: Reading, key: string, run: Sampled, into: StepSet, from: number, to: number): Promise<void> {
  for (const step of run.tail.step) into.add(step);
  const inside = run.blocks.filter((one) => one.maxStep >= from && one.minStep <= to);
  for (const { minStep, stride, points } of inside) if (stride !== null) into.addEvery(minStep, stride, points);
  const unknown = inside.filter((one) => one.stride === null && one.minStep < one.maxStep);
  for (const { minStep } of inside.filter((one) => one.stride === null && one.minStep === one.maxStep)) into.add(minStep);
  await eachBlock(reading, run.runId, key, unknown, (data) => {
    for (const step of openBlock(data).steps()) into.add(step);
  });
}

async function pointsAt(
  reading: Reading,
  key: string,
  { runId, blocks, tail }: Sampled,
  chosen: ReadonlySet<number>,
  ascending: Float64Array,
  limit: number,
): Promise<Points> {
  let kept: Points[] = [];
  let count = 0;
  const keep = (some: Points): void => {
    kept.push(some);
    count += some.step.length;
    if (count < 2 * limit) return;
    // What comes later in the order than so many is not needed.
    kept = [ordered(kept, limit)];
    count = kept[0]?.step.length ?? 0;
  };
  const inTail = [...tail.step.keys()].filter((i) => chosen.has(tail.step[i] ?? 0));
  const tailPoints = noPoints(inTail.length);
  for (const [to, i] of inTail.entries()) {
    tailPoints.step[to] = tail.step[i] ?? 0;
    tailPoints.timeMs[to] = tail.timeMs[i] ?? 0;
    tailPoints.value[to] = tail.value[i] ?? 0;
  }
  keep(tailPoints);
  const wanted = blocks.filter((one) => (ascending[firstFrom(ascending, one.minStep)] ?? Infinity) <= one.maxStep);
  await eachBlock(reading, runId, key, wanted, (data, { minStep, maxStep, stride }) => {
    const block = openBlock(data);
    const positions: number[] = [];
    const steps: number[] = [];
    if (stride === null) {
      for (const [i, step] of block.steps().entries())
        if (chosen.has(step)) {
          positions.push(i);
          steps.push(step);
        }
    } else
      for (let i = firstFrom(ascending, minStep); i < ascending.length && (ascending[i] ?? 0) <= maxStep; i++) {
        const step = ascending[i] ?? 0;
        if ((step - minStep) % stride !== 0) continue;
        positions.push((step - minStep) / stride);
        steps.push(step);
      }
    keep(block.take(positions, steps, stride));
  });
  return ordered(kept, limit);
}

const ordered = (parts: readonly Points[], limit: number): Points => slicePoints(byStep(mergePoints(parts)), 0, limit);

async function eachBlock(
  reading: Reading,
  runId: string,
  key: string,
  blocks: readonly Part[],
  take: (data: Uint8Array, part: Part) => void,
): Promise<void> {
  for (let at = 0; at < blocks.length; at += blocksPerRead) {
    const some = blocks.slice(at, at + blocksPerRead);
    const data = await blockData(
      reading,
      runId,
      key,
      some.map((one) => one.part),
    );
    for (const one of some) take(data(one.part), one);
  }
}

/** First place of a number that is not less. */
function firstFrom(ascending: Float64Array, least: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
