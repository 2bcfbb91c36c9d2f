import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readEnvironment } from "../foundation/environment.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { createRecorder } from "../record/recorder.ts";
import { createRecordService } from "../record/service.ts";
import { backupStore, keepDatabaseCopy, restoreStore } from "./backup.ts";
import { insert } from "./database.ts";
import { openFolderBlobs } from "./folder-blobs.ts";
import { openSqlite } from "./sqlite.ts";
import type { StorePlace } from "./store-place.ts";

const environment = readEnvironment({});
const placeAt = (folder: string): StorePlace => ({ storeFolder: folder, localFolder: folder });

let opened: TestStore;
let beside: string;
beforeEach(async () => {
  opened = await openTestStore([{ room: "things", number: 1, sql: "create table thing (id BIGINT primary key, digest TEXT)" }]);
  beside = dirname(opened.folder);
  await writeFile(join(opened.folder, "store.json"), JSON.stringify({ id: opened.store.id, format: 1 }));
  await mkdir(join(opened.folder, "spool", "late-arrival"), { recursive: true });
  await writeFile(join(opened.folder, "spool", "late-arrival", "01A.seg"), "rows of an open segment");
});
afterEach(() => opened.close());

/** A ledgered change that names a blob, as every room makes them: the blob first, then the row. */
async function make(i: number): Promise<void> {
  const { blobs, recorder } = opened.store;
  const { digest } = await blobs.putBytes(Buffer.from(`content ${i}`));
  await recorder.commit(
    [insert("thing", { id: i, digest })],
    [
      {
        action: "thing.made",
        subject: { type: "thing", id: `t${i}` },
        project: "default",
        actor: { kind: "person", name: "local:ada" },
        payload: { i },
      },
    ],
  );
}
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => (error as { code?: string }).code,
  );

test("a backup taken while the store is written is restored whole, and its record verifies", async () => {
  for (let i = 0; i < 60; i++) await make(i);
  await opened.store.recorder.signed();
  let writing = true;
  let next = 60;
  const writer = (async () => {
    while (writing) await make(next++);
  })();
  const target = join(beside, "backup");
  const manifest = await backupStore({ place: opened.place, environment, target, nowMs: 1_000 });
  writing = false;
  await writer;
  expect(manifest).toMatchObject({ format: 1, store: opened.store.id, madeMs: 1_000, damaged: [] });
  expect(Object.keys(manifest.files)).toEqual(["capstan.db", "spool/late-arrival/01A.seg", "store.json"]);
  expect((await readdir(target)).sort()).toEqual(["backup.json", "blobs", "capstan.db", "spool", "store.json"]);

  const storeFolder = join(beside, "restored");
  expect(await restoreStore({ backup: target, place: placeAt(storeFolder), environment })).toEqual(manifest);
  const database = openSqlite(join(storeFolder, "capstan.db"));
  const blobs = openFolderBlobs(join(storeFolder, "blobs"));
  const rows = await database.all<{ id: number; digest: string }>("select id, digest from thing order by id");
  expect(rows.length).toBeGreaterThanOrEqual(60);
  expect(rows.map((row) => row.id)).toEqual(rows.map((_, i) => i));
  for (const row of rows) expect((await blobs.bytes(row.digest)).toString()).toBe(`content ${row.id}`);
  expect(await readFile(join(storeFolder, "spool", "late-arrival", "01A.seg"), "utf8")).toBe("rows of an open segment");

  const { store, home } = opened;
  const recorder = await createRecorder({ ...store, database, storeId: store.id, home });
  const record = createRecordService({
    store: { ...store, database, blobs, folder: storeFolder, recorder },
    tilesFolder: join(storeFolder, "tiles"),
  });
  const verified = await record.verify();
  expect(verified.parts.filter((part) => part.verdict === "fail")).toEqual([]);
  expect(verified.verdict).not.toBe("fail");
  await recorder.close();
  await database.close();
});

