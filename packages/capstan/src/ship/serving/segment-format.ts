import { crc32c } from "./crc32c.ts";
import type { Column, Datatype, Signature } from "../../build/inference/model.ts";
import type { LoggedRows, Prediction } from "./model.ts";

/**
 * An open segment: 8 bytes `CAPSEG1\n`, then frames of u32 length, u32 CRC-32C of the payload, payload; little-endian.
 * Payload 1: a context, `u8 1` and JSON: what the rows that name it have in common. Contexts count from 0 in file order.
 * Payload 2: rows of one request: u8 2, u8 0, u16 flags, u32 context, u32 rows, u32 latency µs, f64 received ms, f64 observed ms per row,
 * keys (u16 bytes and UTF-8 each, 0xffff none), then each input and output column (BYTES: u32 bytes and UTF-8; BOOL: u8; others as they are).
 */
export const magic = Buffer.from("CAPSEG1\n");
const frameHead = 8;
const noKey = 0xffff;

export type Context = {
  readonly segment: string;
  readonly project: string;
  readonly route: string;
  readonly epoch: number;
  readonly model: string;
  readonly version: number;
  readonly bundle: string;
  readonly arm: string;
  readonly caller: string;
  readonly use: string | null;
  readonly inputs: readonly Column[];
  readonly outputs: readonly Column[];
};

/** One frame around a payload. */
function frame(payload: Buffer): Buffer {
  payload.writeUInt32LE(payload.length - frameHead, 0);
  payload.writeUInt32LE(crc32c(payload, frameHead), 4);
  return payload;
}

export function encodeContext(context: Context): Buffer {
  const json = Buffer.from(JSON.stringify(context));
  const payload = Buffer.allocUnsafe(frameHead + 1 + json.length);
  payload[frameHead] = 1;
  json.copy(payload, frameHead + 1);
  return frame(payload);
}

export function encodeRows(rows: LoggedRows, context: number, signature: Signature): Buffer {
  const { rows: n, keys } = rows;
  const columns = [
    ...rows.features.map((one, i) => [signature.inputs[i]!.datatype, one[1]] as const),
    ...rows.outputs.map((one, i) => [signature.outputs[i]!.datatype, one[1]] as const),
  ];
  let size = frameHead + 24 + 8 * n;
  for (let i = 0; i < n; i++) size += 2 + (keys ? Buffer.byteLength(keys[i]!) : 0);
  for (const [datatype, values] of columns) size += columnSize(datatype, values, n);
  const out = Buffer.allocUnsafe(size);
  let at = frameHead;
  out[at] = 2;
  out[at + 1] = 0;
  out.writeUInt16LE(rows.flags, at + 2);
  out.writeUInt32LE(context, at + 4);
  out.writeUInt32LE(n, at + 8);
  out.writeUInt32LE(Math.min(0xffffffff, Math.round(rows.latencyUs)), at + 12);
  out.writeDoubleLE(rows.receivedMs, at + 16);
  at += 24;
  for (let i = 0; i < n; i++, at += 8) out.writeDoubleLE(rows.observedMs[i]!, at);
  for (let i = 0; i < n; i++) {
    const length = keys ? out.write(keys[i]!, at + 2) : noKey;
    out.writeUInt16LE(length, at);
    at += 2 + (keys ? length : 0);
  }
  for (const [datatype, values] of columns) at = writeColumn(out, at, datatype, values, n);
  return frame(out);
}

const width: Readonly<Record<Exclude<Datatype, "BYTES">, number>> = { BOOL: 1, INT32: 4, INT64: 8, FP32: 4, FP64: 8 };

function columnSize(datatype: Datatype, values: ArrayLike<unknown>, n: number): number {
  if (datatype !== "BYTES") return n * width[datatype];
  let size = 4 * n;
  for (let i = 0; i < n; i++) size += Buffer.byteLength(values[i] as string);
  return size;
}

function writeColumn(out: Buffer, start: number, datatype: Datatype, values: ArrayLike<unknown>, n: number): number {
  let at = start;
  for (let i = 0; i < n; i++) {
    const value = values[i];
    if (datatype === "FP32") at = out.writeFloatLE(value as number, at);
    else if (datatype === "FP64") at = out.writeDoubleLE(value as number, at);
    else if (datatype === "INT32") at = out.writeInt32LE(value as number, at);
    else if (datatype === "INT64") at = out.writeBigInt64LE(BigInt(value as number | bigint), at);
    else if (datatype === "BOOL") at = out.writeUInt8(value ? 1 : 0, at);
    else {
      const length = out.write(value as string, at + 4);
      out.writeUInt32LE(length, at);
      at += 4 + length;
    }
  }
  return at;
}

/** What whole frames a file holds; what follows `wholeBytes` is a torn tail. `first` is the first context that rows name. */
export type Scan = { wholeBytes: number; rows: number; first: Context | undefined; firstReceivedMs: number };
type Frame = { readonly start: number; readonly end: number };

