import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, expect, test } from "vitest";
import { type Database, insert, statement } from "./database.ts";
import { databaseConformance } from "./database.conformance.ts";
import { openSqlite, openSqliteReadOnly } from "./sqlite.ts";

const folders: string[] = [];
const freshFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "sqlite-"));
  folders.push(folder);
  return folder;
};
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

databaseConformance("SQLite", async () => {
  const path = join(freshFolder(), "capstan.db");
  const database = openSqlite(path);
  return { database, again: () => openSqlite(path), remove: () => database.close() };
});

/** A read of some seconds that touches no page after its first row. */
const longRead = "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) select max(i * 31 % 7919) as most from n";

test("long reads hold up neither small changes nor small reads nor the event loop", async () => {
  const database = openSqlite(join(freshFolder(), "capstan.db"));
  await database.commit([statement("create table thing (id BIGINT primary key)")]);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let reading = 2;
  const reads = [1, 2].map(() => database.all(longRead, [8_000_000]).finally(() => reading--));
  delay.enable();
  let done = 0;
  // What is counted was acknowledged while both long reads were still at work: no pause of theirs can be in it.
  while (done < 100) {
    await database.commit([insert("thing", { id: done })]);
    expect(await database.find<{ n: number }>("select count(*) as n from thing")).toEqual({ n: done + 1 });
    done++;
  }
  delay.disable();
  expect(reading).toBe(2);
  expect(delay.percentile(95) / 1e6).toBeLessThan(50);
  await Promise.all(reads);
  await database.close();
});

const writerSource = (path: string, first: number): string => `
import { openSqlite } from ${JSON.stringify(new URL("./sqlite.ts", import.meta.url).href)};
const database = openSqlite(${JSON.stringify(path)});
await database.commit([{ sql: "create table if not exists thing (id BIGINT primary key, half BIGINT)", params: [] }]);
let next = ${first};
const work = async () => {
  for (;;) {
    const id = next++;
    await database.commit([{ sql: "insert into thing (id) values (?)", params: [id] }, { sql: "update thing set half = id * 2 where id = ?", params: [id] }]);
    process.stdout.write(id + "\\n");
  }
};
await Promise.all([work(), work(), work(), work()]);
`;

test("after kill -9 at any moment the store opens with every acknowledged change and none by halves", { timeout: 60_000 }, async () => {
  const path = join(freshFolder(), "capstan.db");
  const acknowledged = new Set<number>();
  let first = 0;
  for (const killAfter of [1, 7, 40, 163, 400, 900]) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", writerSource(path, first)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    let rest = "";
    let seen = 0;
    child.stdout.on("data", (data: Buffer) => {
      const lines = (rest + data.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) acknowledged.add(Number(line));
      seen += lines.length;
      if (seen >= killAfter) child.kill("SIGKILL");
    });
    await Promise.all([ended, new Promise((resolve) => child.stdout.once("close", resolve))]);
    const database = openSqlite(path);
    expect(await database.all("pragma integrity_check")).toEqual([{ integrity_check: "ok" }]);
    const rows = await database.all<{ id: number; half: number }>("select id, half from thing order by id");
    const kept = new Set(rows.map((row) => row.id));
    expect([...acknowledged].filter((id) => !kept.has(id))).toEqual([]);
    expect(rows.filter((row) => row.half !== row.id * 2)).toEqual([]);
    first = Math.max(-1, ...kept) + 1;
    await database.close();
  }
  expect(acknowledged.size).toBeGreaterThan(1500);
});

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => (error as { code?: string }).code,
  );

test("a file that is no database, and a folder that is not there, are said at once and for good", async () => {
  const folder = freshFolder();
  const path = join(folder, "capstan.db");
  writeFileSync(path, "this is not a database, and long enough to be looked at as one".repeat(100));
  for (const bad of [path, join(folder, "nowhere", "capstan.db")]) {
    const database: Database = openSqlite(bad);
    expect(await codeOf(database.commit([statement("create table thing (id TEXT)")]))).toBe("CAP-STORE-001");
    expect(await codeOf(database.all("select 1"))).toBe("CAP-STORE-001");
    expect(await codeOf(database.commit([statement("create table thing (id TEXT)")]))).toBe("CAP-STORE-001");
    await database.close();
  }
  expect(() => openSqliteReadOnly(path)).toThrow("file is not a database");
});
