import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { CapstanError } from "../foundation/errors.ts";
import type { Environment } from "../foundation/environment.ts";
import { digestOfFile } from "../foundation/hashing.ts";
import type { Blob, BlobStore } from "./blob-store.ts";
import { openFolderBlobs, storageError } from "./folder-blobs.ts";
import { packedBytes } from "./packs/pack-batch.ts";
import { openBlobs, sqlitePath } from "./open-store.ts";
import { openSqlite } from "./sqlite.ts";
import { readStoreFile, storeFileOf } from "./store-file.ts";
import type { StorePlace } from "./store-place.ts";

/** `backup.json`, written last: a folder without it is no backup. */
export type BackupManifest = {
  format: 1;
  /** Id of the store, as in `store.json`. */
  store: string;
  madeMs: number;
  /** SHA-256 of `capstan.db` and of the files below `spool/`, by path. */
  files: Record<string, string>;
  blobs: number;
  blobBytes: number;
  /** Blobs whose bytes were not what their names say when they were copied; they are not in the backup. */
  damaged: string[];
};

const copiesAtOnce = 8;
/** Before a migration a copy of the database is kept; so many of them. */
const keptCopies = 3;

/**
 * Copies a store to a new folder while it is in use: everything acknowledged before the call is in it. The folder has the form of a store in SQLite,
 * wherever the store is, so that either database can be made of it. Order: open prediction segments of this place, then the database, then blobs, so that
 * whatever the database names is there. No keys, logs, work or rebuildable files.
 */
