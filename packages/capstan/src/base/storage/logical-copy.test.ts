import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { describeWith } from "../../testing/needs.ts";
import { findPostgres, startPostgres, type TestPostgres } from "../../testing/postgres.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { readEnvironment } from "../foundation/environment.ts";
import { createRecorder } from "../record/recorder.ts";
import { createRecordService } from "../record/service.ts";
import { backupStore, restoreStore } from "./backup.ts";
import { insert } from "./database.ts";
import { hostMigrations } from "./hosts.ts";
import { openBlobs, openDatabase } from "./open-store.ts";
import { openPostgres } from "./postgres.ts";
import type { StorePlace } from "./store-place.ts";

const environment = readEnvironment({});
const things = {
  room: "things",
  number: 1,
  sql: "create table thing (id BIGINT primary key, name TEXT, share DOUBLE PRECISION, bytes BYTEA, digest TEXT);\ncreate table run (id TEXT primary key, changed BIGINT not null)",
};
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => (error as { code?: string }).code,
  );

describeWith("a backup of either database becomes either database", "a PostgreSQL server (package postgresql)", findPostgres(), (bin) => {
  let server: TestPostgres;
  let opened: TestStore;
  let beside: string;
  let url: string;
  beforeAll(async () => void (server = await startPostgres(bin)));
  afterAll(() => server.stop());
  beforeEach(async () => void (url = await server.createDatabase()));
  afterEach(() => opened.close());

  const open = async (from: "sqlite" | "postgres"): Promise<StorePlace> => {
    opened = await openTestStore([...hostMigrations, things], from === "postgres" ? { database: openPostgres(url) } : {});
    beside = dirname(opened.folder);
    writeFileSync(join(opened.folder, "store.json"), JSON.stringify({ id: opened.store.id, format: 1 }));
    return from === "postgres" ? { ...opened.place, database: url } : opened.place;
  };
  const make = async (i: number): Promise<void> => {
    const { blobs, recorder } = opened.store;
    const { digest } = await blobs.putBytes(Buffer.from(`content ${i}`));
    await recorder.commit(
      [
        insert("thing", {
          id: i,
          name: i % 3 === 0 ? null : `it's ${i} \u{1f9ed}`,
          share: i / 7,
          bytes: new Uint8Array([0, i % 256, 255]),
          digest,
        }),
      ],
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
  };
  /** Opens what was restored as a host does, and verifies it. */
  const reopened = async (place: StorePlace): Promise<{ things: unknown[]; runs: unknown[]; verdict: string; size: number }> => {
    const { store: before } = opened;
    const database = await openDatabase(place, "host");
    const recorder = await createRecorder({ ...before, database, storeId: before.id, home: opened.home });
    const store = { ...before, database, recorder, folder: place.storeFolder, blobs: await openBlobs(place, environment) };
    try {
      await recorder.signed();
      const verified = await createRecordService({ store, tilesFolder: join(place.storeFolder, "tiles") }).verify({ deep: true });
      return {
        things: await database.all("select * from thing order by id"),
        runs: await database.all("select * from run"),
        verdict: verified.parts.filter((one) => one.part !== "anchor").every((one) => one.verdict === "pass")
          ? "pass"
          : JSON.stringify(verified.parts),
        size: recorder.ledger.head().size,
      };
    } finally {
      await recorder.close();
      await database.close();
    }
  };

  test.each([
    ["sqlite", "postgres"],
    ["postgres", "sqlite"],
    ["postgres", "postgres"],
  ] as const)("from %s to %s, taken while it is written", async (from, to) => {
    const place = await open(from);
    for (let i = 0; i < 30; i++) await make(i);
    await opened.store.database.commit([insert("run", { id: "r", changed: 1e12 })]);
    let writing = true;
    let next = 30;
    const writer = (async () => {
      while (writing) await make(next++);
    })();
    const target = join(beside, "backup");
    const made = await backupStore({ place, environment, target, nowMs: 1 });
    writing = false;
    await writer;
    expect(made).toMatchObject({ store: opened.store.id, damaged: [] });
    const storeFolder = join(beside, "restored");
    const other: StorePlace = {
      storeFolder,
      localFolder: storeFolder,
      ...(to === "postgres" && { database: await server.createDatabase() }),
    };
    await restoreStore({ backup: target, place: other, environment });
    const { things: found, runs, verdict, size } = await reopened(other);
    expect(verdict).toBe("pass");
    expect(found.length).toBeGreaterThanOrEqual(30);
    expect(size).toBe(found.length);
    // A number of a transaction that is far ahead would make every reader read the run again and again.
    expect(runs).toEqual([{ id: "r", changed: to === "postgres" ? 0 : 1e12 }]);
    expect(found).toEqual(await opened.store.database.all("select * from thing where id < ? order by id", [found.length]));
    // A place that holds something stays as it is.
    expect(await codeOf(restoreStore({ backup: target, place: other, environment }))).toBe("CAP-STORE-010");
    if (other.database !== undefined) {
      const elsewhere = { ...other, storeFolder: join(beside, "second"), localFolder: join(beside, "second") };
      expect(await codeOf(restoreStore({ backup: target, place: elsewhere, environment }))).toBe("CAP-STORE-010");
    }
  });

  test("the database of a store whose blobs are on a network file system comes back to this machine", async () => {
    const place = await open("sqlite");
    await make(1);
    const target = join(beside, "backup");
    await backupStore({ place, environment, target, nowMs: 1 });
    const localFolder = join(beside, "machine");
    mkdirSync(localFolder);
    const other: StorePlace = { storeFolder: join(beside, "restored"), localFolder, network: "NFS" };
    await restoreStore({ backup: target, place: other, environment });
    expect((await reopened(other)).verdict).toBe("pass");
  });
});
