import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { sha256 } from "../../base/foundation/hashing.ts";
import type { Point } from "./model.ts";

/** Points of one series as columns of equal length. */
export type Points = { readonly step: Float64Array; readonly timeMs: Float64Array; readonly value: Float64Array };

export const pointsPerBlock = 4096;

export const noPoints = (length: number): Points => ({
  step: new Float64Array(length),
  timeMs: new Float64Array(length),
  value: new Float64Array(length),
});

export function pointsOf(list: readonly Point[]): Points {
  const points = noPoints(list.length);
  list.forEach((one, i) => {
    points.step[i] = one.step;
    points.timeMs[i] = one.timeMs;
    points.value[i] = one.value;
  });
  return points;
}

/** A chunk of the tail: three columns of little-endian doubles, one after the other. */
export function encodeChunk({ step, timeMs, value }: Points): Uint8Array {
  const n = step.length;
  const out = new Float64Array(3 * n);
  out.set(step, 0);
  out.set(timeMs, n);
  out.set(value, 2 * n);
  return new Uint8Array(out.buffer);
}

/** A copy, because a view need not be aligned (and a Buffer's slice is no copy). */
const doublesOf = (bytes: Uint8Array): Float64Array => new Float64Array(new Uint8Array(bytes).buffer);

export function decodeChunk(bytes: Uint8Array): Points {
  const all = doublesOf(bytes);
  const n = all.length / 3;
  return { step: all.subarray(0, n), timeMs: all.subarray(n, 2 * n), value: all.subarray(2 * n) };
}

/** Points in the order of a history: time, step, value; repeats once. NaN orders as 0 and repeats only NaN. */
export function mergePoints(parts: readonly Points[]): Points {
  const total = parts.reduce((sum, part) => sum + part.step.length, 0);
  const all = noPoints(total);
  let at = 0;
  // Parts that follow each other need no sorting then.
  const first = ({ step, timeMs }: Points): [number, number] => [timeMs[0] ?? 0, step[0] ?? 0];
  for (const part of parts.length < 2 ? parts : parts.toSorted((a, b) => first(a)[0] - first(b)[0] || first(a)[1] - first(b)[1])) {
    all.step.set(part.step, at);
    all.timeMs.set(part.timeMs, at);
    all.value.set(part.value, at);
    at += part.step.length;
  }
  const { step, timeMs, value } = all;
  if (areInOrder(all, 0, total)) return all;
  const order = new Uint32Array(total);
  for (let i = 0; i < total; i++) order[i] = i;
  order.sort((a, b) => compare(all, a, b));
  const merged = noPoints(total);
  let n = 0;
  for (let k = 0; k < total; k++) {
    const i = order[k] ?? 0;
    if (k > 0 && compare(all, order[k - 1] ?? 0, i) === 0) continue;
    merged.step[n] = step[i] ?? 0;
    merged.timeMs[n] = timeMs[i] ?? 0;
    merged.value[n] = value[i] ?? 0;
    n++;
  }
  return slicePoints(merged, 0, n);
}

/** Whether the points from one position up to another, and the one before them, are in the order of a history, none repeated. */
export function areInOrder(points: Points, from: number, to: number): boolean {
  const end = Math.min(to, points.step.length);
  for (let i = Math.max(1, from); i < end; i++) if (compare(points, i - 1, i) >= 0) return false;
  return true;
}

export const slicePoints = ({ step, timeMs, value }: Points, from: number, to: number): Points => ({
  step: step.subarray(from, to),
  timeMs: timeMs.subarray(from, to),
  value: value.subarray(from, to),
});

function compare({ step, timeMs, value }: Points, a: number, b: number): number {
  const byTime = (timeMs[a] ?? 0) - (timeMs[b] ?? 0);
  if (byTime !== 0) return byTime;
  const byStep = (step[a] ?? 0) - (step[b] ?? 0);
  if (byStep !== 0) return byStep;
  const x = value[a] ?? 0;
  const y = value[b] ?? 0;
  const ranked = (Number.isNaN(x) ? 0 : x) - (Number.isNaN(y) ? 0 : y);
  // Two infinities of one sign are equal; their difference is not a number.
  if (ranked !== 0 && !Number.isNaN(ranked)) return ranked;
  return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
}

/** What a block's row tells without its bytes. Least and greatest of finite values; null when there is none. */
export type BlockFacts = {
  points: number;
  digest: string;
  minStep: number;
  maxStep: number;
  minTimeMs: number;
  maxTimeMs: number;
  minValue: number | null;
  maxValue: number | null;
  nonFinite: number;
};
export type Block = BlockFacts & { data: Uint8Array };

/** Name of the block form below: kept beside each block, so that another form may come. */
export const blockEncoding = "columns-1+zstd";

/**
 * A block: number of points (uint32 LE), then steps and times, each after a byte that says how (0: zigzag varints of differences, 1: little-endian doubles),
 * then the values' bytes by significance (byte 7 of all, byte 6 of all, …). The digest is over these bytes; what is stored is their zstd form.
 */
