import type { WireRoute } from "../../tracking/mlflow/model.ts";
import { createArtifactPlaces } from "../../tracking/mlflow/artifact-places.ts";
import { createSurface, type SurfaceOptions } from "../../tracking/mlflow/surface.ts";
import type { Registry } from "../service.ts";
import type { Webhooks } from "../webhooks/service.ts";
import { modelRoutes } from "./models.ts";
import { routed } from "./route.ts";
import { versionFileRoute } from "./version-file.ts";
import { versionRoutes } from "./versions.ts";
import { webhookRoutes } from "./webhooks.ts";

export type RegistryOptions = SurfaceOptions & {
  registry: Registry;
  webhooks: Webhooks;

  sourcePattern?: RegExp;
};

/** MLflow's model registry and its webhooks, on both prefixes. */
export function registryRoutes(options: RegistryOptions): WireRoute[] {
  const { registry, sourcePattern } = options;
  const surface = createSurface(options);
  const whole = { surface, places: createArtifactPlaces(surface), registry, ...(sourcePattern && { sourcePattern }) };
  const all = [...modelRoutes(whole), ...versionRoutes(whole), ...webhookRoutes(whole.surface, options.webhooks)].map(routed);
  return [
    ...["/api/2.0", "/ajax-api/2.0"].flatMap((prefix) => all.map((route) => ({ ...route, path: prefix + route.path }))),
    versionFileRoute(whole),
  ];
}
