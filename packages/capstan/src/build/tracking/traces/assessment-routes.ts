import { requiredText } from "../mlflow/fields.ts";
import type { WireRequest, WireRoute } from "../mlflow/model.ts";
import { assessmentChange, assessmentMessage, newAssessment, part } from "./messages.ts";
import type { Found, Route } from "./route.ts";
import type { Traces } from "./service.ts";

/** What is said about traces. */
export function assessmentRoutes(route: Route, traces: Traces, found: Found, idOf: (request: WireRequest) => string): WireRoute[] {
  const one = "traces/{trace}/assessments/{assessment}";
  const at = async (request: WireRequest): Promise<[string, string]> => [
    (await found(request.caller, idOf(request))).id,
    request.params["assessment"] ?? "",
  ];
  return [
    ...route(3, "POST", "traces/{trace}/assessments", "log", async (request) => {
      const { id } = await found(request.caller, idOf(request));
      return { assessment: assessmentMessage(await traces.assess(newAssessment(part(request.input, "assessment"), id), request.caller)) };
    }),
    ...route(3, "GET", one, "read", async (request) => ({
      assessment: assessmentMessage(await traces.assessment(...(await at(request)))),
    })),
    ...route(3, "PATCH", one, "log", async (request) => {
      const change = assessmentChange(part(request.input, "assessment"), requiredText(request.input, "update_mask"));
      return { assessment: assessmentMessage(await traces.reassess(...(await at(request)), change, request.caller)) };
    }),
    ...route(3, "DELETE", one, "log", async (request) => {
      await traces.unassess(...(await at(request)), request.caller);
      return {};
    }),
  ];
}
