import type { AnyValue, KeyValue, SentSpan, Span } from "./model.ts";
import { doubleOf, type Field, fieldsOf, hexOf, ProtobufError, signed, textOf } from "./protobuf.ts";

/** Values may hold values: not deeper than this. */
const deepest = 64;
const doubleWord = (value: number): number | string =>
  Number.isNaN(value) ? "NaN" : value === Infinity ? "Infinity" : value === -Infinity ? "-Infinity" : value;

const inner = (field: Field): Uint8Array => {
  if (field.wire !== 2) throw new ProtobufError(`field ${field.number} is no message`);
  return field.value;
};
const text = (field: Field): string => textOf(inner(field));
const number = (field: Field): bigint => {
  if (field.wire === 2) throw new ProtobufError(`field ${field.number} is no number`);
  return BigInt(field.value);
};

function anyValue(bytes: Uint8Array, depth: number): AnyValue {
  if (depth > deepest) throw new ProtobufError(`values are nested deeper than ${deepest}`);
  let found: AnyValue = {};
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) found = { string_value: text(field) };
    else if (field.number === 2) found = { bool_value: number(field) !== 0n };
    else if (field.number === 3) found = { int_value: signed(number(field)) };
    else if (field.number === 4) found = { double_value: doubleWord(doubleOf(number(field))) };
    else if (field.number === 5)
      found = {
        array_value: {
          values: [...fieldsOf(inner(field))].filter((one) => one.number === 1).map((one) => anyValue(inner(one), depth + 1)),
        },
      };
    else if (field.number === 6)
      found = {
        kvlist_value: {
          values: [...fieldsOf(inner(field))].filter((one) => one.number === 1).map((one) => keyValue(inner(one), depth + 1)),
        },
      };
    else if (field.number === 7) found = { bytes_value: Buffer.from(inner(field)).toString("base64") };
  }
  return found;
}
function keyValue(bytes: Uint8Array, depth = 0): KeyValue {
  const found: KeyValue = { key: "", value: {} };
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) found.key = text(field);
    else if (field.number === 2) found.value = anyValue(inner(field), depth);
  }
  return found;
}

const emptySpan = (): Span => ({
  traceId: "",
  spanId: "",
  parentId: null,
  name: "",
  kind: 0,
  startNs: "0",
  endNs: null,
  attributes: [],
  events: [],
  links: [],
  status: { code: 0, message: "" },
});

function spanOf(bytes: Uint8Array): Span {
  const span = emptySpan();
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) span.traceId = hexOf(inner(field));
    else if (field.number === 2) span.spanId = hexOf(inner(field));
    else if (field.number === 4) span.parentId = hexOf(inner(field)) || null;
    else if (field.number === 5) span.name = text(field);
    else if (field.number === 6) span.kind = Number(number(field));
    else if (field.number === 7) span.startNs = String(number(field));
    else if (field.number === 8) span.endNs = number(field) === 0n ? null : String(number(field));
    else if (field.number === 9) span.attributes.push(keyValue(inner(field)));
    else if (field.number === 11) {
      const event: Span["events"][number] = { name: "", timeNs: "0", attributes: [] };
      for (const one of fieldsOf(inner(field))) {
        if (one.number === 1) event.timeNs = String(number(one));
        else if (one.number === 2) event.name = text(one);
        else if (one.number === 3) event.attributes.push(keyValue(inner(one)));
      }
      span.events.push(event);
    } else if (field.number === 13) {
      const link: Span["links"][number] = { traceId: "", spanId: "", attributes: [] };
      for (const one of fieldsOf(inner(field))) {
        if (one.number === 1) link.traceId = hexOf(inner(one));
        else if (one.number === 2) link.spanId = hexOf(inner(one));
        else if (one.number === 4) link.attributes.push(keyValue(inner(one)));
      }
      span.links.push(link);
    } else if (field.number === 15) {
      for (const one of fieldsOf(inner(field))) {
        if (one.number === 2) span.status.message = text(one);
        else if (one.number === 3) span.status.code = Number(number(one));
      }
    }
  }
  return span;
}

const serviceOf = (attributes: readonly KeyValue[]): string | null => {
  const value = attributes.find((one) => one.key === "service.name")?.value;
  return value && "string_value" in value && typeof value.string_value === "string" ? value.string_value : null;
};

/** The spans of an ExportTraceServiceRequest in protobuf. `batches` counts its resource spans. */
export function spansOfProtobuf(bytes: Uint8Array): { spans: SentSpan[]; batches: number } {
  const spans: SentSpan[] = [];
  let batches = 0;
  for (const batch of fieldsOf(bytes)) {
    if (batch.number !== 1) continue;
    batches++;
    let service: string | null = null;
    const found: Span[] = [];
    for (const field of fieldsOf(inner(batch))) {
      if (field.number === 1)
        service = serviceOf([...fieldsOf(inner(field))].filter((one) => one.number === 1).map((one) => keyValue(inner(one))));
      else if (field.number === 2) for (const one of fieldsOf(inner(field))) if (one.number === 2) found.push(spanOf(inner(one)));
    }
    spans.push(...found.map((span) => ({ span, service })));
  }
  return { spans, batches };
}

