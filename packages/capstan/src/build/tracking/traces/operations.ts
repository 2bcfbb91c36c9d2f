import type { TraceRow, traceOperations, TraceSpan } from "@capstan/contract/operations/traces";
import type { Handlers } from "../../../base/foundation/caller.ts";
import { toTime } from "../../../base/foundation/clock.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Store } from "../../../base/record/store.ts";
import type { TrackingService } from "../service.ts";
import type { Assessment, KeyValue, Span, TraceInfo } from "./model.ts";
import { createTraces } from "./service.ts";
import { attributeOf, plain } from "./values.ts";

const mostExperiments = 1000;

/** Answers of `traces.*`: traces of a project as its pages show them. */
export const traceHandlers = (tracking: TrackingService, store: Store): Handlers<typeof traceOperations> => {
  const traces = createTraces(store);

  async function experimentsOf(project: string, experiment: string | undefined, run: string | undefined): Promise<string[]> {
    if (run !== undefined) {
      const found = await tracking.findRun(run);
      if (found?.project !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: run });
    }
    // A run's traces may be those of another experiment that were linked to it.
    const { experiments } = await tracking.experiments.list({ projects: [project], lifecycle: "all" }, mostExperiments, 0);
    const ids = experiments.map((one) => one.id);
    return experiment === undefined ? ids : ids.filter((id) => id === experiment);
  }

  return {
    "traces.list": async ({ project, experiment, run, filter, limit, cursor }) => {
      const all = [filter, ...(run === undefined ? [] : [`run_id = '${run}'`])].filter((one) => one.trim() !== "");
      const experimentIds = await experimentsOf(project, experiment, run);
      if (experimentIds.length === 0) return { traces: [], cursor: null };
      const found = await traces.search({
        experimentIds,
        filter: all.join(" AND "),
        orderBy: ["timestamp_ms DESC"],
        limit,
        ...(cursor !== undefined && { token: cursor }),
      });
      const names = await traces.rootNames(found.traces.map((one) => one.id));
      return { traces: found.traces.map((one) => rowOf(one, names.get(one.id))), cursor: found.next ?? null };
    },
    "traces.get": async ({ project, trace: id }) => {
      const trace = await traces.find(id);
      if (trace?.project !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "trace", name: id });
      const spans = (await traces.spans([id])).get(id) ?? [];
      return {
        ...rowOf(trace, spans.find((one) => one.parentId === null)?.name),
        tags: trace.tags,
        metadata: trace.metadata,
        spans: spans.map((span) => spanOf(span, trace.requestMs)),
      };
    },
  };
};

const said = (one: Assessment): TraceRow["assessments"][number] => ({
  id: one.id,
  span: one.spanId,
  name: one.name,
  kind: one.kind,
  value: one.value,
  rationale: one.rationale,
  source: one.sourceId,
  valid: one.valid,
});

const rowOf = (trace: TraceInfo, root: string | undefined): TraceRow => ({
  id: trace.id,
  name: trace.tags["mlflow.traceName"] ?? root ?? null,
  experiment: trace.experimentId,
  state: trace.state,
  started: toTime(trace.requestMs),
  seconds: trace.durationMs === null ? null : trace.durationMs / 1000,
  request: trace.requestPreview,
  response: trace.responsePreview,
  assessments: trace.assessments.map(said),
});

const attributesOf = (all: readonly KeyValue[]): Record<string, unknown> =>
  Object.fromEntries(all.map((one) => [one.key, plain(one.value)]));
const nsPerSecond = 1_000_000_000n;
const secondsOf = (ns: bigint): number => Number(ns) / Number(nsPerSecond);

function spanOf(span: Span, requestMs: number): TraceSpan {
  const beginNs = BigInt(requestMs) * 1_000_000n;
  const startNs = BigInt(span.startNs);
  const type = attributeOf(span.attributes, "mlflow.spanType");
  return {
    id: span.spanId,
    parent: span.parentId,
    name: span.name,
    type: typeof type === "string" ? type : null,
    failed: span.status.code === 2,
    message: span.status.message,
    atSeconds: Math.max(0, secondsOf(startNs - beginNs)),
    seconds: span.endNs === null ? null : secondsOf(BigInt(span.endNs) - startNs),
    attributes: attributesOf(span.attributes),
    events: span.events.map((one) => ({
      name: one.name,
      atSeconds: Math.max(0, secondsOf(BigInt(one.timeNs) - beginNs)),
      attributes: attributesOf(one.attributes),
    })),
  };
}
