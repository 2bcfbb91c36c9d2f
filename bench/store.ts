import { createHash, randomBytes } from "node:crypto";
import { closeSync, fdatasyncSync, fsyncSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Database, insert, statement } from "../packages/capstan/src/base/storage/database.ts";
import { openFolderBlobs } from "../packages/capstan/src/base/storage/folder-blobs.ts";
import { openPostgres } from "../packages/capstan/src/base/storage/postgres.ts";
import { openSqlite } from "../packages/capstan/src/base/storage/sqlite.ts";
import { findPostgres, startPostgres } from "../packages/capstan/src/testing/postgres.ts";

/** Commits and blobs, each beside the cheapest program that does what cannot be avoided: an append and a sync, or reading and hashing. */
export type StoreFigures = {
  disk: { overwriteSyncMs: Quantiles; appendSyncMs: Quantiles; writeMiBPerSecond: number };
  sqlite: DatabaseFigures;
  /** With fsync off, as the test server runs: what the adapter costs, not the disk. */
  postgres: DatabaseFigures | null;
  blobs: {
    fileMiB: number;
    hashMiBPerSecond: number;
    addMiBPerSecond: number;
    addOfHash: number;
    smallPutMs: Quantiles;
    smallPutsPerSecond: number;
  };
};
type Quantiles = { p50: number; p99: number };
type DatabaseFigures = { commitMs: Quantiles; changesPerSecond: number; readMs: Quantiles; commitBesideLongReadMs: Quantiles };

const round = (value: number): number => Number(value.toPrecision(3));
function quantiles(values: number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50: at(0.5), p99: at(0.99) };
}
async function timed(count: number, work: (i: number) => unknown): Promise<Quantiles> {
  const values: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await work(i);
    values.push(performance.now() - start);
  }
  return quantiles(values);
}
async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round((count / (performance.now() - start)) * 1000);
}

async function measureDatabase(database: Database): Promise<DatabaseFigures> {
  await database.commit([statement("create table thing (id BIGINT primary key, text TEXT)")]);
  let id = 0;
  const add = () => database.commit([insert("thing", { id: id++, text: "x".repeat(200) })]);
  for (let i = 0; i < 50; i++) await add();
  const commitMs = await timed(500, add);
  const changesPerSecond = await perSecond(20_000, () => Promise.all(Array.from({ length: 20_000 }, add)));
  const read = () => database.find("select text from thing where id = ?", [7]);
  for (let i = 0; i < 50; i++) await read();
  const readMs = await timed(500, read);
  const long = database.all(
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 6000000) select max(i * 31 % 7919) as most from n",
  );
  const commitBesideLongReadMs = await timed(200, add);
  await long;
  return { commitMs, changesPerSecond, readMs, commitBesideLongReadMs };
}

/** A log of changes is written over again and again, so that a sync has no new size to remember; a new small file has. */
function measureDisk(folder: string): StoreFigures["disk"] {
  const piece = Buffer.alloc(4096, 1);
  const measure = (name: string, positionOf: (i: number) => number): Quantiles => {
    const file = openSync(join(folder, name), "w");
    writeSync(file, Buffer.alloc(4 << 20));
    fsyncSync(file);
    const values: number[] = [];
    for (let i = 0; i < 500; i++) {
      const start = performance.now();
      writeSync(file, piece, 0, piece.length, positionOf(i));
      fdatasyncSync(file);
      values.push(performance.now() - start);
    }
    closeSync(file);
    return quantiles(values);
  };
  const large = openSync(join(folder, "written"), "w");
  const content = randomBytes(1 << 20);
  const start = performance.now();
  for (let i = 0; i < 512; i++) writeSync(large, content);
  fsyncSync(large);
  const writeMiBPerSecond = round((512 / (performance.now() - start)) * 1000);
  closeSync(large);
  return {
    overwriteSyncMs: measure("overwrite", (i) => (i % 1000) * 4096),
    appendSyncMs: measure("append", (i) => (4 << 20) + i * 4096),
    writeMiBPerSecond,
  };
}

function hashSpeed(path: string, sizeMiB: number): number {
  const start = performance.now();
  const file = openSync(path, "r");
  const hasher = createHash("sha256");
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) hasher.update(buffer.subarray(0, read));
  hasher.digest("hex");
  closeSync(file);
  return (sizeMiB / (performance.now() - start)) * 1000;
}

async function measureBlobs(folder: string): Promise<StoreFigures["blobs"]> {
  const blobs = openFolderBlobs(join(folder, "blobs"));
  const fileMiB = 512;
  const path = join(folder, "large");
  const file = openSync(path, "w");
  for (let i = 0; i < fileMiB; i++) writeSync(file, randomBytes(1 << 20));
  fsyncSync(file);
  closeSync(file);
  const hash = hashSpeed(path, fileMiB);
  const start = performance.now();
  const { digest } = await blobs.putFile(path);
  const add = (fileMiB / (performance.now() - start)) * 1000;
  if ((await blobs.verify(digest)) !== "same") throw new Error("other bytes came back");
  const smallPutMs = await timed(300, () => blobs.putBytes(randomBytes(2000)));
  const smallPutsPerSecond = await perSecond(2000, () =>
    Promise.all(Array.from({ length: 2000 }, () => blobs.putBytes(randomBytes(2000)))),
  );
  return {
    fileMiB,
    hashMiBPerSecond: round(hash),
    addMiBPerSecond: round(add),
    addOfHash: round(add / hash),
    smallPutMs,
    smallPutsPerSecond,
  };
}

export async function benchStore(): Promise<StoreFigures> {
  const folder = mkdtempSync(join(tmpdir(), "bench-store-"));
  try {
    const disk = measureDisk(folder);
    const sqliteDatabase = openSqlite(join(folder, "capstan.db"));
    const sqlite = await measureDatabase(sqliteDatabase);
    await sqliteDatabase.close();
    const bin = findPostgres();
    let postgres: DatabaseFigures | null = null;
    if (bin !== undefined) {
      const server = await startPostgres(bin);
      const database = openPostgres(await server.createDatabase());
      postgres = await measureDatabase(database).finally(() => database.close());
      await server.stop();
    }
    return { disk, sqlite, postgres, blobs: await measureBlobs(folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await benchStore(), null, 2));
