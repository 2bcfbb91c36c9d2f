import type { Json } from "../../../base/foundation/canonical-json.ts";
import { invalid } from "../mlflow/failures.ts";
import { messages, requiredText, text } from "../mlflow/fields.ts";
import type { Input } from "../mlflow/model.ts";
import { type Assessment, type KeyValue, type Span, type TraceInfo, type TraceState, traceStates } from "./model.ts";
import type { AssessmentChange, NewAssessment } from "./service.ts";
import { pythonJson, valued } from "./values.ts";

const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");
const some = (name: string, list: readonly unknown[]): object => (list.length > 0 ? { [name]: list } : {});
const time = (ms: number): string => new Date(ms).toISOString();

/** A span as OpenTelemetry's protobuf in JSON. */
export const spanMessage = (span: Span): object => ({
  trace_id: base64(span.traceId),
  span_id: base64(span.spanId),
  ...(span.parentId !== null && { parent_span_id: base64(span.parentId) }),
  name: span.name,
  ...(span.kind !== 0 && { kind: span.kind }),
  start_time_unix_nano: span.startNs,
  ...(span.endNs !== null && { end_time_unix_nano: span.endNs }),
  ...some("attributes", span.attributes),
  ...some(
    "events",
    span.events.map((one) => ({ time_unix_nano: one.timeNs, name: one.name, ...some("attributes", one.attributes) })),
  ),
  ...some(
    "links",
    span.links.map((one) => ({ trace_id: base64(one.traceId), span_id: base64(one.spanId), ...some("attributes", one.attributes) })),
  ),
  status: { ...(span.status.message !== "" && { message: span.status.message }), code: span.status.code },
});

const codes = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];
/** A span as a file of MLflow's holds it: attributes are texts of JSON. */
export const spanFile = (span: Span): string => {
  const plainPairs = (pairs: readonly KeyValue[]): string =>
    `{${pairs.map((one) => `${JSON.stringify(one.key)}: ${pythonJson(one.value)}`).join(", ")}}`;
  const events = span.events.map(
    (one) => `{"name": ${JSON.stringify(one.name)}, "time_unix_nano": ${one.timeNs}, "attributes": ${plainPairs(one.attributes)}}`,
  );
  const links = span.links.map(
    (one) => `{"trace_id": "tr-${one.traceId}", "span_id": "${one.spanId}", "attributes": ${plainPairs(one.attributes)}}`,
  );
  const attributes = span.attributes.map((one) => `${JSON.stringify(one.key)}: ${JSON.stringify(pythonJson(one.value))}`);
  return `{"trace_id": "${base64(span.traceId)}", "span_id": "${base64(span.spanId)}", "parent_span_id": ${span.parentId === null ? "null" : `"${base64(span.parentId)}"`}, "name": ${JSON.stringify(span.name)}, "start_time_unix_nano": ${span.startNs}, "end_time_unix_nano": ${span.endNs ?? "null"}, "events": [${events.join(", ")}], "status": {"code": "${codes[span.status.code] ?? codes[0]}", "message": ${JSON.stringify(span.status.message)}}, "attributes": {${attributes.join(", ")}}${links.length > 0 ? `, "links": [${links.join(", ")}]` : ""}}`;
};

export const assessmentMessage = (one: Assessment): object => ({
  assessment_id: one.id,
  assessment_name: one.name,
  trace_id: one.traceId,
  ...(one.spanId !== null && { span_id: one.spanId }),
  source: { source_type: one.sourceType, source_id: one.sourceId },
  create_time: time(one.createdMs),
  last_update_time: time(one.updatedMs),
  ...(one.kind === "feedback" && { feedback: { value: one.value, ...(one.error !== null && { error: one.error }) } }),
  ...(one.kind === "expectation" && {
    expectation:
      typeof one.value === "object" && one.value !== null
        ? { serialized_value: { serialization_format: "JSON_FORMAT", value: pythonJson(valued(one.value)) } }
        : { value: one.value },
  }),
  ...(one.kind === "issue" && { issue: one.value }),
  ...(one.rationale !== null && { rationale: one.rationale }),
  ...(Object.keys(one.metadata).length > 0 && { metadata: one.metadata }),
  ...(one.overrides !== null && { overrides: one.overrides }),
  valid: one.valid,
});

/** Seconds with the unit, as protobuf writes a duration. */
const duration = (ms: number): string => `${Math.floor(ms / 1000)}${ms % 1000 === 0 ? "" : `.${String(ms % 1000).padStart(3, "0")}`}s`;

export const infoMessage = (one: TraceInfo): object => ({
  trace_id: one.id,
  ...(one.clientRequestId !== null && { client_request_id: one.clientRequestId }),
  trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: one.experimentId } },
  ...(one.requestPreview !== null && { request_preview: one.requestPreview }),
  ...(one.responsePreview !== null && { response_preview: one.responsePreview }),
  request_time: time(one.requestMs),
  ...(one.durationMs !== null && { execution_duration: duration(one.durationMs) }),
  state: one.state,
  ...(Object.keys(one.metadata).length > 0 && { trace_metadata: one.metadata }),
  ...some("assessments", one.assessments.map(assessmentMessage)),
  ...(Object.keys(one.tags).length > 0 && { tags: one.tags }),
});

