import type { WireRoute } from "../face/http/server.ts";
import type { ServingService } from "../ship/serving/service.ts";

/** The Open Inference Protocol below /v2, answered by the gateway itself. */
export const inferenceRoutes = (serving: ServingService): WireRoute[] =>
  (["GET", "POST"] as const).flatMap((method) =>
    ["/v2", "/v2/{rest...}"].map((path): WireRoute => ({
      method,
      path,
      capability: method === "GET" ? "read" : "predict",
      async handle(request, response, { caller }) {
        serving.handleInference(request, response, caller);
      },
    })),
  );
