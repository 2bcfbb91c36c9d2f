import { existsSync } from "node:fs";
import { join } from "node:path";
import { CapstanError } from "../foundation/errors.ts";
import type { Environment } from "../foundation/environment.ts";
import type { BlobStore } from "./blob-store.ts";
import { type Database, statement } from "./database.ts";
import { openFolderBlobs } from "./folder-blobs.ts";
import { openSqlite, openSqliteReadOnly } from "./sqlite.ts";
import { readStoreFile, storeFileOf, writeStoreFile } from "./store-file.ts";
import type { StorePlace } from "./store-place.ts";

export const sqlitePath = (place: StorePlace): string => join(place.localFolder, "capstan.db");

/** Loads only what the place asks for. */
export async function openDatabase(place: StorePlace, mode: "host" | "read"): Promise<Database> {
  if (place.database === undefined) return mode === "host" ? openSqlite(sqlitePath(place)) : openSqliteReadOnly(sqlitePath(place));
  const { openPostgres } = await import("./postgres.ts");
  return openPostgres(place.database, { readOnly: mode === "read" });
}

export async function openBlobs(place: StorePlace, environment: Environment): Promise<BlobStore> {
  const own = join(place.storeFolder, "blobs");
  if (place.blobs === undefined) return openFolderBlobs(own);
  if (!place.blobs.startsWith("s3:")) return openFolderBlobs(place.blobs);
  const [{ openS3Blobs }, { s3Place }] = await Promise.all([import("./s3-blobs.ts"), import("./s3-place.ts")]);
  return openS3Blobs(s3Place(place.blobs, environment), join(place.storeFolder, "cache"));
}

/**
 * The id of a store, which its database and every folder that belongs to it bear from the first day. `fresh` begins a new store where there is none;
 * without it, that is CAP-STORE-008. On PostgreSQL the database decides, as several processes may begin at once.
 */
export async function settleStoreId(place: StorePlace, database: Database, machine: string, fresh: string | undefined): Promise<string> {
  const { storeFolder } = place;
  const kept = readStoreFile(storeFolder);
  if (fresh !== undefined) {
    await database.commit([statement("insert into store (one, id) values (1, ?) on conflict (one) do nothing", kept?.id ?? fresh)]);
  }
  const id = (await database.find<{ id: string }>("select id from store"))?.id ?? kept?.id;
  if (id === undefined) throw new CapstanError("CAP-STORE-008", { folder: storeFolder });
  if (kept && kept.id !== id)
    throw new CapstanError("CAP-STORE-012", { folder: storeFolder, kept: `store ${kept.id}`, asked: `store ${id}` });
  const file = storeFileOf(id, place, machine);
  if (fresh !== undefined && JSON.stringify(file) !== JSON.stringify(kept)) writeStoreFile(storeFolder, file);
  return id;
}

/** A database that only another machine has must not be begun anew here: CAP-STORE-014. */
export function requireOwnMachine(place: StorePlace, machine: string): void {
  if (place.network === undefined || place.database !== undefined) return;
  const kept = readStoreFile(place.storeFolder);
  if (kept && !existsSync(sqlitePath(place)))
    throw new CapstanError("CAP-STORE-014", {
      folder: place.storeFolder,
      network: place.network,
      machine: kept.machine ?? "another machine",
      here: machine,
    });
}
