import type { Points } from "./points.ts";

/**
 * A block's points in groups of 64, so that a curve is drawn from few numbers: eight columns of little-endian doubles, one after the other. It can be computed again from
 * the block. A block whose steps go back somewhere has none.
 */
export type Pyramid = {
  readonly groups: number;
  readonly firstStep: Float64Array;
  readonly lastStep: Float64Array;
  readonly firstTimeMs: Float64Array;
  readonly first: Float64Array;
  /** Of finite values; NaN when there is none. */
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly last: Float64Array;
  readonly nonFinite: Float64Array;
};

export const pointsPerGroup = 64;
const columns = 8;

export const groupsOf = (points: number): number => Math.ceil(points / pointsPerGroup);

function viewed(all: Float64Array): Pyramid {
  const groups = all.length / columns;
  const column = (i: number): Float64Array => all.subarray(i * groups, (i + 1) * groups);
  return {
    groups,
    firstStep: column(0),
    lastStep: column(1),
    firstTimeMs: column(2),
    first: column(3),
    min: column(4),
    max: column(5),
    last: column(6),
    nonFinite: column(7),
  };
}

/** Empty when the steps go back somewhere. */
export function encodePyramid({ step, timeMs, value }: Points): Uint8Array {
  const n = step.length;
  for (let i = 1; i < n; i++) if ((step[i] ?? 0) < (step[i - 1] ?? 0)) return new Uint8Array(0);
  const all = new Float64Array(groupsOf(n) * columns);
  const to = viewed(all);
  for (let group = 0; group < to.groups; group++) {
    const from = group * pointsPerGroup;
    const end = Math.min(n, from + pointsPerGroup);
    let min = Infinity;
    let max = -Infinity;
    let nonFinite = 0;
    for (let i = from; i < end; i++) {
      const v = value[i] ?? 0;
      if (!Number.isFinite(v)) nonFinite++;
      else {
        if (v < min) min = v;
        if (v > max) max = v;
      }
    }
    const finite = nonFinite < end - from;
    to.firstStep[group] = step[from] ?? 0;
    to.lastStep[group] = step[end - 1] ?? 0;
    to.firstTimeMs[group] = timeMs[from] ?? 0;
    to.first[group] = value[from] ?? 0;
    to.min[group] = finite ? min : NaN;
    to.max[group] = finite ? max : NaN;
    to.last[group] = value[end - 1] ?? 0;
    to.nonFinite[group] = nonFinite;
  }
  return new Uint8Array(all.buffer);
}

/** A copy, because what a database gives need not be aligned. Undefined for none. */
export const decodePyramid = (data: Uint8Array | null): Pyramid | undefined =>
  data === null || data.length === 0 ? undefined : viewed(new Float64Array(new Uint8Array(data).buffer));
