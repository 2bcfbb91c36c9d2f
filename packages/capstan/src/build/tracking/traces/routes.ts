import { setTimeout as pause } from "node:timers/promises";
import type { Capability } from "@capstan/contract";
import type { Caller } from "../../../base/foundation/caller.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { experimentId, integer, messages, requiredText, text, texts } from "../mlflow/fields.ts";
import { invalid, WireFailure } from "../mlflow/failures.ts";
import { artifactRootOf } from "../mlflow/messages.ts";
import type { Input, WireReply, WireRequest, WireRoute } from "../mlflow/model.ts";
import { createSurface, type SurfaceOptions } from "../mlflow/surface.ts";
import { durationOf, infoMessage, newAssessment, part, spanFile, spanMessage, stateOf, texts as textsOf, timeOf } from "./messages.ts";
import { type Aggregation, correlation, traceMetrics } from "./metrics.ts";
import type { NewTrace, Span, TraceInfo } from "./model.ts";
import { assessmentRoutes } from "./assessment-routes.ts";
import { linkRoutes } from "./link-routes.ts";
import { oldRoutes } from "./old-routes.ts";
import { type Answer, cutTags, type Method, traceId } from "./route.ts";
import { otlpRoute } from "./otlp-route.ts";
import { createTraces } from "./service.ts";

/** How long a trace that is not whole yet is waited for. */
const pausesMs = [100, 400, 1500];

const worded = (thrown: unknown): unknown =>
  thrown instanceof CapstanError && thrown.code === "CAP-NOT-FOUND-001"
    ? new WireFailure(
        "RESOURCE_DOES_NOT_EXIST",
        thrown.params["noun"] === "trace"
          ? `Trace with ID ${thrown.params["name"]} is not found.`
          : thrown.params["noun"] === "assessment"
            ? `Assessment with ID '${thrown.params["name"]}' not found for trace.`
            : `No ${thrown.params["noun"]} ${thrown.params["name"]}`,
      )
    : thrown;

