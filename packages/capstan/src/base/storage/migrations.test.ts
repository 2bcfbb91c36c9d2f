import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWith } from "../../testing/needs.ts";
import { findPostgres, startPostgres } from "../../testing/postgres.ts";
import { sha256 } from "../foundation/hashing.ts";
import { keepDatabaseCopy } from "./backup.ts";
import { insert } from "./database.ts";
import { type Migration, migrate, requireMigrated } from "./migrations.ts";
import { databasePlace, findNetworkFileSystem } from "./network-place.ts";
import { openPostgres } from "./postgres.ts";
import { openSqlite, openSqliteReadOnly } from "./sqlite.ts";

const first: Migration[] = [
  { room: "things", number: 1, sql: "create table thing (id TEXT primary key);\ncreate table other (id TEXT);\n" },
];
const second: Migration[] = [...first, { room: "things", number: 2, sql: "alter table thing add column size BIGINT;\n" }];

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "migrations-"));
  path = join(folder, "capstan.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function madeBy(all: readonly Migration[]): Promise<void> {
  const database = openSqlite(path);
  await migrate(database, all);
  await database.commit([insert("thing", { id: "a" })]);
  await database.close();
}

test("an existing store is copied before it changes, a new one and one that is up to date are not", async () => {
  const copies: string[] = [];
  const before = async (): Promise<void> => void copies.push(await keepDatabaseCopy({ storeFolder: folder, localFolder: folder }, 1000));
  const database = openSqlite(path);
  expect(await migrate(database, first, { before })).toBe(1);
  await database.commit([insert("thing", { id: "a" })]);
  expect(await migrate(database, first, { before })).toBe(0);
  expect(copies).toEqual([]);
  expect(await migrate(database, second, { before })).toBe(1);
  expect(copies).toHaveLength(1);
  expect(await database.all("select * from thing")).toEqual([{ id: "a", size: null }]);
  const copy = openSqliteReadOnly(copies[0] ?? "");
  expect(await copy.all("select * from thing")).toEqual([{ id: "a" }]);
  await copy.close();
  await database.close();
});

test("a migration that fails, and one whose copy fails, change nothing", async () => {
  await madeBy(first);
  const database = openSqlite(path);
  const broken = [...second, { room: "things", number: 3, sql: "create table half (id TEXT);\ncreate tabel whole (id TEXT);\n" }];
  await expect(migrate(database, broken)).rejects.toMatchObject({ code: "CAP-STORE-001" });
  await expect(migrate(database, second, { before: () => Promise.reject(new Error("no room for a copy")) })).rejects.toThrow("no room");
  expect(await database.all("select name from sqlite_master where name = 'half'")).toEqual([]);
  expect(await database.all("select * from thing")).toEqual([{ id: "a" }]);
  await database.close();
});

test("a newer store is refused and not touched; an older one is not read with newer eyes", async () => {
  await madeBy(second);
  const was = sha256(readFileSync(path));
  const database = openSqlite(path);
  await expect(migrate(database, first)).rejects.toMatchObject({ code: "CAP-STORE-005", params: { found: "things/2" } });
  await database.close();
  expect(sha256(readFileSync(path))).toBe(was);
  const reader = openSqliteReadOnly(path);
  await expect(requireMigrated(reader, first)).rejects.toMatchObject({ code: "CAP-STORE-005" });
  await expect(requireMigrated(reader, [...second, { room: "things", number: 3, sql: "" }])).rejects.toMatchObject({
    code: "CAP-STORE-009",
    params: { missing: "things/3" },
  });
  await requireMigrated(reader, second);
  await reader.close();
  expect(sha256(readFileSync(path))).toBe(was);
});

