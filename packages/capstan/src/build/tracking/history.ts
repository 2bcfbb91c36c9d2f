import { partsOf, readBlocks, type Reading, seriesName, tailOf } from "./blocks.ts";
import { mergePoints, noPoints, type Points, slicePoints } from "./points.ts";

/** About so many points come in one piece. */
const pointsPerPiece = 4096;

type Moment = { timeMs: number; step: number };
/** A block by its bounds. No point of it comes before `from`, none after `to`. */
type Bounded = { block: string; points: number; from: Moment; to: Moment };
/** Points from a position on. */
type Source = { points: Points; at: number };

const isBefore = (a: Moment, b: Moment): boolean => a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.step < b.step);
const momentAt = ({ timeMs, step }: Points, i: number): Moment => ({ timeMs: timeMs[i] ?? 0, step: step[i] ?? 0 });

/** First position from `at` on whose point is not before the limit. */
function positionOf(source: Source, limit: Moment | undefined): number {
  let low = source.at;
  let high = source.points.step.length;
  if (limit === undefined) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(momentAt(source.points, middle), limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A whole history in order (time, step, value), each point once, in pieces, as of one moment. A block is read when its first point may be next, so that only blocks that
 * overlap are in memory together. The first `skip` points are left out, as far as possible without reading them.
 */
export async function* readHistory(reading: Reading, runId: string, key: string, skip = 0): AsyncGenerator<Points> {
  const parts = (await partsOf(reading, [runId], [key], false)).get(seriesName(runId, key)) ?? [];
  const tail = tailOf(parts);
  const blocks = parts
    .filter((one) => one.inBlock)
    .map((one): Bounded => ({
      block: one.part,
      points: one.points,
      from: { timeMs: one.minTimeMs, step: one.minStep },
      to: { timeMs: one.maxTimeMs, step: one.maxStep },
    }))
    .sort((a, b) => (isBefore(a.from, b.from) ? -1 : isBefore(b.from, a.from) ? 1 : 0));

  let left = skip;
  const tailFrom = tail.step.length > 0 ? momentAt(tail, 0) : undefined;
  while (blocks[0] && blocks[0].points <= left) {
    const [first, second] = blocks;
    if ((second && !isBefore(first.to, second.from)) || (tailFrom && !isBefore(first.to, tailFrom))) break;
    left -= first.points;
    blocks.shift();
  }

  const coming = readBlocks(
    reading,
    runId,
    key,
    blocks.map((one) => one.block),
  );
  let active: Source[] = tailFrom ? [{ points: tail, at: 0 }] : [];
  let opened = 0;
  try {
    while (active.length > 0 || opened < blocks.length) {
      const next = blocks[opened];
      const head = active.map((one) => momentAt(one.points, one.at)).reduce<Moment | undefined>(earlier, undefined);
      if (next && (!head || !isBefore(head, next.from))) {
        const points = (await coming.next()).value as Points;
        opened++;
        active.push({ points, at: 0 });
        continue;
      }
      // As far as nothing that is not read yet may come between, and not much more than a piece.
      const share = Math.ceil(pointsPerPiece / active.length);
      const limit = active
        .filter((one) => one.points.step.length - one.at > share)
        .map((one) => momentAt(one.points, one.at + share))
        .reduce(earlier, next?.from);
      let slices = active.map((one) => slicePoints(one.points, one.at, (one.at = positionOf(one, limit))));
      slices = slices.filter((one) => one.step.length > 0);
      if (slices.length === 0) {
        // More than a share of points at one moment.
        slices = active.map((one) => slicePoints(one.points, one.at, (one.at = positionOf(one, limit && after(limit)))));
      }
      active = active.filter((one) => one.at < one.points.step.length);
      const [only] = slices;
      const piece = slices.length === 1 && only ? only : mergePoints(slices);
      if (left < piece.step.length) yield left === 0 ? piece : slicePoints(piece, left, piece.step.length);
      left = Math.max(0, left - piece.step.length);
    }
  } finally {
    await coming.return(undefined);
  }
}

/** The pieces of one history as a whole. */
export async function gathered(pieces: AsyncIterable<Points>): Promise<Points> {
  const all: Points[] = [];
  for await (const piece of pieces) all.push(piece);
  const whole = noPoints(all.reduce((sum, one) => sum + one.step.length, 0));
  let at = 0;
  for (const piece of all) {
    whole.step.set(piece.step, at);
    whole.timeMs.set(piece.timeMs, at);
    whole.value.set(piece.value, at);
    at += piece.step.length;
  }
  return whole;
}

const earlier = (a: Moment | undefined, b: Moment): Moment => (a && isBefore(a, b) ? a : b);
const after = ({ timeMs, step }: Moment): Moment => ({ timeMs, step: step + 1 });
