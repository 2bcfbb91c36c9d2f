import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { safePath } from "../../tracking/rules.ts";
import type { MlflowSource, SourceFile, SourcePlace } from "../model.ts";
import { filesBelow, localFolder, within } from "./local-files.ts";

export type PlaceOptions = {
  /** Folders of this machine that artifacts may be read from. */
  roots: readonly string[];
  /** What `mlflow-artifacts:/` is: a folder, or a place of objects. */
  artifacts?: string | undefined;
  /** Files below a place of objects. */
  objects?: ((uri: string) => Promise<SourceFile[]>) | undefined;
  /** Counts of files that are not taken, by reason. */
  refused: Map<string, number>;
};

/** The end of every place that MLflow itself makes: whoever wrote the database cannot point an import at other folders of this machine. */
const endOf = (place: SourcePlace): string => `/${place.run ?? place.loggedModel ?? place.trace ?? ""}/artifacts`;

/** How artifacts are found that a database or folder names by URI. */
export type Places = Pick<MlflowSource, "files" | "isNear">;

export function createPlaces({ roots, artifacts, objects, refused }: PlaceOptions): Places {
  const allowed = artifacts !== undefined && localFolder(artifacts) !== undefined ? [...roots, localFolder(artifacts) ?? ""] : [...roots];

  async function local(folder: string): Promise<SourceFile[] | undefined> {
    const real = await realpath(folder).catch(() => undefined);
    if (real === undefined) return undefined;
    for (const root of allowed) {
      const at = await realpath(root).catch(() => undefined);
      if (at !== undefined && within(at, real)) return filesBelow(real, refused);
    }
    return undefined;
  }

  async function files(place: SourcePlace): Promise<SourceFile[] | undefined> {
    const uri = place.uri.replace(/\/+$/, "");
    if (!uri.endsWith(endOf(place))) return undefined;
    const served = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/i.exec(uri)?.[1];
    if (served !== undefined) {
      if (artifacts === undefined || safePath(served) === undefined) return undefined;
      const folder = localFolder(artifacts);
      if (folder !== undefined) return (await local(join(folder, served))) ?? [];
      return objects?.(`${artifacts.replace(/\/+$/, "")}/${served}`);
    }
    const folder = localFolder(uri);
    if (folder === undefined) return /^s3:/i.test(uri) ? objects?.(uri) : undefined;
    const found = await local(folder);
    if (found) return found;
    // The store may have been moved with its artifacts: what MLflow puts below a root is found below the new one.
    const tail = folder.split("/").slice(-3).join("/");
    for (const root of allowed)
      for (const at of [join(root, tail), join(root, "mlruns", tail), join(root, "mlartifacts", tail)]) {
        const moved = await local(at);
        if (moved) return moved;
      }
    // A place that was never written to holds nothing; one outside of what may be read is out of reach.
    return allowed.some((root) => within(root, folder)) ? [] : undefined;
  }

  return {
    files,
    isNear({ uri }) {
      if (/^mlflow-artifacts:/i.test(uri)) return artifacts === undefined || localFolder(artifacts) !== undefined;
      return !/^s3:/i.test(uri);
    },
  };
}