describeWith("PostgreSQL", "a PostgreSQL server (package postgresql)", findPostgres(), (bin) => {
  test("processes that start together migrate once", async () => {
    const server = await startPostgres(bin);
    const url = await server.createDatabase();
    const several = [1, 2, 3, 4].map(() => openPostgres(url));
    const done = await Promise.all(several.map((database) => migrate(database, second)));
    expect(done.sort()).toEqual([0, 0, 0, 2]);
    await Promise.all(several.map((database) => database.close()));
    await server.stop();
  });
});

/** Tells how to run a command while a folder cannot be written: by its mode, or for root, whom modes do not hold back, by a mount that only this command sees. */
function findReadOnly(): ((folder: string, command: string[]) => string) | undefined {
  const run = (file: string, args: string[]): string => {
    const { stdout, stderr, status } = spawnSync(file, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  if (process.getuid?.() !== 0) {
    return (target, [file = "", ...args]) => {
      chmodSync(target, 0o555);
      try {
        return run(file, args);
      } finally {
        chmodSync(target, 0o755);
      }
    };
  }
  if (spawnSync("unshare", ["-m", "true"]).status !== 0) return undefined;
  return (target, command) =>
    run("unshare", ["-m", "sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"', target, ...command]);
}

describeWith("a folder that cannot be written", "a way to make a folder read-only", findReadOnly(), (readOnly) => {
  const script = (): string => `
import { openSqlite, openSqliteReadOnly } from ${JSON.stringify(new URL("./sqlite.ts", import.meta.url).href)};
import { takeLease } from ${JSON.stringify(new URL("./lease.ts", import.meta.url).href)};
const said = [];
const codeOf = async (work) => { try { return await work(); } catch (error) { return error.code; } };
const path = ${JSON.stringify(path)};
said.push(await codeOf(async () => { const database = openSqliteReadOnly(path); const rows = await database.all("select id from thing"); said.push(await codeOf(() => database.commit([{ sql: "delete from thing", params: [] }]))); await database.close(); return rows; }));
said.push(await codeOf(() => openSqlite(path).commit([{ sql: "delete from thing", params: [] }])));
said.push(await codeOf(() => takeLease(path.replace("capstan.db", "host.lease"))));
console.log(JSON.stringify(said));
`;
  const ask = (): unknown => JSON.parse(readOnly(folder, [process.execPath, "--input-type=module", "-e", script()]));

  test("a store there is read as it is, and every change is refused", async () => {
    await madeBy(first);
    expect(ask()).toEqual(["CAP-STORE-004", [{ id: "a" }], "CAP-STORE-004", "CAP-STORE-004"]);
    expect(readdirSync(folder)).toEqual(["capstan.db"]);
  });

  test("a store whose newest changes are still in its log is never read without them", async () => {
    await madeBy(first);
    const child = spawnSync(process.execPath, [
      "--input-type=module",
      "-e",
      `
import { openSqlite } from ${JSON.stringify(new URL("./sqlite.ts", import.meta.url).href)};
await openSqlite(${JSON.stringify(path)}).commit([{ sql: "insert into thing (id) values ('b')", params: [] }]);
process.kill(process.pid, "SIGKILL");
`,
    ]);
    expect(child.signal).toBe("SIGKILL");
    const [, rows] = ask() as [unknown, unknown];
    // Either with them, or not at all.
    expect([[{ id: "a" }, { id: "b" }], "CAP-STORE-004"]).toContainEqual(rows);
    rmSync(`${path}-shm`, { force: true });
    const withoutShared = ask() as unknown[];
    expect(withoutShared[0] === "CAP-STORE-001" || JSON.stringify(withoutShared[1]) === '[{"id":"a"},{"id":"b"}]').toBe(true);
  });
});

test("the database lives beside its blobs, except on a network file system", () => {
  expect(findNetworkFileSystem(folder)).toBeUndefined();
  expect(databasePlace(folder, "state")).toEqual({ folder });
  const elsewhere = databasePlace(folder, "state", () => "NFS");
  expect(elsewhere).toEqual({ folder: expect.stringMatching(/^state\/stores\/[0-9a-f]{16}$/), because: "NFS" });
});
