import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CapstanError } from "./base/foundation/errors.ts";
import { databasePlace, findNetworkFileSystem } from "./base/storage/network-place.ts";
import { settledPlace } from "./base/storage/store-file.ts";
import { blobsPlace, databaseUrl, hasPassword, type StorePlace } from "./base/storage/store-place.ts";
import { storeLines } from "./store-lines.ts";

/** A folder with a capstan.yaml, and where its store is. */
export type ProjectFolder = StorePlace & { folder: string; project: string };

/** What is said about the store beside capstan.yaml: by flags, else by the environment. */
export type StoreAsk = {
  data?: string | undefined;
  database?: string | undefined;
  blobs?: string | undefined;
  /** The person's state folder, for a database that cannot be beside its blobs. */
  home?: string | undefined;
  /** How a network file system is known; tests say what they need. */
  findNetwork?: ((folder: string) => string | undefined) | undefined;
};

/** The nearest folder upward that holds a capstan.yaml. Reads only `project` and `store`, so that a broken file hides neither rollback nor verify. */
export function findProjectFolder(from: string, ask: StoreAsk = {}): ProjectFolder | undefined {
  for (let at = resolve(from); ; at = dirname(at)) {
    const file = join(at, "capstan.yaml");
    if (existsSync(file)) {
      // What is no file is said by whoever reads all of it.
      const text = statSync(file).isFile() ? readFileSync(file, "utf8") : "";
      const named = /^project:\s*["']?([a-z][a-z0-9-]*)/m.exec(text)?.[1];
      return {
        folder: at,
        project: named ?? projectNameOf(basename(at)),
        ...placeOf(resolve(ask.data ?? join(at, ".capstan")), ask, { text, file, at }),
      };
    }
    if (dirname(at) === at) return undefined;
  }
}

export function getProjectFolder(from: string, ask: StoreAsk = {}): ProjectFolder {
  const found = findProjectFolder(from, ask);
  // A named store needs no project: a tracking server for others holds `default` only.
  if (!found && ask.data !== undefined) return { folder: resolve(from), project: "default", ...placeOf(resolve(ask.data), ask, undefined) };
  if (!found) throw new CapstanError("CAP-CONFIG-001", { file: "capstan.yaml" });
  return found;
}

/** The first that says something: flags or environment, `store` in capstan.yaml, what the folder remembers, the folder itself. */
function placeOf(storeFolder: string, ask: StoreAsk, written: { text: string; file: string; at: string } | undefined): StorePlace {
  const declared = written ? storeLines(written.text) : {};
  if (declared.database !== undefined && ask.database === undefined && hasPassword(declared.database))
    throw new CapstanError("CAP-CONFIG-018", { subject: "store", kind: "a password of a database" }, { where: { file: "capstan.yaml" } });
  const database = ask.database ?? declared.database;
  const blobs =
    ask.blobs !== undefined
      ? blobsPlace(ask.blobs, resolve)
      : declared.blobs !== undefined && written
        ? blobsPlace(declared.blobs, (path) => resolve(written.at, path))
        : undefined;
  const settled = settledPlace(storeFolder, {
    ...(database !== undefined && { database: databaseUrl(database) }),
    ...(blobs !== undefined && { blobs }),
  });
  const local = databasePlace(
    storeFolder,
    ask.home ?? storeFolder,
    ask.findNetwork ?? (ask.home === undefined ? () => undefined : findNetworkFileSystem),
  );
  return { storeFolder, localFolder: local.folder, ...(local.because !== undefined && { network: local.because }), ...settled };
}

export const projectNameOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "") || "project";