/** Traces: OpenTelemetry's way in, and MLflow's endpoints of both versions. */
export function traceRoutes(options: SurfaceOptions): WireRoute[] {
  const surface = createSurface(options);
  const traces = createTraces(options.store);
  const sees = (caller: Caller, one: { project: string }): boolean => !caller.projects || caller.projects.includes(one.project);
  const found = async (caller: Caller, id: string): Promise<TraceInfo> => {
    const trace = await traces.find(id);
    if (!trace || !sees(caller, trace)) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "trace", name: id });
    return trace;
  };
  const route = (version: 2 | 3, method: Method, path: string, capability: Capability, answer: Answer): WireRoute[] =>
    ["/api", "/ajax-api"].map((prefix) => ({
      method,
      path: `${prefix}/${version}.0/mlflow/${path}`,
      capability,
      takes: "message",
      async handle(request): Promise<WireReply> {
        try {
          return { status: 200, json: await answer(request) };
        } catch (thrown) {
          throw worded(thrown);
        }
      },
    }));
  const both = (method: Method, path: string, capability: Capability, answer: Answer): WireRoute[] => [
    ...route(2, method, path, capability, answer),
    ...route(3, method, path, capability, answer),
  ];
  const idOf = (request: WireRequest): string => traceId(request.params["trace"]);

  /** Experiments that the caller may see; others have nothing to find. */
  async function visible(caller: Caller, ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) throw invalid("Missing value for required parameter 'locations'. At least one experiment must be searched.");
    const all = await Promise.all(ids.map((id) => surface.tracking.experiments.find(experimentId(id))));
    return all.flatMap((one) => (one && sees(caller, one) ? [one.id] : []));
  }
  const locationOf = (experiment: { id: string; artifactLocation: string | null }): string =>
    experiment.artifactLocation ?? artifactRootOf(surface.artifactRoot, experiment.id);

  async function begun(
    caller: Caller,
    id: string,
    experiment: string,
    more: Omit<NewTrace, "id" | "project" | "experimentId">,
  ): Promise<NewTrace> {
    const { id: experimentId, project, lifecycle, artifactLocation } = await surface.experiment(caller, experiment);
    if (lifecycle !== "active")
      throw invalid(`The experiment ${experimentId} must be in the 'active' state. Current state is ${lifecycle}.`);
    const location = locationOf({ id: experimentId, artifactLocation });
    return {
      ...more,
      id,
      project,
      experimentId,
      tags: { ...cutTags(more.tags), "mlflow.artifactLocation": `${location}/traces/${id}/artifacts` },
    };
  }

  const start: Answer = async ({ input, caller }) => {
    const info = part(part(input, "trace"), "trace_info");
    const id = traceId(text(info, "trace_id"));
    const location = part(part(info, "trace_location"), "mlflow_experiment");
    const [requested, took] = [text(info, "request_time"), text(info, "execution_duration")];
    const trace = await begun(caller, id, experimentId(requiredText(location, "experiment_id")), {
      clientRequestId: text(info, "client_request_id") ?? null,
      requestPreview: text(info, "request_preview") ?? null,
      responsePreview: text(info, "response_preview") ?? null,
      requestMs: requested === undefined ? surface.store.clock.nowMs() : timeOf(requested, "request_time"),
      durationMs: took === undefined ? null : durationOf(took, "execution_duration"),
      state: stateOf(text(info, "state")),
      tags: textsOf(info, "tags"),
      metadata: { ...textsOf(info, "trace_metadata"), "mlflow.trace.infoFinalized": "true" },
    });
    const known = await traces.find(id);
    if (known && !sees(caller, known)) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "trace", name: id });
    const made = await traces.start(
      trace,
      messages(info, "assessments").map((one) => {
        const statedId = text(one, "assessment_id");
        return { ...newAssessment(one, id), ...(statedId && /^[\w-]{1,50}$/.test(statedId) && { statedId }) };
      }),
      caller,
    );
    return { trace: { trace_info: infoMessage(made) } };
  };

  /** Whether all spans that the client counted have come. */
  const whole = (trace: TraceInfo, spans: readonly Span[]): boolean => {
    const stats = trace.metadata["mlflow.trace.sizeStats"];
    if (stats === undefined) return true;
    try {
      const { num_spans: wanted } = JSON.parse(stats) as { num_spans?: unknown };
      return typeof wanted !== "number" || spans.length >= wanted;
    } catch {
      return true;
    }
  };
  const message = (trace: TraceInfo, spans: readonly Span[]): object => ({
    trace_info: infoMessage(trace),
    ...(spans.length > 0 && { spans: spans.map(spanMessage) }),
  });

  const get: Answer = async ({ input, caller }) => {
    const id = traceId(text(input, "trace_id"));
    const partial = String(input["allow_partial"] ?? "false").toLowerCase() === "true";
    for (let turn = 0; ; turn++) {
      const trace = await found(caller, id);
      const spans = (await traces.spans([id])).get(id) ?? [];
      if (partial || whole(trace, spans)) return { trace: message(trace, spans) };
      const waitMs = pausesMs[turn];
      if (waitMs === undefined)
        throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `Trace with ID ${id} is not fully exported yet, please try again later.`);
      await pause(waitMs, undefined, { ref: false });
    }
  };
  const batch = async (input: Input, caller: Caller): Promise<TraceInfo[]> => {
    const ids = texts(input, "trace_ids").map(traceId);
    if (ids.length > 500) throw invalid(`At most 500 traces are read at once, not ${ids.length}.`);
    return (await traces.traces(ids)).filter((one) => sees(caller, one));
  };

  async function search(input: Input, caller: Caller, experiments: readonly string[]): Promise<{ traces: TraceInfo[]; next?: string }> {
    const limit = integer(input, "max_results") ?? 100;
    if (limit < 1 || limit > 500)
      throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied: It must be at least 1 and at most 500.`);
    const [filter, token] = [text(input, "filter"), text(input, "page_token")];
    return traces.search({
      experimentIds: await visible(caller, experiments),
      ...(filter !== undefined && { filter }),
      orderBy: texts(input, "order_by"),
      limit,
      ...(token && { token }),
    });
  }

  const remove: Answer = async ({ input, caller }) => {
    const { id, project } = await surface.experiment(caller, experimentId(requiredText(input, "experiment_id")));
    const [untilMs, limit, ids] = [integer(input, "max_timestamp_millis"), integer(input, "max_traces"), texts(input, "request_ids")];
    if (untilMs === undefined && ids.length === 0) throw invalid("Either `max_timestamp_millis` or `request_ids` must be specified.");
    if (untilMs !== undefined && ids.length > 0) throw invalid("Only one of `max_timestamp_millis` and `request_ids` can be specified.");
    if (limit !== undefined && ids.length > 0) throw invalid("`max_traces` can't be specified if `request_ids` is specified.");
    if (limit !== undefined && limit <= 0) throw invalid(`\`max_traces\` must be a positive integer, received ${limit}.`);
    const which = untilMs === undefined ? { ids } : { untilMs, ...(limit !== undefined && { limit }) };
    return { traces_deleted: await traces.remove({ project, experimentId: id }, which, caller) };
  };

  const setTag: Answer = async (request) => {
    const { id } = await found(request.caller, idOf(request));
    await traces.setTags(id, cutTags({ [requiredText(request.input, "key")]: text(request.input, "value") ?? "" }));
    return {};
  };
  const removeTag: Answer = async (request) => {
    const { id } = await found(request.caller, idOf(request));
    await traces.removeTag(id, requiredText(request.input, "key"));
    return {};
  };

  const correlate: Answer = async ({ input, caller }) => {
    const ids = await visible(caller, texts(input, "experiment_ids"));
    const base = text(input, "base_filter") ?? "";
    const [one, two] = [requiredText(input, "filter_string1"), requiredText(input, "filter_string2")];
    const [all, first, second, joint] = await Promise.all([
      traces.count(ids, [base]),
      traces.count(ids, [base, one]),
      traces.count(ids, [base, two]),
      traces.count(ids, [base, one, two]),
    ]);
    const counts = { all, first, second, both: joint };
    const number = (value: number): number | "NaN" => (Number.isNaN(value) ? "NaN" : value);
    return {
      npmi: number(correlation(counts, 0)),
      npmi_smoothed: number(correlation(counts, 0.5)),
      filter1_count: first,
      filter2_count: second,
      joint_count: joint,
      total_count: all,
    };
  };

  const viewNames = ["", "TRACES", "SPANS", "ASSESSMENTS"] as const;
  const aggregationNames = ["", "COUNT", "SUM", "AVG", "PERCENTILE", "MIN", "MAX"] as const;
  const metrics: Answer = async ({ input, caller }) => {
    const stated = requiredText(input, "view_type");
    const view = viewNames.find((one, i) => one !== "" && (one === stated || String(i) === stated));
    if (!view)
      throw invalid(
        `Invalid value ${JSON.stringify(stated.slice(0, 50))} for parameter 'view_type' supplied: It is TRACES, SPANS or ASSESSMENTS.`,
      );
    const aggregations = messages(input, "aggregations").map((one): Aggregation => {
      const name = requiredText(one, "aggregation_type");
      const type = aggregationNames.find((known, i) => known !== "" && (known === name || String(i) === name));
      if (!type) throw invalid(`Invalid value ${JSON.stringify(name.slice(0, 50))} for parameter 'aggregation_type' supplied.`);
      const percentile = Number(one["percentile_value"] ?? 50);
      if (!(percentile >= 0 && percentile <= 100)) throw invalid("A percentile is a number from 0 to 100.");
      return { type, percentile };
    });
    const name = requiredText(input, "metric_name");
    const [every, from, to] = [integer(input, "time_interval_seconds"), integer(input, "start_time_ms"), integer(input, "end_time_ms")];
    if (every !== undefined && every < 1)
      throw invalid("Invalid value for parameter 'time_interval_seconds' supplied: It must be at least 1.");
    const limit = Math.min(1000, Math.max(1, integer(input, "max_results") ?? 1000));
    const points = await traceMetrics(surface.store.database, {
      experimentIds: await visible(caller, texts(input, "experiment_ids")),
      view,
      metric: name,
      aggregations,
      dimensions: texts(input, "dimensions"),
      filters: texts(input, "filters"),
      ...(every !== undefined && { everySeconds: every }),
      ...(from !== undefined && { fromMs: from }),
      ...(to !== undefined && { toMs: to }),
    });
    return points.length === 0 ? {} : { data_points: points.slice(0, limit).map((one) => ({ metric_name: name, ...one })) };
  };

  return [
    otlpRoute(surface, traces),
    ...route(3, "POST", "traces", "log", start),
    ...route(3, "GET", "traces/get", "read", get),
    ...route(3, "GET", "traces/batchGet", "read", async ({ input, caller }) => {
      const all = await batch(input, caller);
      const spans = await traces.spans(all.map((one) => one.id));
      const list = all.flatMap((one) => (whole(one, spans.get(one.id) ?? []) ? [message(one, spans.get(one.id) ?? [])] : []));
      return list.length > 0 ? { traces: list } : {};
    }),
    ...route(3, "POST", "traces/batchGetInfos", "read", async ({ input, caller }) => {
      const all = await batch(input, caller);
      return all.length > 0 ? { trace_infos: all.map(infoMessage) } : {};
    }),
    ...route(3, "POST", "traces/search", "read", async ({ input, caller }) => {
      const ids = messages(input, "locations").map((one) => requiredText(part(one, "mlflow_experiment"), "experiment_id"));
      const page = await search(input, caller, ids);
      return {
        ...(page.traces.length > 0 && { traces: page.traces.map(infoMessage) }),
        ...(page.next !== undefined && { next_page_token: page.next }),
      };
    }),
    ...route(3, "POST", "traces/metrics", "read", metrics),
    ...route(3, "POST", "traces/calculate-filter-correlation", "read", correlate),
    ...both("POST", "traces/delete-traces", "log", remove),
    ...both("PATCH", "traces/{trace}/tags", "log", setTag),
    ...both("DELETE", "traces/{trace}/tags", "log", removeTag),
    ...route(3, "GET", "traces/{trace}", "read", async (request) => ({
      trace: { trace_info: infoMessage(await found(request.caller, idOf(request))) },
    })),
    ...assessmentRoutes(route, traces, found, idOf),
    ...linkRoutes(route, surface, traces, found),
    ...oldRoutes(route, surface, traces, begun, found, idOf, search),
    {
      method: "GET",
      path: "/ajax-api/2.0/mlflow/get-trace-artifact",
      capability: "read",
      takes: "message",
      async handle({ input, caller }): Promise<WireReply> {
        const id = traceId(text(input, "request_id"));
        if (text(input, "path")) throw invalid("Only the spans of a trace can be read here.");
        await found(caller, id).catch((thrown: unknown) => {
          throw worded(thrown);
        });
        const spans = (await traces.spans([id])).get(id) ?? [];
        return {
          status: 200,
          headers: {
            "content-type": "application/json",
            "content-disposition": "attachment; filename=traces.json",
            "x-content-type-options": "nosniff",
          },
          text: `{"spans": [${spans.map(spanFile).join(", ")}]}`,
        };
      },
    },
  ];
}
