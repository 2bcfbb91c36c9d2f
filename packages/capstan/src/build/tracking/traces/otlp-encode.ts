import type { AnyValue, KeyValue, Span } from "./model.ts";

/** Writes spans in protobuf, as OTLP has them: the only form that every MLflow server takes. */
function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
const tag = (number: number, wire: number): Buffer => varint(BigInt((number << 3) | wire));
const bytes = (number: number, value: Uint8Array): Buffer => Buffer.concat([tag(number, 2), varint(BigInt(value.length)), value]);
const text = (number: number, value: string): Buffer => (value === "" ? Buffer.alloc(0) : bytes(number, Buffer.from(value)));
const integer = (number: number, value: bigint): Buffer => Buffer.concat([tag(number, 0), varint(value)]);
const nothing = Buffer.alloc(0);
const hex = (number: number, value: string | null): Buffer =>
  value === null || value === "" ? nothing : bytes(number, Buffer.from(value, "hex"));
function fixed(number: number, write: (at: Buffer) => void): Buffer {
  const eight = Buffer.alloc(8);
  write(eight);
  return Buffer.concat([tag(number, 1), eight]);
}
const nanos = (number: number, value: string): Buffer => fixed(number, (at) => at.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value))));
const many = <T>(number: number, all: readonly T[], one: (of: T) => Buffer): Buffer =>
  Buffer.concat(all.map((of) => bytes(number, one(of))));

function anyValue(value: AnyValue): Buffer {
  // A member that is said counts, also when it is empty.
  if ("string_value" in value) return bytes(1, Buffer.from(value.string_value ?? ""));
  if ("bool_value" in value) return integer(2, value.bool_value ? 1n : 0n);
  if ("int_value" in value) {
    const whole = BigInt(value.int_value ?? 0);
    // Beyond 64 bits it is no integer of protobuf's.
    return BigInt.asIntN(64, whole) === whole ? integer(3, whole) : anyValue({ double_value: Number(whole) });
  }
  if ("double_value" in value) return fixed(4, (at) => at.writeDoubleLE(Number(value.double_value)));
  if ("array_value" in value) return bytes(5, many(1, value.array_value?.values ?? [], anyValue));
  if ("kvlist_value" in value) return bytes(6, many(1, value.kvlist_value?.values ?? [], keyValue));
  return "bytes_value" in value ? bytes(7, Buffer.from(value.bytes_value ?? "", "base64")) : nothing;
}
const keyValue = (one: KeyValue): Buffer => Buffer.concat([text(1, one.key), bytes(2, anyValue(one.value))]);

const spanBytes = (span: Span): Buffer =>
  Buffer.concat([
    hex(1, span.traceId),
    hex(2, span.spanId),
    hex(4, span.parentId),
    text(5, span.name),
    span.kind === 0 ? nothing : integer(6, BigInt(span.kind)),
    nanos(7, span.startNs),
    span.endNs === null ? nothing : nanos(8, span.endNs),
    many(9, span.attributes, keyValue),
    many(11, span.events, (one) => Buffer.concat([nanos(1, one.timeNs), text(2, one.name), many(3, one.attributes, keyValue)])),
    many(13, span.links, (one) => Buffer.concat([hex(1, one.traceId), hex(2, one.spanId), many(4, one.attributes, keyValue)])),
    bytes(15, Buffer.concat([text(2, span.status.message), span.status.code === 0 ? nothing : integer(3, BigInt(span.status.code))])),
  ]);

/** An ExportTraceServiceRequest. */
export const protobufOfSpans = (spans: readonly Span[]): Buffer => bytes(1, bytes(2, many(2, spans, spanBytes)));