type Loose = Record<string, unknown>;
const wrong = (what: string): ProtobufError => new ProtobufError(`${what} has another form than OTLP's JSON`);
const loose = (value: unknown, what: string): Loose => {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw wrong(what);
  return value as Loose;
};
const list = (value: unknown, what: string): unknown[] => {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong(what);
  return value;
};
const word = (value: unknown, what: string): string => {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw wrong(what);
  return value;
};
const hexWord = (value: unknown, what: string): string => {
  const id = word(value, what).toLowerCase();
  if (!/^([0-9a-f]{2})*$/.test(id)) throw wrong(what);
  return id;
};
const nanos = (value: unknown, what: string): string => {
  if (value === undefined || value === null) return "0";
  if ((typeof value !== "string" && typeof value !== "number") || !/^[0-9]{1,20}$/.test(String(value))) throw wrong(what);
  return String(value);
};

function anyOfJson(value: unknown, depth = 0): AnyValue {
  if (depth > deepest) throw new ProtobufError(`values are nested deeper than ${deepest}`);
  const one = loose(value, "a value");
  const has = (camel: string, snake: string): unknown => one[camel] ?? one[snake];
  const string = has("stringValue", "string_value");
  if (string !== undefined) return { string_value: word(string, "stringValue") };
  const bool = has("boolValue", "bool_value");
  if (bool !== undefined) return { bool_value: bool === true };
  const int = has("intValue", "int_value");
  if (int !== undefined) {
    if (!/^-?[0-9]{1,19}$/.test(String(int))) throw wrong("intValue");
    return { int_value: signed(BigInt(String(int))) };
  }
  const double = has("doubleValue", "double_value");
  if (double !== undefined) return { double_value: doubleWord(Number(double)) };
  const array = has("arrayValue", "array_value");
  if (array !== undefined)
    return { array_value: { values: list(loose(array, "arrayValue")["values"], "values").map((item) => anyOfJson(item, depth + 1)) } };
  const members = has("kvlistValue", "kvlist_value");
  if (members !== undefined) return { kvlist_value: { values: pairsOfJson(loose(members, "kvlistValue")["values"], depth + 1) } };
  const bytes = has("bytesValue", "bytes_value");
  return bytes === undefined ? {} : { bytes_value: word(bytes, "bytesValue") };
}
const pairsOfJson = (value: unknown, depth = 0): KeyValue[] =>
  list(value, "attributes").map((item) => {
    const one = loose(item, "an attribute");
    return { key: word(one["key"], "key"), value: anyOfJson(one["value"], depth) };
  });

const statusCodes = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];
const codeOf = (value: unknown, names: readonly string[]): number =>
  typeof value === "number" ? value : typeof value === "string" ? Math.max(0, names.indexOf(value)) : 0;
const kinds = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"].map((one) => `SPAN_KIND_${one}`);

/** The same in JSON, where ids are hex and names are in camel case. */
export function spansOfJson(body: unknown): { spans: SentSpan[]; batches: number } {
  const spans: SentSpan[] = [];
  const batches = list(loose(body, "the request")["resourceSpans"], "resourceSpans");
  for (const batch of batches) {
    const one = loose(batch, "resourceSpans");
    const service = serviceOf(pairsOfJson(loose(one["resource"], "resource")["attributes"]));
    for (const scope of list(one["scopeSpans"], "scopeSpans")) {
      for (const item of list(loose(scope, "scopeSpans")["spans"], "spans")) {
        const raw = loose(item, "a span");
        const status = loose(raw["status"], "status");
        const endNs = nanos(raw["endTimeUnixNano"], "endTimeUnixNano");
        spans.push({
          service,
          span: {
            traceId: hexWord(raw["traceId"], "traceId"),
            spanId: hexWord(raw["spanId"], "spanId"),
            parentId: hexWord(raw["parentSpanId"], "parentSpanId") || null,
            name: word(raw["name"], "name"),
            kind: codeOf(raw["kind"], kinds),
            startNs: nanos(raw["startTimeUnixNano"], "startTimeUnixNano"),
            endNs: endNs === "0" ? null : endNs,
            attributes: pairsOfJson(raw["attributes"]),
            events: list(raw["events"], "events").map((event) => {
              const was = loose(event, "an event");
              return {
                name: word(was["name"], "name"),
                timeNs: nanos(was["timeUnixNano"], "timeUnixNano"),
                attributes: pairsOfJson(was["attributes"]),
              };
            }),
            links: list(raw["links"], "links").map((link) => {
              const to = loose(link, "a link");
              return {
                traceId: hexWord(to["traceId"], "traceId"),
                spanId: hexWord(to["spanId"], "spanId"),
                attributes: pairsOfJson(to["attributes"]),
              };
            }),
            status: { code: codeOf(status["code"], statusCodes), message: word(status["message"], "message") },
          },
        });
      }
    }
  }
  return { spans, batches: batches.length };
}
