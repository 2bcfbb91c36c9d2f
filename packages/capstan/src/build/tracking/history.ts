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

/** A part of a history: no point of another part comes between its points, and none is in both. */
export type Segment = {
  readonly blocks: readonly Bounded[];
  readonly tail: Points;
  /** How many points it has, where that is known without reading them. */
  readonly points: number | undefined;
};

/**
 * A history in parts, in order, as of one moment. Blocks are left out as far as they are among the first `skip` points, and no other; `skip` is then what is left of it.
 * A part has at least so many blocks, the last one excepted.
 */
export async function segmentsOf(
  reading: Reading,
  runId: string,
  key: string,
  skip: number,
  blocksOfPart: number,
): Promise<{ segments: Segment[]; skip: number }> {
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
  let first = 0;
  const tailFrom = tail.step.length > 0 ? momentAt(tail, 0) : undefined;
  for (let one = blocks[first]; one && one.points <= left; one = blocks[first]) {
    const next = blocks[first + 1];
    if ((next && !isBefore(one.to, next.from)) || (tailFrom && !isBefore(one.to, tailFrom))) break;
    left -= one.points;
    first++;
  }

  const segments: Segment[] = [];
  let some: Bounded[] = [];
  let to: Moment | undefined;
  let apart = true;
  let tailAt = 0;
  const end = (limit: Moment | undefined): void => {
    const until = positionOf({ points: tail, at: tailAt }, limit);
    const known = apart && until === tailAt;
    segments.push({
      blocks: some,
      tail: slicePoints(tail, tailAt, until),
      points: known ? some.reduce((sum, one) => sum + one.points, 0) : undefined,
    });
    tailAt = until;
    some = [];
    to = undefined;
    apart = true;
  };
  for (const one of blocks.slice(first)) {
    const follows: boolean = to === undefined || isBefore(to, one.from);
    if (follows && some.length >= blocksOfPart) end(one.from);
    else apart &&= follows;
    some.push(one);
    to = to === undefined || isBefore(to, one.to) ? one.to : to;
  }
  if (some.length > 0 || tailAt < tail.step.length) end(undefined);
  return { segments, skip: left };
}

/**
 * A whole history in order (time, step, value), each point once, in pieces, as of one moment. The first `skip` points are left out, as far as possible without reading
 * them.
 */
export async function* readHistory(reading: Reading, runId: string, key: string, skip = 0): AsyncGenerator<Points> {
  const found = await segmentsOf(reading, runId, key, skip, Infinity);
  let left = found.skip;
  for (const segment of found.segments)
    for await (const piece of readSegment(reading, runId, key, segment)) {
      if (left < piece.step.length) yield left === 0 ? piece : slicePoints(piece, left, piece.step.length);
      left = Math.max(0, left - piece.step.length);
    }
}

/** A part of a history in pieces. A block is read when its first point may be next, so that only blocks that overlap are in memory together. */
export async function* readSegment(reading: Reading, runId: string, key: string, { blocks, tail }: Segment): AsyncGenerator<Points> {
  const coming = readBlocks(
    reading,
    runId,
    key,
    blocks.map((one) => one.block),
  );
  let active: Source[] = tail.step.length > 0 ? [{ points: tail, at: 0 }] : [];
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
      yield slices.length === 1 && only ? only : mergePoints(slices);
    }
  } finally {
    await coming.return(undefined);
  }
}

/** The pieces of one history as a whole, for which so many points are expected. */
export async function gathered(pieces: AsyncIterable<Points>, expected: number): Promise<Points> {
  let whole = noPoints(expected);
  let at = 0;
  for await (const piece of pieces) {
    if (at + piece.step.length > whole.step.length) {
      const more = noPoints(2 * (at + piece.step.length));
      putAt(more, 0, whole);
      whole = more;
    }
    putAt(whole, at, piece);
    at += piece.step.length;
  }
  return slicePoints(whole, 0, at);
}

function putAt(into: Points, at: number, { step, timeMs, value }: Points): void {
  into.step.set(step, at);
  into.timeMs.set(timeMs, at);
  into.value.set(value, at);
}

const earlier = (a: Moment | undefined, b: Moment): Moment => (a && isBefore(a, b) ? a : b);
const after = ({ timeMs, step }: Moment): Moment => ({ timeMs, step: step + 1 });
