import { type ExactJson, ExactNumber, parseExact } from "./exact-json.ts";
import type { AnyValue, KeyValue, Span } from "./model.ts";

type Members = { [key: string]: ExactJson };
const members = (value: ExactJson | undefined): Members =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber) ? value : {};
const list = (value: ExactJson | undefined): ExactJson[] => (Array.isArray(value) ? value : []);
const word = (value: ExactJson | undefined): string => (typeof value === "string" ? value : "");
const whole = (value: ExactJson | undefined): string =>
  value instanceof ExactNumber ? value.source : typeof value === "number" || typeof value === "string" ? String(value) : "0";
const hex = (value: ExactJson | undefined): string => Buffer.from(word(value), "base64").toString("hex");

/** Plain JSON as a value; a number with a point is a double, whatever it is. */
function valueOf(json: ExactJson): AnyValue {
  if (json === null) return {};
  if (json instanceof ExactNumber) return json.isInteger ? { int_value: json.source } : { double_value: Number(json.source) };
  if (typeof json === "string") return { string_value: json };
  if (typeof json === "boolean") return { bool_value: json };
  if (typeof json === "number") return { int_value: json };
  if (Array.isArray(json)) return { array_value: { values: json.map(valueOf) } };
  return { kvlist_value: { values: Object.entries(json).map(([key, value]) => ({ key, value: valueOf(value) })) } };
}
const pairsOf = (value: ExactJson | undefined): KeyValue[] =>
  Object.entries(members(value)).map(([key, one]) => ({ key, value: valueOf(one) }));

/** An attribute of a span is a text that holds JSON; one that holds none is itself. */
function attribute(value: ExactJson): AnyValue {
  if (typeof value !== "string") return valueOf(value);
  try {
    return valueOf(parseExact(value));
  } catch {
    return { string_value: value };
  }
}

/** Protobuf's value in JSON, where the name of its member says its type. */
function typed(value: ExactJson | undefined): AnyValue {
  const of = members(value);
  if (of["string_value"] !== undefined) return { string_value: word(of["string_value"]) };
  if (of["bool_value"] !== undefined) return { bool_value: of["bool_value"] === true };
  const int = of["int_value"];
  if (int !== undefined) return { int_value: typeof int === "number" ? int : safeInteger(whole(int)) };
  const double = of["double_value"];
  if (double !== undefined) return { double_value: typeof double === "string" ? double : Number(whole(double)) };
  if (of["array_value"] !== undefined) return { array_value: { values: list(members(of["array_value"])["values"]).map(typed) } };
  if (of["kvlist_value"] !== undefined) return { kvlist_value: { values: typedPairs(members(of["kvlist_value"])["values"]) } };
  return of["bytes_value"] === undefined ? {} : { bytes_value: word(of["bytes_value"]) };
}
const safeInteger = (text: string): number | string => (Number.isSafeInteger(Number(text)) ? Number(text) : text);
const typedPairs = (value: ExactJson | undefined): KeyValue[] =>
  list(value).map((one) => ({ key: word(members(one)["key"]), value: typed(members(one)["value"]) }));

const codes = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];
const bareCodes = ["UNSET", "OK", "ERROR"];
const kinds = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"].map((one) => `SPAN_KIND_${one}`);
const numbered = (value: ExactJson | undefined, names: readonly string[]): number =>
  typeof value === "number" ? value : Math.max(0, names.indexOf(word(value)));

/** A span as MLflow writes it into a file or a row (`texts`), or as its server answers (`typed`). Fields that another version has are ignored. */
export function spanOf(json: ExactJson, form: "texts" | "typed"): Span {
  const one = members(json);
  if (one["context"] !== undefined) return olderSpan(one);
  const status = members(one["status"]);
  const pairs = form === "texts" ? pairsOf : typedPairs;
  const attributes =
    form === "typed"
      ? typedPairs(one["attributes"])
      : Object.entries(members(one["attributes"])).map(([key, value]) => ({ key, value: attribute(value) }));
  const endNs = whole(one["end_time_unix_nano"]);
  // MLflow 3.5.0 wrote ids as hex, and the status as its bare name.
  const idOf = word(one["trace_id"]).startsWith("tr-") ? (id: ExactJson | undefined) => word(id).replace(/^tr-/, "") : hex;
  return {
    traceId: idOf(one["trace_id"]),
    spanId: idOf(one["span_id"]),
    parentId: idOf(one["parent_span_id"]) || null,
    name: word(one["name"]),
    kind: numbered(one["kind"], kinds),
    startNs: whole(one["start_time_unix_nano"]),
    endNs: endNs === "0" ? null : endNs,
    attributes,
    events: list(one["events"]).map((event) => {
      const of = members(event);
      return { name: word(of["name"]), timeNs: whole(of["time_unix_nano"]), attributes: pairs(of["attributes"]) };
    }),
    links: list(one["links"]).map((link) => {
      const of = members(link);
      const [traceId, spanId] =
        form === "typed" ? [hex(of["trace_id"]), hex(of["span_id"])] : [word(of["trace_id"]).replace(/^tr-/, ""), word(of["span_id"])];
      return { traceId, spanId, attributes: pairs(of["attributes"]) };
    }),
    status: { code: numbered(status["code"], codes) || numbered(status["code"], bareCodes), message: word(status["message"]) },
  };
}

/** As MLflow 2 wrote it. */
function olderSpan(one: Members): Span {
  const context = members(one["context"]);
  const plainHex = (value: ExactJson | undefined): string => word(value).replace(/^0x/, "");
  const endNs = whole(one["end_time"]);
  return {
    traceId: plainHex(context["trace_id"]),
    spanId: plainHex(context["span_id"]),
    parentId: plainHex(one["parent_id"]) || null,
    name: word(one["name"]),
    kind: 0,
    startNs: whole(one["start_time"]),
    endNs: endNs === "0" ? null : endNs,
    attributes: Object.entries(members(one["attributes"])).map(([key, value]) => ({ key, value: attribute(value) })),
    events: list(one["events"]).map((event) => {
      const of = members(event);
      return { name: word(of["name"]), timeNs: whole(of["timestamp"]), attributes: pairsOf(of["attributes"]) };
    }),
    links: [],
    status: { code: numbered(one["status_code"], bareCodes), message: word(one["status_message"]) },
  };
}

/** The spans of a trace's file. Undefined when the text is none. */
export function spansOfFile(text: string): Span[] | undefined {
  try {
    const { spans } = members(parseExact(text));
    return Array.isArray(spans) ? spans.map((one) => spanOf(one, "texts")) : undefined;
  } catch {
    return undefined;
  }
}
