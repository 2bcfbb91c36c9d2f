import type { Json } from "../../../base/foundation/canonical-json.ts";
import type { AnyValue, KeyValue, Span } from "./model.ts";

/** A value as plain JSON. */
export function plain(value: AnyValue): Json {
  if ("string_value" in value) return value.string_value ?? "";
  if ("bool_value" in value) return value.bool_value ?? false;
  if ("int_value" in value) return value.int_value ?? 0;
  if ("double_value" in value) return value.double_value ?? 0;
  if ("array_value" in value) return (value.array_value?.values ?? []).map(plain);
  if ("kvlist_value" in value) return Object.fromEntries((value.kvlist_value?.values ?? []).map((one) => [one.key, plain(one.value)]));
  if ("bytes_value" in value) return value.bytes_value ?? "";
  return null;
}

/** Plain JSON as a value. */
export function valued(json: Json): AnyValue {
  if (json === null || json === undefined) return {};
  if (typeof json === "string") return { string_value: json };
  if (typeof json === "boolean") return { bool_value: json };
  if (typeof json === "number") return Number.isSafeInteger(json) ? { int_value: json } : { double_value: json };
  if (Array.isArray(json)) return { array_value: { values: (json as readonly Json[]).map(valued) } };
  return { kvlist_value: { values: Object.entries(json).map(([key, value]) => ({ key, value: valued(value ?? null) })) } };
}

export const attributeOf = (attributes: readonly KeyValue[], key: string): Json | undefined => {
  const found = attributes.find((one) => one.key === key);
  return found && plain(found.value);
};

/** The text that Python's json writes: a space behind `,` and `:`, a point in every double. */
export function pythonJson(value: AnyValue): string {
  if ("int_value" in value) return String(value.int_value);
  if ("double_value" in value) {
    const { double_value: double } = value;
    return typeof double === "string" ? double : Number.isInteger(double) && Math.abs(double) < 1e16 ? `${double}.0` : String(double);
  }
  if ("array_value" in value) return `[${(value.array_value?.values ?? []).map(pythonJson).join(", ")}]`;
  if ("kvlist_value" in value)
    return `{${(value.kvlist_value?.values ?? []).map((one) => `${JSON.stringify(one.key)}: ${pythonJson(one.value)}`).join(", ")}}`;
  return JSON.stringify(plain(value));
}

/** A value as it is kept: shorter, and without words that a search for text would find. */
type Packed =
  | { s: string }
  | { b: boolean }
  | { i: number | string }
  | { d: number | string }
  | { a: Packed[] }
  | { k: PackedPair[] }
  | { x: string }
  | null;
type PackedPair = [key: string, value: Packed];

function packed(value: AnyValue): Packed {
  if ("string_value" in value) return { s: value.string_value ?? "" };
  if ("bool_value" in value) return { b: value.bool_value ?? false };
  if ("int_value" in value) return { i: value.int_value ?? 0 };
  if ("double_value" in value) return { d: value.double_value ?? 0 };
  if ("array_value" in value) return { a: (value.array_value?.values ?? []).map(packed) };
  if ("kvlist_value" in value) return { k: packedPairs(value.kvlist_value?.values ?? []) };
  return "bytes_value" in value ? { x: value.bytes_value ?? "" } : null;
}
const packedPairs = (pairs: readonly KeyValue[]): PackedPair[] => pairs.map((one) => [one.key, packed(one.value)]);

function unpacked(value: Packed): AnyValue {
  if (value === null) return {};
  if ("s" in value) return { string_value: value.s };
  if ("b" in value) return { bool_value: value.b };
  if ("i" in value) return { int_value: value.i };
  if ("d" in value) return { double_value: value.d };
  if ("a" in value) return { array_value: { values: value.a.map(unpacked) } };
  return "k" in value ? { kvlist_value: { values: unpackedPairs(value.k) } } : { bytes_value: value.x };
}
const unpackedPairs = (pairs: readonly PackedPair[]): KeyValue[] => pairs.map(([key, value]) => ({ key, value: unpacked(value) }));

/** The text of a span in its row. Attributes stand there as `["key",{"s":"text"}]`, which the search for them relies on. */
export const spanText = (span: Span): string =>
  JSON.stringify({
    ...span,
    attributes: packedPairs(span.attributes),
    events: span.events.map((one) => ({ ...one, attributes: packedPairs(one.attributes) })),
    links: span.links.map((one) => ({ ...one, attributes: packedPairs(one.attributes) })),
  });
export function spanOfText(text: string): Span {
  type Stored = { attributes: PackedPair[] };
  const stored = JSON.parse(text) as Omit<Span, "attributes" | "events" | "links"> &
    Stored & { events: (Span["events"][number] & Stored)[]; links: (Span["links"][number] & Stored)[] };
  return {
    ...stored,
    attributes: unpackedPairs(stored.attributes),
    events: stored.events.map((one) => ({ ...one, attributes: unpackedPairs(one.attributes) })),
    links: stored.links.map((one) => ({ ...one, attributes: unpackedPairs(one.attributes) })),
  };
}