const pairs = (texts: Readonly<Record<string, string>>): object[] => Object.entries(texts).map(([key, value]) => ({ key, value }));
/** The older form, which has lists of pairs. */
export const oldInfoMessage = (one: TraceInfo): object => ({
  request_id: one.id,
  experiment_id: one.experimentId,
  timestamp_ms: one.requestMs,
  ...(one.durationMs !== null && { execution_time_ms: one.durationMs }),
  status: one.state === "STATE_UNSPECIFIED" ? "TRACE_STATUS_UNSPECIFIED" : one.state,
  ...some("request_metadata", pairs(one.metadata)),
  ...some("tags", pairs(one.tags)),
});

/** A message within a message; empty when it is absent. */
export function part(input: Input, key: string): Input {
  const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const value = input[key] ?? input[camel];
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalid(`Invalid value for parameter '${key}' supplied: it is no object.`);
  return value as Input;
}
export function texts(input: Input, key: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(part(input, key)).map(([name, value]) => {
      if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
        throw invalid(`Invalid value for parameter '${key}.${name.slice(0, 100)}' supplied: it is no text.`);
      if (name === "__proto__") throw invalid(`Invalid value for parameter '${key}' supplied: __proto__ cannot be a name.`);
      return [name, String(value)];
    }),
  );
}
export const pairsOf = (input: Input, key: string): Record<string, string> =>
  Object.fromEntries(messages(input, key).map((one) => [requiredText(one, "key"), text(one, "value") ?? ""]));

export function timeOf(value: string, field: string): number {
  const ms = Date.parse(value);
  if (!Number.isFinite(ms))
    throw invalid(`Invalid value ${JSON.stringify(value.slice(0, 100))} for parameter '${field}' supplied: it is no time.`);
  return ms;
}
export function durationOf(value: string, field: string): number {
  const found = /^(-?[0-9]{1,12}(?:\.[0-9]{1,9})?)s$/.exec(value)?.[1];
  if (found === undefined)
    throw invalid(
      `Invalid value ${JSON.stringify(value.slice(0, 100))} for parameter '${field}' supplied: it is no duration such as "1.5s".`,
    );
  return Math.round(Number(found) * 1000);
}
export function stateOf(value: string | undefined): TraceState {
  const found = traceStates.find((one, i) => one === value || String(i) === value);
  if (value === undefined || value === "TRACE_STATUS_UNSPECIFIED") return "STATE_UNSPECIFIED";
  if (!found)
    throw invalid(
      `Invalid value ${JSON.stringify(value.slice(0, 100))} for parameter 'state' supplied: it is one of ${traceStates.join(", ")}.`,
    );
  return found;
}

/** The value that an assessment brings, whichever of its kinds. */
function judged(input: Input): Pick<Assessment, "kind" | "value" | "error"> | undefined {
  const has = (key: string): boolean => input[key] !== undefined && input[key] !== null;
  if (has("feedback")) {
    const { value = null, error = null } = part(input, "feedback") as { value?: Json; error?: Json };
    return { kind: "feedback", value, error };
  }
  if (has("expectation")) {
    const expectation = part(input, "expectation");
    const serialized = text(part(expectation, "serialized_value"), "value");
    if (serialized === undefined) return { kind: "expectation", value: (expectation["value"] ?? null) as Json, error: null };
    try {
      return { kind: "expectation", value: JSON.parse(serialized) as Json, error: null };
    } catch {
      throw invalid("Invalid value for parameter 'expectation.serialized_value' supplied: it is no JSON.");
    }
  }
  if (has("issue")) return { kind: "issue", value: part(input, "issue") as Json, error: null };
  return undefined;
}

export function newAssessment(input: Input, traceId: string): NewAssessment {
  const value = judged(input);
  if (!value)
    throw invalid("Missing value for required parameter 'assessment.feedback'. An assessment brings feedback, an expectation or an issue.");
  const source = part(input, "source");
  return {
    traceId,
    spanId: text(input, "span_id") || null,
    name: requiredText(input, "assessment_name"),
    ...value,
    sourceType: text(source, "source_type") || "CODE",
    sourceId: text(source, "source_id") || "default",
    rationale: text(input, "rationale") ?? null,
    metadata: texts(input, "metadata"),
    overrides: text(input, "overrides") || null,
  };
}

/** What a mask names of an assessment, in either spelling. */
export function assessmentChange(input: Input, mask: string): AssessmentChange {
  const change: AssessmentChange = {};
  for (const path of mask.split(",").map((one) => one.trim().replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))) {
    if (path === "assessment_name") change.name = requiredText(input, "assessment_name");
    else if (path === "feedback" || path === "expectation") Object.assign(change, judged(input));
    else if (path === "rationale") change.rationale = text(input, "rationale") ?? null;
    else if (path === "metadata") change.metadata = texts(input, "metadata");
    else if (path === "valid") change.valid = input["valid"] === true;
    else throw invalid(`Unsupported update mask path: ${JSON.stringify(path.slice(0, 100))}`);
  }
  return change;
}