export async function backupStore(options: {
  place: StorePlace;
  environment: Environment;
  target: string;
  nowMs: number;
  onProgress?: (blobs: number) => void;
}): Promise<BackupManifest> {
  const { place, target } = options;
  const { storeFolder } = place;
  if (existsSync(target)) throw new CapstanError("CAP-STORE-010", { folder: target });
  if (place.database === undefined && !existsSync(sqlitePath(place))) throw new CapstanError("CAP-STORE-008", { folder: storeFolder });
  const partial = `${target}.${randomBytes(4).toString("hex")}.partial`;
  try {
    await mkdir(partial, { recursive: true, mode: 0o700 });
    if (existsSync(join(storeFolder, "spool"))) await cp(join(storeFolder, "spool"), join(partial, "spool"), { recursive: true });
    await copyDatabase(place, join(partial, "capstan.db"));
    const store = readStoreFile(storeFolder)?.id ?? idIn(join(partial, "capstan.db"));
    await writeDurably(join(partial, "store.json"), `${JSON.stringify({ id: store, format: 1 })}\n`);
    const blobs = await openBlobs(place, options.environment);
    const copied = await copyBlobs(blobs, openFolderBlobs(join(partial, "blobs")), options.onProgress);
    await rm(join(partial, "blobs", "tmp"), { recursive: true, force: true });
    const manifest: BackupManifest = { format: 1, store, madeMs: options.nowMs, files: await digestsBelow(partial), ...copied };
    await writeDurably(join(partial, "backup.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    await rename(partial, target);
    await syncFolder(dirname(target));
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw storageError(error);
  }
}

/**
 * Makes a store of a backup: its folder must be new or empty, and so must a PostgreSQL database. Every byte is compared with its digest; database and folder are there
 * with all they hold or not at all. Objects in a bucket come first, as they harm nobody.
 */
export async function restoreStore(options: { backup: string; place: StorePlace; environment: Environment }): Promise<BackupManifest> {
  const { place } = options;
  const { storeFolder } = place;
  const manifest = await readManifest(options.backup);
  if (existsSync(storeFolder) && (await readdir(storeFolder)).length > 0) throw new CapstanError("CAP-STORE-010", { folder: storeFolder });
  const partial = `${storeFolder}.${randomBytes(4).toString("hex")}.partial`;
  try {
    await mkdir(partial, { recursive: true, mode: 0o700 });
    for (const [path, digest] of Object.entries(manifest.files)) {
      const to = join(partial, path);
      await mkdir(dirname(to), { recursive: true });
      await cp(join(options.backup, path), to).catch((error: unknown) => {
        throw new CapstanError("CAP-STORE-011", { folder: options.backup, problem: `${path} is missing` }, { cause: error });
      });
      if ((await digestOfFile(to)).digest !== digest)
        throw new CapstanError("CAP-STORE-011", { folder: options.backup, problem: `${path} was changed` });
      await syncFile(to);
    }
    const blobs = place.blobs === undefined ? openFolderBlobs(join(partial, "blobs")) : await openBlobs(place, options.environment);
    const copied = await copyBlobs(openFolderBlobs(join(options.backup, "blobs")), blobs);
    await rm(join(partial, "blobs", "tmp"), { recursive: true, force: true });
    if (copied.damaged[0] !== undefined) throw new CapstanError("CAP-STORE-002", { digest: copied.damaged[0] });
    if (copied.blobs !== manifest.blobs)
      throw new CapstanError("CAP-STORE-011", { folder: options.backup, problem: `it has ${copied.blobs} of ${manifest.blobs} objects` });
    const restored = join(partial, "capstan.db");
    if (place.database !== undefined) {
      await (await import("./logical-copy.ts")).copyToPostgres(restored, place.database);
      await rm(restored);
    } else if (place.localFolder !== storeFolder) await moveDatabase(restored, place);
    await writeDurably(join(partial, "store.json"), `${JSON.stringify(storeFileOf(manifest.store, place, hostname()))}\n`);
    await rm(storeFolder, { recursive: true, force: true });
    await rename(partial, storeFolder);
    await syncFolder(dirname(storeFolder));
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw storageError(error);
  }
}

/** A copy of a store's database as it is at one moment, whoever writes it meanwhile, in SQLite. Checked and durable when it resolves. */
async function copyDatabase(place: StorePlace, target: string): Promise<void> {
  if (place.database === undefined) await copySqlite(sqlitePath(place), target);
  else await (await import("./logical-copy.ts")).copyToSqlite(place.database, target);
  // Looked through by a thread, as that takes seconds for a large one; closing it leaves one file.
  const copy = openSqlite(target);
  try {
    const found = await copy.find<{ quick_check: string }>("pragma quick_check(1)");
    if (found?.quick_check !== "ok")
      throw new CapstanError("CAP-STORE-001", { problem: `the database is damaged: ${found?.quick_check ?? "no answer"}` });
  } finally {
    await copy.close();
  }
  await syncFile(target);
}

async function copySqlite(path: string, target: string): Promise<void> {
  const source = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  try {
    // All pages in one step: a change between two steps would make it begin again.
    await backup(source, target, { rate: 0x7fffffff });
  } finally {
    source.close();
  }
}

/** Into the folder of this machine, for a store on a network file system. */
async function moveDatabase(from: string, place: StorePlace): Promise<void> {
  await mkdir(place.localFolder, { recursive: true, mode: 0o700 });
  await cp(from, sqlitePath(place), { errorOnExist: true, force: false });
  await syncFile(sqlitePath(place));
  await rm(from);
}

/** The id of the store that a copied database belongs to. */
function idIn(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return (database.prepare("select id from store").get() as { id: string }).id;
  } finally {
    database.close();
  }
}

/** Keeps a copy of the database below `backups/` of its store's folder, for the way back from a migration; the path. Only the newest few are kept. */
export async function keepDatabaseCopy(place: StorePlace, nowMs: number): Promise<string> {
  const folder = join(place.storeFolder, "backups");
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${new Date(nowMs).toISOString().replaceAll(":", "-")}.db`);
  await copyDatabase(place, path);
  await syncFolder(folder);
  const copies = (await readdir(folder)).filter((name) => name.endsWith(".db")).sort();
  for (const name of copies.slice(0, -keptCopies)) await rm(join(folder, name));
  return path;
}

async function readManifest(folder: string): Promise<BackupManifest> {
  let manifest: BackupManifest;
  try {
    manifest = JSON.parse(await readFile(join(folder, "backup.json"), "utf8")) as BackupManifest;
  } catch (error) {
    throw new CapstanError("CAP-STORE-011", { folder, problem: "it has no readable backup.json" }, { cause: error });
  }
  if (manifest.format !== 1) throw new CapstanError("CAP-STORE-005", { found: `backup format ${String(manifest.format)}` });
  for (const path of Object.keys(manifest.files)) {
    if (!/^(capstan\.db|store\.json|spool\/[\w.-]+\/[\w.-]+)$/.test(path) || path.split("/").includes(".."))
      throw new CapstanError("CAP-STORE-011", { folder, problem: `it names ${path}, which no backup has` });
  }
  return manifest;
}

async function copyBlobs(
  source: BlobStore,
  target: BlobStore,
  onProgress?: (blobs: number) => void,
): Promise<{ blobs: number; blobBytes: number; damaged: string[] }> {
  const copied = { blobs: 0, blobBytes: 0, damaged: [] as string[] };
  const count = (blob: Blob): void => {
    copied.blobs++;
    copied.blobBytes += blob.sizeBytes;
    onProgress?.(copied.blobs);
  };
  const batch = target.batch();
  const waiting = source.list()[Symbol.asyncIterator]();
  const worker = async (): Promise<void> => {
    for (let next = await waiting.next(); !next.done; next = await waiting.next()) {
      const { digest, sizeBytes } = next.value;
      if (sizeBytes <= packedBytes) {
        const bytes = await source.bytes(digest).catch(damagedOne);
        if (bytes) count(await batch.putBytes(bytes));
        else copied.damaged.push(digest);
        continue;
      }
      const path = await source.localPath(digest).catch(damagedOne);
      if (path === undefined) {
        copied.damaged.push(digest);
        continue;
      }
      const blob = await target.putFile(path);
      if (blob.digest === digest) count(blob);
      else {
        copied.damaged.push(digest);
        await target.delete(blob.digest);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: copiesAtOnce }, worker));
    await batch.commit();
  } finally {
    await batch.abandon();
  }
  return copied;
}

/** Other bytes than the name says, or a pack that is none any more. */
function damagedOne(error: unknown): undefined {
  if (!(error instanceof CapstanError && (error.code === "CAP-STORE-002" || error.code === "CAP-STORE-006"))) throw error;
}

async function digestsBelow(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const entries = await readdir(folder, { recursive: true });
  for (const path of entries.sort()) {
    if (path.split("/")[0] === "blobs" || !(await stat(join(folder, path))).isFile()) continue;
    await syncFile(join(folder, path));
    files[path] = (await digestOfFile(join(folder, path))).digest;
  }
  return files;
}

async function writeDurably(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await syncFile(path);
  await syncFolder(dirname(path));
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  await file.sync().finally(() => file.close());
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync().finally(() => folder.close());
}
