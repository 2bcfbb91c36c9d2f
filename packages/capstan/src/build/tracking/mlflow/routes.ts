import { artifactRoutes } from "./artifacts.ts";
import { evaluationDatasetRoutes } from "./evaluation-datasets.ts";
import { experimentRoutes } from "./experiments.ts";
import { issueRoutes } from "./issues.ts";
import { loggedModelRoutes } from "./logged-models.ts";
import { metricRoutes } from "./metrics.ts";
import type { WireRoute } from "./model.ts";
import { promptlabRoutes } from "./promptlab.ts";
import { runInputRoutes } from "./run-inputs.ts";
import { runRoutes } from "./runs.ts";
import { scorerRoutes } from "./scorers.ts";
import { createSurface, type SurfaceOptions } from "./surface.ts";

/** The release of MLflow whose protocol is spoken; clients ask for at least 3.4 before they send spans. */
export const spokenVersion = "3.11.1";

/** Below these, what no route answers is ENDPOINT_NOT_FOUND. */
export const mlflowPrefixes = ["/api", "/ajax-api", "/gateway", "/graphql", "/model-versions", "/get-artifact"] as const;

/** Every route of MLflow's protocol that we answer, with the bytes of artifacts. */
export function mlflowRoutes(options: SurfaceOptions): WireRoute[] {
  const surface = createSurface(options);
  const artifacts = artifactRoutes(surface);
  const version2 = [
    ...experimentRoutes(surface),
    ...runRoutes(surface),
    ...runInputRoutes(surface),
    ...metricRoutes(surface),
    ...loggedModelRoutes(surface),
    ...promptlabRoutes(surface),
    ...artifacts.served,
  ];
  const version3 = [...evaluationDatasetRoutes(surface), ...scorerRoutes(surface), ...issueRoutes(surface)];
  const plain = (path: string, text: string): WireRoute => ({
    method: "GET",
    path,
    capability: "read",
    takes: "message",
    handle: async () => ({ status: 200, text }),
  });
  const serverInfo = (prefix: string): WireRoute => ({
    method: "GET",
    path: `${prefix}/mlflow/server-info`,
    capability: "read",
    takes: "message",
    handle: async () => ({ status: 200, json: { store_type: "SqlStore", workspaces_enabled: false } }),
  });
  return [
    ...["/api/2.0", "/ajax-api/2.0"].flatMap((prefix) => version2.map((route) => ({ ...route, path: prefix + route.path }))),
    ...["/api/3.0", "/ajax-api/3.0"].flatMap((prefix) => version3.map((route) => ({ ...route, path: prefix + route.path }))),
    ...["/api/3.0", "/ajax-api/3.0"].map(serverInfo),
    ...artifacts.plain,
    plain("/health", "OK"),
    plain("/version", spokenVersion),
  ];
}
