import { z } from "zod";
import { operation } from "../operation.ts";
import { name, paged, time } from "../shapes.ts";
import { experimentId, runId } from "./tracking.ts";

export const traceState = z.enum(["STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"]);

const assessment = z.object({
  id: z.string(),
  /** Null: about the whole trace. */
  span: z.string().nullable(),
  name: z.string(),
  kind: z.enum(["feedback", "expectation", "issue"]),
  value: z.unknown(),
  rationale: z.string().nullable(),
  source: z.string(),
  /** Not when another took its place. */
  valid: z.boolean(),
});

export const traceRow = z.object({
  id: z.string(),
  /** As its client named it, else that of its first span. */
  name: z.string().nullable(),
  experiment: experimentId,
  state: traceState,
  started: time,
  seconds: z.number().nullable(),
  /** Their beginnings. */
  request: z.string().nullable(),
  response: z.string().nullable(),
  assessments: z.array(assessment),
});
export type TraceRow = z.output<typeof traceRow>;

export const traceSpan = z.object({
  id: z.string(),
  parent: z.string().nullable(),
  name: z.string(),
  /** `LLM`, `RETRIEVER`, as its client says. */
  type: z.string().nullable(),
  failed: z.boolean(),
  message: z.string(),
  /** After the begin of the trace. */
  atSeconds: z.number(),
  seconds: z.number().nullable(),
  attributes: z.record(z.string(), z.unknown()),
  events: z.array(z.object({ name: z.string(), atSeconds: z.number(), attributes: z.record(z.string(), z.unknown()) })),
});
export type TraceSpan = z.output<typeof traceSpan>;

export const traceOperations = {
  "traces.list": operation({
    method: "GET",
    path: "/p/{project}/traces",
    capability: "read",
    input: z.object({
      project: name,
      experiment: experimentId.optional(),
      /** Those that were made within this run, or linked to it. */
      run: runId.optional(),
      /** MLflow's search of traces. */
      filter: z.string().max(8000).default(""),
      ...paged,
    }),
    output: z.object({ traces: z.array(traceRow), cursor: z.string().nullable() }),
    text: "Traces with what was said about them, newest first.",
  }),
  "traces.get": operation({
    method: "GET",
    path: "/p/{project}/traces/{trace}",
    capability: "read",
    input: z.object({ project: name, trace: z.string().min(1).max(200) }),
    output: traceRow.extend({
      tags: z.record(z.string(), z.string()),
      metadata: z.record(z.string(), z.string()),
      /** Roots first, then by their begin. */
      spans: z.array(traceSpan),
    }),
    text: "One trace with its spans.",
  }),
};
