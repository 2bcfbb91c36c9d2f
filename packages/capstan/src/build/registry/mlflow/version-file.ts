import { requiredText } from "../../tracking/mlflow/fields.ts";
import { safe } from "../../tracking/mlflow/safe-path.ts";
import { WireFailure } from "../../tracking/mlflow/failures.ts";
import { fileReply } from "../../tracking/mlflow/file-reply.ts";
import type { WireRoute } from "../../tracking/mlflow/model.ts";
import { registryFailure } from "./failures.ts";
import type { RegistrySurface } from "./model.ts";
import { filesOfVersion } from "./version-place.ts";
import { modelName, versionNumber } from "./names.ts";
import { locationOf } from "./versions.ts";

/** One file of a version, to be saved. */
export function versionFileRoute(whole: RegistrySurface): WireRoute {
  const { surface, places, registry } = whole;
  return {
    method: "GET",
    path: "/model-versions/get-artifact",
    capability: "read",
    takes: "message",
    async handle({ input, caller, headers }) {
      try {
        const path = safe(requiredText(input, "path"));
        const project = await surface.project(caller);
        const version = await registry.catalogue.version({ project, model: modelName(input), number: versionNumber(input) });
        const place = version.form === "file" ? filesOfVersion(surface.store, version) : await places.placeOf(locationOf(version), caller);
        if (!place)
          throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `The artifacts of ${version.model} ${version.number} are not kept here.`);
        return await fileReply(place, path, headers);
      } catch (thrown) {
        throw registryFailure(thrown);
      }
    },
  };
}
