import { CapstanError } from "../../base/foundation/errors.ts";
import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Signature } from "../inference/model.ts";
import type { BundleParts, NewVersion } from "./model.ts";

export const bundlePartsOf = (version: NewVersion, signature: Signature): BundleParts => ({
  model: version.digest,
  features: version.features ?? null,
  schema: digestOfJson(signature),
  thresholds: version.thresholds ?? {},
  flags: version.flags ?? {},
});
export const bundleDigest = (parts: BundleParts): string => digestOfJson({ ...parts });

/** What a person may mean by the text behind `@`. */
export type VersionRef =
  | { kind: "number"; number: number }
  | { kind: "latest" }
  | { kind: "live" }
  | { kind: "digest"; prefix: string }
  | { kind: "alias"; alias: string };

export function parseRef(text: string): VersionRef {
  const number = /^v?([1-9][0-9]*)$/.exec(text)?.[1];
  // Digits alone are a number up to five of them; longer ones can only be a digest.
  if (number !== undefined && (text.startsWith("v") || text.length < 6)) return { kind: "number", number: Number(number) };
  if (text === "latest") return { kind: "latest" };
  if (text === "live") return { kind: "live" };
  if (/^[0-9a-f]{6,64}$/.test(text)) return { kind: "digest", prefix: text };
  return { kind: "alias", alias: text };
}

/** Names that mean something by themselves cannot be aliases; `live` says how it is set. */
export function refuseAlias(model: string, alias: string, version: string): void {
  if (alias === "live")
    throw new CapstanError("CAP-MODEL-005", { alias, model, version, why: "it says what a release made of the traffic" });
  const { kind } = parseRef(alias);
  if (kind === "number" || kind === "latest")
    throw new CapstanError("CAP-USAGE-001", { problem: `${alias} cannot be an alias: it already means a version`, verb: "register" });
}
