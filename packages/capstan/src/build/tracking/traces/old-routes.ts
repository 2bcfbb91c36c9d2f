import type { Caller } from "../../../base/foundation/caller.ts";
import { experimentId, integer, requiredText, text, texts } from "../mlflow/fields.ts";
import type { Input, WireRequest, WireRoute } from "../mlflow/model.ts";
import type { Surface } from "../mlflow/surface.ts";
import { oldInfoMessage, pairsOf, stateOf } from "./messages.ts";
import type { NewTrace, TraceInfo } from "./model.ts";
import { cutTags, type Found, type Route } from "./route.ts";
import type { Traces } from "./service.ts";

/** The endpoints of MLflow 2, whose traces begin and end in two requests. */
export function oldRoutes(
  route: Route,
  surface: Surface,
  traces: Traces,
  begun: (caller: Caller, id: string, experiment: string, more: Omit<NewTrace, "id" | "project" | "experimentId">) => Promise<NewTrace>,
  found: Found,
  idOf: (request: WireRequest) => string,
  search: (input: Input, caller: Caller, experiments: readonly string[]) => Promise<{ traces: TraceInfo[]; next?: string }>,
): WireRoute[] {
  return [
    ...route(2, "POST", "traces", "log", async ({ input, caller }) => {
      const trace = await begun(caller, `tr-${surface.store.ids.hex()}`, experimentId(requiredText(input, "experiment_id")), {
        clientRequestId: null,
        requestPreview: null,
        responsePreview: null,
        requestMs: integer(input, "timestamp_ms") ?? surface.store.clock.nowMs(),
        durationMs: null,
        state: "IN_PROGRESS",
        tags: pairsOf(input, "tags"),
        metadata: pairsOf(input, "request_metadata"),
      });
      return { trace_info: oldInfoMessage(await traces.start(trace, [], caller)) };
    }),
    ...route(2, "PATCH", "traces/{trace}", "log", async (request) => {
      const { input, caller } = request;
      const known = await found(caller, idOf(request));
      const { assessments: _kept, ...before } = known;
      const endMs = integer(input, "timestamp_ms") ?? surface.store.clock.nowMs();
      const after = await traces.start(
        {
          ...before,
          durationMs: Math.max(0, endMs - known.requestMs),
          state: stateOf(text(input, "status")),
          tags: { ...known.tags, ...cutTags(pairsOf(input, "tags")) },
          metadata: { ...known.metadata, ...pairsOf(input, "request_metadata") },
        },
        [],
        caller,
      );
      return { trace_info: oldInfoMessage(after) };
    }),
    ...route(2, "GET", "traces/{trace}/info", "read", async (request) => ({
      trace_info: oldInfoMessage(await found(request.caller, idOf(request))),
    })),
    ...route(2, "GET", "traces", "read", async ({ input, caller }) => {
      const page = await search(input, caller, texts(input, "experiment_ids"));
      return {
        ...(page.traces.length > 0 && { traces: page.traces.map(oldInfoMessage) }),
        ...(page.next !== undefined && { next_page_token: page.next }),
      };
    }),
  ];
}
