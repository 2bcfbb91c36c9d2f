import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CapstanError } from "../foundation/errors.ts";
import { databaseName, type StorePlace, withoutPassword } from "./store-place.ts";

/** `store.json` in a store's folder. */
export type StoreFile = {
  /** The ledger's origin is made of it: it never changes. */
  id: string;
  format: 1;
  /** Where the database is, when not in this folder; without a password. */
  database?: string;
  /** Where objects are, when not in this folder. */
  blobs?: string;
  /** The machine that has the database, when this folder is on a network file system. */
  machine?: string;
};

const pathOf = (storeFolder: string): string => join(storeFolder, "store.json");

export function readStoreFile(storeFolder: string): StoreFile | undefined {
  const path = pathOf(storeFolder);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as StoreFile) : undefined;
}

/** Whole or not at all: with the first of these a folder has become a store. */
export function writeStoreFile(storeFolder: string, file: StoreFile): void {
  mkdirSync(storeFolder, { recursive: true });
  const path = pathOf(storeFolder);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(file)}\n`);
  renameSync(`${path}.tmp`, path);
}

/** What a folder's store.json should say of a store that lives at this place. */
export const storeFileOf = (id: string, place: StorePlace, machine: string): StoreFile => ({
  id,
  format: 1,
  ...(place.database !== undefined && { database: withoutPassword(place.database) }),
  ...(place.blobs !== undefined && { blobs: place.blobs }),
  ...(place.network !== undefined && place.database === undefined && { machine }),
});

/**
 * Where a folder's store is: what is asked for, else what the folder remembers. A folder belongs to one store for good:
 * CAP-STORE-012 when another database is asked for than the one that has its record.
 */
export function settledPlace(storeFolder: string, asked: { database?: string; blobs?: string }): { database?: string; blobs?: string } {
  const kept = readStoreFile(storeFolder);
  const database = asked.database ?? kept?.database;
  const blobs = asked.blobs ?? kept?.blobs;
  if (kept && asked.database !== undefined) {
    const before = kept.database === undefined ? "SQLite in the folder" : databaseName(kept.database);
    if (before !== databaseName(asked.database))
      throw new CapstanError("CAP-STORE-012", { folder: storeFolder, kept: before, asked: databaseName(asked.database) });
  }
  if (kept && asked.blobs !== undefined && asked.blobs !== kept.blobs)
    throw new CapstanError("CAP-STORE-012", { folder: storeFolder, kept: kept.blobs ?? "its folder blobs", asked: asked.blobs });
  return { ...(database !== undefined && { database }), ...(blobs !== undefined && { blobs }) };
}