test("what is in the way, no store, and no backup are refused, and nothing is left behind", async () => {
  await make(0);
  const target = join(beside, "backup");
  await mkdir(target);
  expect(await codeOf(backupStore({ place: opened.place, environment, target, nowMs: 0 }))).toBe("CAP-STORE-010");
  await rm(target, { recursive: true });
  expect(await codeOf(backupStore({ place: placeAt(join(beside, "nowhere")), environment, target, nowMs: 0 }))).toBe("CAP-STORE-008");
  await backupStore({ place: opened.place, environment, target, nowMs: 0 });
  expect(await codeOf(restoreStore({ backup: target, place: placeAt(opened.folder), environment }))).toBe("CAP-STORE-010");
  expect(await codeOf(restoreStore({ backup: beside, place: placeAt(join(beside, "restored")), environment }))).toBe("CAP-STORE-011");
  expect((await readdir(beside)).sort()).toEqual([".capstan", "backup", "home"]);
});

test("a backup that was changed or cut is not restored", async () => {
  await make(0);
  await make(1);
  const whole = join(beside, "backup");
  await backupStore({ place: opened.place, environment, target: whole, nowMs: 0 });
  const blob = async (folder: string): Promise<string> => {
    for await (const one of openFolderBlobs(join(folder, "blobs")).list())
      return join(folder, "blobs", one.digest.slice(0, 2), one.digest.slice(2));
    throw new Error("no blob");
  };
  const damages: [string, (folder: string) => Promise<void>, string][] = [
    ["a blob changed", async (folder) => writeFile(await blob(folder), "other"), "CAP-STORE-002"],
    ["a blob missing", async (folder) => rm(await blob(folder)), "CAP-STORE-011"],
    ["the database changed", (folder) => writeFile(join(folder, "capstan.db"), "other"), "CAP-STORE-011"],
    ["a file missing", (folder) => rm(join(folder, "store.json")), "CAP-STORE-011"],
    [
      "a path that leads out",
      async (folder) =>
        writeFile(
          join(folder, "backup.json"),
          (await readFile(join(folder, "backup.json"), "utf8")).replace("store.json", "../store.json"),
        ),
      "CAP-STORE-011",
    ],
    [
      "a newer format",
      async (folder) =>
        writeFile(join(folder, "backup.json"), (await readFile(join(folder, "backup.json"), "utf8")).replace('"format": 1', '"format": 2')),
      "CAP-STORE-005",
    ],
  ];
  for (const [what, damage, code] of damages) {
    const backup = join(beside, what);
    await cp(whole, backup, { recursive: true });
    await damage(backup);
    expect([what, await codeOf(restoreStore({ backup, place: placeAt(join(beside, "restored")), environment }))]).toEqual([what, code]);
  }
  expect((await readdir(beside)).some((name) => name.startsWith("restored"))).toBe(false);
});

test("a damaged blob is named and does not stop the backup of the rest", async () => {
  const { digest } = await opened.store.blobs.putBytes(Buffer.from("right"));
  await make(0);
  await writeFile(join(opened.folder, "blobs", digest.slice(0, 2), digest.slice(2)), "wrong");
  const manifest = await backupStore({ place: opened.place, environment, target: join(beside, "backup"), nowMs: 0 });
  expect(manifest).toMatchObject({ blobs: 1, damaged: [digest] });
});

test("copies of the database are kept, the newest few", async () => {
  await make(0);
  for (let day = 1; day <= 5; day++) await keepDatabaseCopy(opened.place, Date.UTC(2026, 0, day));
  expect((await readdir(join(opened.folder, "backups"))).sort()).toEqual([3, 4, 5].map((day) => `2026-01-0${day}T00-00-00.000Z.db`));
  const copy = openSqlite(join(opened.folder, "backups", "2026-01-05T00-00-00.000Z.db"));
  expect(await copy.find("select count(*) as n from thing")).toEqual({ n: 1 });
  await copy.close();
});
