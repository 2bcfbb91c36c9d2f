import type { Environment } from "../base/foundation/environment.ts";
import { registryRoutes } from "../build/registry/mlflow/routes.ts";
import type { Registry } from "../build/registry/service.ts";
import type { Webhooks } from "../build/registry/webhooks/service.ts";
import type { WireRoute } from "../build/tracking/mlflow/model.ts";
import type { SurfaceOptions } from "../build/tracking/mlflow/surface.ts";

export type RegistryWireDeps = SurfaceOptions & { registry: Registry; webhooks: Webhooks; environment: Environment };

/** MLflow's registry and webhooks, with the setting that its server reads under the same name. */
export function registryWire(deps: RegistryWireDeps): WireRoute[] {
  const pattern = deps.environment.variables["MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX"];
  return registryRoutes({ ...deps, ...(pattern && { sourcePattern: new RegExp(pattern) }) });
}
