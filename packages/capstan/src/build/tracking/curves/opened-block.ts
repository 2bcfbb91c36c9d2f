import { zstdDecompressSync } from "node:zlib";
import { noPoints, type Points, readColumn } from "../points.ts";

/** A block of which only some points are wanted. */
export type OpenedBlock = {
  steps(): Float64Array;
  /** Points at ascending positions; `steps` are theirs. `stride` as the block's, when it is known. */
  take(positions: readonly number[], steps: readonly number[], stride: number | null): Points;
  valueAt(position: number): number;
};

/** What most blocks come to: one piece of memory instead of several. */
const unpackedBytes = 1 << 16;
const headBytes = 6;
const pointBytes = 24;
const leastUnpackedBytes = 64;

/** `expected`: how many points it has, where that is known: a small block then takes a small piece of memory. */
export function openBlock(data: Uint8Array, expected = Infinity): OpenedBlock {
  const chunkSize = Math.max(leastUnpackedBytes, Math.min(unpackedBytes, headBytes + pointBytes * expected));
  const raw = zstdDecompressSync(data, { chunkSize });
  const points = raw.readUInt32LE(0);
  const values = raw.length - 8 * points;
  const bytes = new DataView(new ArrayBuffer(8));
  const valueAt = (position: number): number => {
    for (let byte = 0; byte < 8; byte++) bytes.setUint8(byte, raw[values + byte * points + position] ?? 0);
    return bytes.getFloat64(0);
  };
  return {
    valueAt,
    steps() {
      const column = new Float64Array(points);
      readColumn(raw, 4, column);
      return column;
    },
    take(positions, steps, stride) {
      const some = noPoints(positions.length);
      some.step.set(steps);
      takeNumbers(raw, afterSteps(raw, points, stride), positions, some.timeMs);
      for (const [to, position] of positions.entries()) some.value[to] = valueAt(position);
      return some;
    },
  };
}

/** Where the column of steps ends. */
function afterSteps(raw: Uint8Array, points: number, stride: number | null): number {
  if (raw[4] === 1) return 5 + points * 8;
  let at = 5;
  // The first step, and then, when they are known, differences of one byte each.
  for (let left = stride !== null && stride < 64 ? 1 : points; left > 0; at++) if ((raw[at] ?? 0) < 128) left--;
  return stride !== null && stride < 64 ? at + points - 1 : at;
}

/** Numbers of a column at ascending positions, read no further than the last of them. */
function takeNumbers(raw: Uint8Array, from: number, positions: readonly number[], into: Float64Array): void {
  if (positions.length === 0) return;
  const column = new Float64Array((positions[positions.length - 1] ?? 0) + 1);
  readColumn(raw, from, column);
  for (const [to, position] of positions.entries()) into[to] = column[position] ?? 0;
}
