import type { ArtifactPlaces } from "../../tracking/mlflow/artifact-places.ts";
import type { Surface } from "../../tracking/mlflow/surface.ts";
import type { Registry } from "../service.ts";

export type RegistrySurface = {
  readonly surface: Surface;
  readonly places: ArtifactPlaces;
  readonly registry: Registry;
  /** Sources of versions must match it, when it is given. */
  readonly sourcePattern?: RegExp;
};
