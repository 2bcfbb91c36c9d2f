import { graphqlRoute } from "../build/tracking/mlflow/graphql/route.ts";
import { mounted, unknownBelow } from "../build/tracking/mlflow/mount.ts";
import { mlflowRoutes } from "../build/tracking/mlflow/routes.ts";
import { createSpooledRequests } from "../build/tracking/mlflow/spooled.ts";
import { traceRoutes } from "../build/tracking/traces/routes.ts";
import { createRegistryWebhooks } from "./registry-webhooks.ts";
import { type RegistryWireDeps, registryWire } from "./registry-wire.ts";

export { createRegistryWebhooks, unknownBelow };

/** All that MLflow's clients speak, as routes of the shell, and as what a step laid aside while no host was there. Only a host needs it. */
export function createMlflowWire(deps: RegistryWireDeps) {
  const routes = [...mlflowRoutes(deps), ...traceRoutes(deps), ...registryWire(deps)];
  routes.push(graphqlRoute(routes));
  return { routes: routes.filter((route) => route.path !== "/health").map(mounted), takeSpooled: createSpooledRequests(routes) };
}
