import { filesOfVersion } from "../build/registry/mlflow/version-place.ts";
import type { VersionPlace } from "../build/tracking/mlflow/artifact-places.ts";
import { graphqlRoute } from "../build/tracking/mlflow/graphql/route.ts";
import type { WireRoute } from "../build/tracking/mlflow/model.ts";
import { mounted, unknownBelow } from "../build/tracking/mlflow/mount.ts";
import { mlflowRoutes } from "../build/tracking/mlflow/routes.ts";
import { createSpooledRequests } from "../build/tracking/mlflow/spooled.ts";
import { removeAbandoned } from "../build/tracking/mlflow/uploads.ts";
import { traceRoutes } from "../build/tracking/traces/routes.ts";
import { createRegistryWebhooks } from "./registry-webhooks.ts";
import { type RegistryWireDeps, registryWire } from "./registry-wire.ts";

export { createRegistryWebhooks, unknownBelow };

/** All that MLflow's clients speak. */
export function wholeWire(deps: RegistryWireDeps): WireRoute[] {
  const versionPlace: VersionPlace = async (project, model, number) => {
    const version = await deps.registry.find(project, model, `v${number}`);
    return version?.form === "file" ? filesOfVersion(deps.store, version) : undefined;
  };
  const all = { ...deps, versionPlace };
  const routes = [...mlflowRoutes(all), ...traceRoutes(all), ...registryWire(all)];
  return [...routes, graphqlRoute(routes)];
}

/** The wire as routes of the shell, and as what a step laid aside while no host was there. Only a host needs it. */
export function createMlflowWire(deps: RegistryWireDeps) {
  const routes = wholeWire(deps);
  return {
    routes: routes.filter((route) => route.path !== "/health").map(mounted),
    takeSpooled: createSpooledRequests(routes),
    removeAbandoned: () => removeAbandoned(deps.store),
  };
}
