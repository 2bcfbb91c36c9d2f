import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CapstanError } from "./base/foundation/errors.ts";

/** A folder with a capstan.yaml, and where its store is. */
export type ProjectFolder = { folder: string; project: string; storeFolder: string };

/** The nearest folder upward that holds a capstan.yaml. Reads only `project`, so that a broken file hides neither rollback nor verify. */
export function findProjectFolder(from: string, data: string | undefined): ProjectFolder | undefined {
  for (let at = resolve(from); ; at = dirname(at)) {
    const file = join(at, "capstan.yaml");
    if (existsSync(file)) {
      const named = /^project:\s*["']?([a-z][a-z0-9-]*)/m.exec(readFileSync(file, "utf8"))?.[1];
      return { folder: at, project: named ?? projectNameOf(basename(at)), storeFolder: resolve(data ?? join(at, ".capstan")) };
    }
    if (dirname(at) === at) return undefined;
  }
}

export function getProjectFolder(from: string, data: string | undefined): ProjectFolder {
  const found = findProjectFolder(from, data);
  // A named store needs no project: a tracking server for others holds `default` only.
  if (!found && data !== undefined) return { folder: resolve(from), project: "default", storeFolder: resolve(data) };
  if (!found) throw new CapstanError("CAP-CONFIG-001", { file: "capstan.yaml" });
  return found;
}

export const projectNameOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "") || "project";
