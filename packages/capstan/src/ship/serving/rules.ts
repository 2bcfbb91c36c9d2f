import type { ModelVersion } from "../../build/registry/model.ts";
import type { ArmName, ArmSpec } from "./model.ts";

/** A version as an arm. `<output>.min` and `<output>.max` among its thresholds are the range of that output; one named `probability` has 0 to 1 without saying so. */
export function armOf(version: ModelVersion, arm: ArmName, share: number, sinceMs: number): ArmSpec {
  const { thresholds } = version.bundleParts;
  const ranges: Record<string, readonly [number, number]> = {};
  for (const { name } of version.signature.outputs) {
    const [low, high] = [thresholds[`${name}.min`], thresholds[`${name}.max`]];
    if (low !== undefined || high !== undefined) ranges[name] = [low ?? -Number.MAX_VALUE, high ?? Number.MAX_VALUE];
    else if (name === "probability") ranges[name] = [0, 1];
  }
  return { arm, model: version.model, number: version.number, digest: version.digest, bundle: version.bundle, share, ranges, sinceMs };
}

/** The same bundle in another place. */
export const moved = (spec: ArmSpec, arm: ArmName, share: number, sinceMs: number): ArmSpec => ({ ...spec, arm, share, sinceMs });
