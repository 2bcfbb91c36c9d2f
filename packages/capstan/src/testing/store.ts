import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../base/foundation/clock.ts";
import { readEnvironment } from "../base/foundation/environment.ts";
import { createEvents } from "../base/foundation/events.ts";
import { createIds } from "../base/foundation/ids.ts";
import { silentLog } from "../base/foundation/log.ts";
import { recordMigrations } from "../base/record/migrations.ts";
import { createRecorder, type HostRecorder } from "../base/record/recorder.ts";
import type { Store, StoreEvents } from "../base/record/store.ts";
import type { Database } from "../base/storage/database.ts";
import { openFolderBlobs } from "../base/storage/folder-blobs.ts";
import { type Migration, migrate } from "../base/storage/migrations.ts";
import { openPostgres } from "../base/storage/postgres.ts";
import { openSqlite } from "../base/storage/sqlite.ts";
import type { StorePlace } from "../base/storage/store-place.ts";
import { createDatabaseIn, dropDatabase } from "./postgres.ts";

export type TestStore = {
  store: Store & { readonly recorder: HostRecorder };
  /** The store's folder, below a temporary one that `close` removes. */
  folder: string;
  /** Where it is, for what opens it again. */
  place: StorePlace;
  /** State folder of the person, with the signing key. */
  home: string;
  close(): Promise<void>;
};
export type TestStoreOptions = {
  clock?: Clock;
  /** Opens another database than SQLite in the folder. */
  database?: Database;
  /** Indexes by sequencer, as many processes on one database do. */
  sequenced?: boolean;
  signAfterMs?: number;
};

/** URL of a PostgreSQL server on which tests open their stores instead of SQLite; each store gets a database of its own. */
const postgres = readEnvironment().variables["CAPSTAN_TEST_POSTGRES"];
/** `inline`: one process writes there, too, so that an entry has its index at once. */
const inline = readEnvironment().variables["CAPSTAN_TEST_INDEX"] === "inline";

/** A store as the program opens it: SQLite in a fresh temporary folder, the record's tables and those given, the real recorder with a key of a fixed seed. */
export async function openTestStore(migrations: readonly Migration[] = [], options: TestStoreOptions = {}): Promise<TestStore> {
  const root = await mkdtemp(join(tmpdir(), "capstan-test-"));
  const folder = join(root, ".capstan");
  const home = join(root, "home");
  await mkdir(folder);
  const clock = options.clock ?? systemClock;
  const ids = createIds(() => clock.nowMs());
  const url = postgres && !options.database ? await createDatabaseIn(postgres) : undefined;
  const database = options.database ?? (url === undefined ? openSqlite(join(folder, "capstan.db")) : openPostgres(url));
  await migrate(database, [...recordMigrations, ...migrations.filter((one) => one.room !== "record")]);
  const failures: unknown[] = [];
  const events = createEvents<StoreEvents>((error) => failures.push(error));
  const id = "01TEST00000000000000000000";
  const recorder = await createRecorder({
    database,
    clock,
    ids,
    events,
    home,
    log: silentLog,
    storeId: id,
    seed: Buffer.alloc(32, 7),
    ...((options.sequenced !== undefined || inline) && { sequenced: options.sequenced ?? false }),
    // Of a program, a store that was never signed is signed at once, which a test that counts heads would have to wait for.
    signAfterMs: options.signAfterMs ?? 5_000,
  });
  return {
    store: { id, folder, database, blobs: openFolderBlobs(join(folder, "blobs")), recorder, events, clock, ids, log: silentLog },
    folder,
    place: { storeFolder: folder, localFolder: folder, ...(url !== undefined && { database: url }) },
    home,
    async close() {
      await recorder.close();
      await database.close();
      if (url !== undefined) await dropDatabase(url);
      await rm(root, { recursive: true, force: true });
      // A listener of an event must not fail; a test that made one fail should know.
      if (failures.length > 0) throw failures[0];
    },
  };
}
