import { requiredText } from "../../tracking/mlflow/fields.ts";
import { type ArtifactPlace, safe } from "../../tracking/mlflow/artifact-places.ts";
import { WireFailure } from "../../tracking/mlflow/failures.ts";
import { fileReply } from "../../tracking/mlflow/file-reply.ts";
import type { WireRoute } from "../../tracking/mlflow/model.ts";
import type { ModelVersion } from "../model.ts";
import { registryFailure } from "./failures.ts";
import type { RegistrySurface } from "./model.ts";
import { modelName, versionNumber } from "./names.ts";
import { locationOf } from "./versions.ts";

/** The name of the one file of a version that is a file. */
const onlyFile = "model.onnx";

/** One file of a version, to be saved. */
export function versionFileRoute(whole: RegistrySurface): WireRoute {
  const { surface, places, registry } = whole;
  const ofFile = (version: ModelVersion): ArtifactPlace => ({
    list: async (folder) =>
      folder === "" ? [{ path: onlyFile, folder: false, sizeBytes: version.sizeBytes, digest: version.digest }] : [],
    find: async (path) =>
      path === onlyFile
        ? {
            sizeBytes: version.sizeBytes,
            digest: version.digest,
            stream: (range) => surface.store.blobs.stream(version.digest, range),
          }
        : undefined,
  });
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
        const place = version.form === "file" ? ofFile(version) : await places.placeOf(locationOf(version), caller);
        if (!place)
          throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `The artifacts of ${version.model} ${version.number} are not kept here.`);
        return await fileReply(place, path, headers);
      } catch (thrown) {
        throw registryFailure(thrown);
      }
    },
  };
}
