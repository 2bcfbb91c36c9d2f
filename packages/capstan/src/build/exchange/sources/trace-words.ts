import type { Json as Plain } from "../../../base/foundation/canonical-json.ts";
import { durationOf } from "../../tracking/traces/messages.ts";
import { type Assessment, type TraceState, traceStates } from "../../tracking/traces/model.ts";
import type { SourceTrace } from "../model.ts";
import { type Json, list, maybe, number, object, said, text, textsOf } from "./words.ts";

const texts = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(object(value)).map(([key, one]) => [key, text(one)]));
const timeMs = (value: unknown): number => (value === undefined ? 0 : Date.parse(text(value)));

export function assessmentOf(one: Json, traceId: string): Omit<Assessment, "project"> {
  const feedback = one["feedback"] === undefined ? undefined : object(one["feedback"]);
  const expectation = one["expectation"] === undefined ? undefined : object(one["expectation"]);
  const serialized = expectation && object(expectation["serialized_value"])["value"];
  const source = object(one["source"]);
  const value = feedback
    ? feedback["value"]
    : expectation
      ? serialized === undefined
        ? expectation["value"]
        : JSON.parse(text(serialized))
      : object(one["issue"]);
  return {
    id: text(one["assessment_id"]),
    traceId,
    spanId: said(one["span_id"]),
    name: text(one["assessment_name"]),
    kind: feedback ? "feedback" : expectation ? "expectation" : "issue",
    value: (value ?? null) as Plain,
    error: (feedback?.["error"] ?? null) as Plain,
    sourceType: text(source["source_type"]),
    sourceId: text(source["source_id"]),
    rationale: maybe(one["rationale"]),
    metadata: texts(one["metadata"]),
    overrides: said(one["overrides"]),
    valid: one["valid"] !== false,
    createdMs: timeMs(one["create_time"]),
    updatedMs: timeMs(one["last_update_time"]),
  };
}
/** What is said of a trace beside its spans. */
export type Info = Omit<SourceTrace, "spans" | "runs">;
export const infoOf = (one: Json): Info => {
  const id = text(one["trace_id"]);
  const duration = said(one["execution_duration"]);
  const durationMs = maybe(one["execution_duration_ms"]);
  return {
    id,
    experimentId: text(object(object(one["trace_location"])["mlflow_experiment"])["experiment_id"]),
    clientRequestId: said(one["client_request_id"]),
    requestPreview: maybe(one["request_preview"]),
    responsePreview: maybe(one["response_preview"]),
    requestMs: timeMs(one["request_time"]),
    durationMs: durationMs !== null ? number(durationMs) : duration === null ? null : durationOf(duration, "execution_duration"),
    state: traceStates.find((state): state is TraceState => state === one["state"]) ?? "STATE_UNSPECIFIED",
    tags: texts(one["tags"]),
    metadata: texts(one["trace_metadata"]),
    assessments: list(one["assessments"]).map((said) => assessmentOf(said, id)),
  };
};
/** As MLflow 2 says it. */
export const olderInfoOf = (one: Json): Info => ({
  id: text(one["request_id"]),
  experimentId: text(one["experiment_id"]),
  clientRequestId: null,
  requestPreview: null,
  responsePreview: null,
  requestMs: number(one["timestamp_ms"]),
  durationMs: one["execution_time_ms"] === undefined ? null : number(one["execution_time_ms"]),
  state: traceStates.find((state): state is TraceState => state === one["status"]) ?? "STATE_UNSPECIFIED",
  tags: textsOf(one["tags"]),
  metadata: textsOf(one["request_metadata"]),
  assessments: [],
});
