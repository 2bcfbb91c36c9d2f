import type { Json } from "../../../base/foundation/canonical-json.ts";

/** OpenTelemetry's value, as its protobuf has it in JSON: exactly one member. Integers beyond 2^53 are text. */
export type AnyValue =
  | { string_value: string }
  | { bool_value: boolean }
  | { int_value: number | string }
  | { double_value: number | string }
  | { array_value: { values?: AnyValue[] } }
  | { kvlist_value: { values?: KeyValue[] } }
  | { bytes_value: string }
  | Record<string, never>;
export type KeyValue = { key: string; value: AnyValue };

/** Ids are lower-case hex; times are nanoseconds since 1970 as decimal text, because they do not fit a double. */
export type Span = {
  traceId: string;
  spanId: string;
  parentId: string | null;
  name: string;
  kind: number;
  startNs: string;
  endNs: string | null;
  attributes: KeyValue[];
  events: { name: string; timeNs: string; attributes: KeyValue[] }[];
  links: { traceId: string; spanId: string; attributes: KeyValue[] }[];
  /** 0 unset, 1 OK, 2 error. */
  status: { code: number; message: string };
};
/** A span as it came, with the `service.name` of its resource. */
export type SentSpan = { span: Span; service: string | null };

export const traceStates = ["STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"] as const;
export type TraceState = (typeof traceStates)[number];
export type Texts = Readonly<Record<string, string>>;

export type TraceInfo = {
  id: string;
  project: string;
  experimentId: string;
  clientRequestId: string | null;
  requestPreview: string | null;
  responsePreview: string | null;
  requestMs: number;
  durationMs: number | null;
  state: TraceState;
  tags: Texts;
  metadata: Texts;
  assessments: Assessment[];
};
export type NewTrace = Omit<TraceInfo, "assessments">;

/** Tokens that a span's model call took; what it did not say is null. */
export const usageKeys = [
  "input_tokens",
  "output_tokens",
  "total_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
] as const;
export type Usage = Partial<Record<(typeof usageKeys)[number], number>>;

export type AssessmentKind = "feedback" | "expectation" | "issue";
/** What someone, a model or code says about a trace or one of its spans. */
export type Assessment = {
  id: string;
  project: string;
  traceId: string;
  spanId: string | null;
  name: string;
  kind: AssessmentKind;
  value: Json;
  error: Json;
  sourceType: string;
  sourceId: string;
  rationale: string | null;
  metadata: Texts;
  /** The assessment that this one replaces, which is not valid meanwhile. */
  overrides: string | null;
  valid: boolean;
  createdMs: number;
  updatedMs: number;
};