function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (at + frameHead > bytes.length) return undefined;
  const length = bytes.readUInt32LE(at);
  const [start, end] = [at + frameHead, at + frameHead + length];
  return length > 0 && end <= bytes.length && crc32c(bytes, start, end) === bytes.readUInt32LE(at + 4) ? { start, end } : undefined;
}
const beginsWell = (bytes: Buffer): boolean => bytes.length >= magic.length && bytes.subarray(0, magic.length).equals(magic);
const contextAt = (bytes: Buffer, { start, end }: Frame): Context => JSON.parse(bytes.toString("utf8", start + 1, end));

/** Looks at frames, not at rows. Never throws on torn bytes. */
export function scanSegment(bytes: Buffer): Scan {
  const scan: Scan = { wholeBytes: 0, rows: 0, first: undefined, firstReceivedMs: 0 };
  if (!beginsWell(bytes)) return scan;
  const contexts: Context[] = [];
  scan.wholeBytes = magic.length;
  for (let frame = frameAt(bytes, magic.length); frame; frame = frameAt(bytes, frame.end)) {
    if (bytes[frame.start] === 1) contexts.push(contextAt(bytes, frame));
    else {
      if (!scan.first) {
        scan.first = contexts[bytes.readUInt32LE(frame.start + 4)];
        scan.firstReceivedMs = bytes.readDoubleLE(frame.start + 16);
      }
      scan.rows += bytes.readUInt32LE(frame.start + 8);
    }
    scan.wholeBytes = frame.end;
  }
  return scan;
}

export type OnRow = (row: Prediction, context: Context) => void;

/** Reads rows in order, some at a time: each call goes on for at least `rows` rows and says whether there are more. */
export function segmentReader(bytes: Buffer, onRow: OnRow): (rows: number) => boolean {
  const contexts: Context[] = [];
  let at = beginsWell(bytes) ? magic.length : bytes.length;
  let read = 0;
  return (rows) => {
    for (const until = read + rows; read < until;) {
      const frame = frameAt(bytes, at);
      if (!frame) return false;
      if (bytes[frame.start] === 1) contexts.push(contextAt(bytes, frame));
      else read = decodeRows(bytes, frame.start, contexts, read, onRow);
      at = frame.end;
    }
    return true;
  };
}

export const rowId = (segment: string, row: number): string => `${segment}-${row}`;

function decodeRows(bytes: Buffer, start: number, contexts: readonly Context[], firstRow: number, onRow: OnRow): number {
  const context = contexts[bytes.readUInt32LE(start + 4)];
  if (!context) throw new Error("rows without their context");
  const flags = bytes.readUInt16LE(start + 2);
  const n = bytes.readUInt32LE(start + 8);
  const latencyUs = bytes.readUInt32LE(start + 12);
  const receivedMs = bytes.readDoubleLE(start + 16);
  let at = start + 24;
  const observed: number[] = [];
  for (let i = 0; i < n; i++, at += 8) observed.push(bytes.readDoubleLE(at));
  const keys: (string | null)[] = [];
  for (let i = 0; i < n; i++) {
    const length = bytes.readUInt16LE(at);
    at += 2;
    keys.push(length === noKey ? null : bytes.toString("utf8", at, at + length));
    if (length !== noKey) at += length;
  }
  const read = (column: Column): unknown[] => {
    const values: unknown[] = [];
    for (let i = 0; i < n; i++) {
      if (column.datatype === "BYTES") {
        const length = bytes.readUInt32LE(at);
        values.push(bytes.toString("utf8", at + 4, at + 4 + length));
        at += 4 + length;
      } else {
        values.push(readNumber(bytes, at, column.datatype));
        at += width[column.datatype];
      }
    }
    return values;
  };
  const inputs = context.inputs.map(read);
  const outputs = context.outputs.map(read);
  for (let i = 0; i < n; i++) {
    const named = (columns: readonly Column[], values: readonly unknown[][]): Record<string, unknown> =>
      Object.fromEntries(columns.map((column, c) => [column.name, values[c]?.[i]]));
    onRow(
      {
        id: rowId(context.segment, firstRow + i),
        observedMs: observed[i]!,
        receivedMs,
        epoch: context.epoch,
        model: context.model,
        version: context.version,
        arm: context.arm,
        key: keys[i] ?? null,
        use: context.use,
        caller: context.caller,
        features: named(context.inputs, inputs),
        outputs: named(context.outputs, outputs),
        latencyUs,
        flags,
      },
      context,
    );
  }
  return firstRow + n;
}

function readNumber(bytes: Buffer, at: number, datatype: Exclude<Datatype, "BYTES">): number | boolean {
  switch (datatype) {
    case "FP32":
      return bytes.readFloatLE(at);
    case "FP64":
      return bytes.readDoubleLE(at);
    case "INT32":
      return bytes.readInt32LE(at);
    case "INT64":
      // Requests carry whole numbers below 2^53 only; a model may answer larger ones, rounded here.
      return Number(bytes.readBigInt64LE(at));
    case "BOOL":
      return bytes[at] === 1;
  }
}