export function encodeBlock(points: Points): Block {
  const { step, timeMs, value } = points;
  const n = step.length;
  const raw = new Uint8Array(6 + n * 24);
  new DataView(raw.buffer).setUint32(0, n, true);
  let at = writeColumn(raw, 4, step);
  at = writeColumn(raw, at, timeMs);
  const halves = new Uint32Array(value.slice().buffer);
  for (let i = 0; i < n; i++, at++) {
    const low = halves[2 * i] ?? 0;
    const high = halves[2 * i + 1] ?? 0;
    raw[at] = high >>> 24;
    raw[at + n] = high >>> 16;
    raw[at + 2 * n] = high >>> 8;
    raw[at + 3 * n] = high;
    raw[at + 4 * n] = low >>> 24;
    raw[at + 5 * n] = low >>> 16;
    raw[at + 6 * n] = low >>> 8;
    raw[at + 7 * n] = low;
  }
  at += 7 * n;
  const content = raw.subarray(0, at);
  let minStep = Infinity,
    maxStep = -Infinity,
    minTimeMs = Infinity,
    maxTimeMs = -Infinity,
    minValue = Infinity,
    maxValue = -Infinity,
    nonFinite = 0;
  for (let i = 0; i < n; i++) {
    const s = step[i] ?? 0,
      t = timeMs[i] ?? 0,
      v = value[i] ?? 0;
    if (s < minStep) minStep = s;
    if (s > maxStep) maxStep = s;
    if (t < minTimeMs) minTimeMs = t;
    if (t > maxTimeMs) maxTimeMs = t;
    if (!Number.isFinite(v)) nonFinite++;
    else {
      if (v < minValue) minValue = v;
      if (v > maxValue) maxValue = v;
    }
  }
  const finite = nonFinite < n;
  return {
    points: n,
    digest: sha256(content),
    minStep,
    maxStep,
    minTimeMs,
    maxTimeMs,
    minValue: finite ? minValue : null,
    maxValue: finite ? maxValue : null,
    nonFinite,
    data: zstdCompressSync(content),
  };
}

/** What a block's digest is over, from what is stored. */
export const digestOfBlock = (data: Uint8Array): string => sha256(zstdDecompressSync(data));

export function decodeBlock(data: Uint8Array): Points {
  const raw = zstdDecompressSync(data);
  const n = raw.readUInt32LE(0);
  const points = noPoints(n);
  let at = readColumn(raw, 4, points.step);
  at = readColumn(raw, at, points.timeMs);
  const halves = new Uint32Array(points.value.buffer);
  for (let i = 0; i < n; i++, at++) {
    halves[2 * i + 1] = ((raw[at] ?? 0) << 24) | ((raw[at + n] ?? 0) << 16) | ((raw[at + 2 * n] ?? 0) << 8) | (raw[at + 3 * n] ?? 0);
    halves[2 * i] =
      ((raw[at + 4 * n] ?? 0) << 24) | ((raw[at + 5 * n] ?? 0) << 16) | ((raw[at + 6 * n] ?? 0) << 8) | (raw[at + 7 * n] ?? 0);
  }
  return points;
}

/** Beyond it a doubled difference is no exact double any more. */
const deltaLimit = 2 ** 51;

function writeColumn(out: Uint8Array, from: number, column: Float64Array): number {
  let largest = 0;
  for (const one of column) largest = Math.max(largest, Math.abs(one));
  if (largest >= deltaLimit) {
    out[from] = 1;
    out.set(new Uint8Array(column.slice().buffer), from + 1);
    return from + 1 + column.length * 8;
  }
  out[from] = 0;
  let at = from + 1;
  let before = 0;
  for (const now of column) {
    const difference = now - before;
    before = now;
    let zigzag = difference < 0 ? -2 * difference - 1 : 2 * difference;
    if (zigzag < 0x7fffffff) {
      let small = zigzag | 0;
      for (; small >= 128; small >>>= 7) out[at++] = (small & 127) | 128;
      out[at++] = small;
      continue;
    }
    while (zigzag >= 128) {
      out[at++] = (zigzag % 128) | 128;
      zigzag = Math.floor(zigzag / 128);
    }
    out[at++] = zigzag;
  }
  return at;
}

/** Reads a whole column of steps or times; where the next one begins. */
export function readColumn(bytes: Uint8Array, from: number, column: Float64Array): number {
  let at = from + 1;
  if (bytes[from] === 1) {
    column.set(doublesOf(bytes.subarray(at, at + column.length * 8)));
    return at + column.length * 8;
  }
  let before = 0;
  for (let i = 0; i < column.length; i++) {
    let byte = bytes[at++] ?? 0;
    if (byte < 128) before += (byte >>> 1) ^ -(byte & 1);
    else {
      let zigzag = byte & 127;
      for (let scale = 128; byte >= 128; scale *= 128) {
        byte = bytes[at++] ?? 0;
        zigzag += (byte & 127) * scale;
      }
      before += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
    column[i] = before;
  }
  return at;
}
