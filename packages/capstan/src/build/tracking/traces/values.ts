import type { Json } from "../../../base/foundation/canonical-json.ts";
import type { AnyValue, KeyValue } from "./model.ts";

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
