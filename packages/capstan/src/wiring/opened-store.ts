import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock } from "../base/foundation/clock.ts";
import type { Environment } from "../base/foundation/environment.ts";
import { CapstanError } from "../base/foundation/errors.ts";
import { createEvents } from "../base/foundation/events.ts";
import { createIds } from "../base/foundation/ids.ts";
import type { Log } from "../base/foundation/log.ts";
import { createRecorder, type HostRecorder } from "../base/record/recorder.ts";
import type { Store, StoreEvents } from "../base/record/store.ts";
import { keepDatabaseCopy } from "../base/storage/backup.ts";
import type { Database } from "../base/storage/database.ts";
import { createHosts, type Hosts } from "../base/storage/hosts.ts";
import { type Migration, migrate, missingMigrations, requireMigrated } from "../base/storage/migrations.ts";
import { openBlobs, openDatabase, requireOwnMachine, settleStoreId } from "../base/storage/open-store.ts";
import { folderIdentity, type StorePlace } from "../base/storage/store-place.ts";

export type OpenedStore = {
  store: Store & { readonly recorder: HostRecorder };
  hosts: Hosts;
  /** Says that this process lives, and hears what others do. For hosts only. */
  start(): Promise<void>;
  close(): Promise<void>;
};

/** A store where its place says it is: database, objects, recorder, and on PostgreSQL the other processes that share it. */
export async function openStore(options: {
  place: StorePlace & { project: string };
  environment: Environment;
  mode: "host" | "read";
  migrations: readonly Migration[];
  clock: Clock;
  log: Log;
}): Promise<OpenedStore> {
  const { place, environment, mode, clock, log } = options;
  const folder = place.storeFolder;
  const machine = hostname();
  requireOwnMachine(place, machine);
  const folders = mode === "host" ? ["blobs", "tiles", "spool", "work", "logs", "tmp"] : place.database === undefined ? [] : ["tmp"];
  for (const name of folders) mkdirSync(join(folder, name), { recursive: true });
  if (mode === "host") keepOutOfGit(folder);
  const ids = createIds(() => clock.nowMs());
  const events = createEvents<StoreEvents>((error) => log.error("listener", { error: String(error) }));
  const blobs = await openBlobs(place, environment);
  const database = await openDatabase(place, mode);
  try {
    if (mode === "host")
      await migrate(database, options.migrations, { before: async () => void (await keepDatabaseCopy(place, clock.nowMs())) });
    else await requireStore(database, options.migrations, folder);
    const id = await settleStoreId(place, database, machine, mode === "host" ? ids.ulid() : undefined);
    const hosts = createHosts({ database, ids, log, place: folderIdentity(folder, machine), project: place.project });
    const recorder = await createRecorder({
      database,
      clock,
      ids,
      events,
      log,
      storeId: id,
      home: environment.home,
      otherSigns: hosts.otherSigns,
      readOnly: mode === "read",
    });
    let shared: { close(): Promise<void> } | undefined;
    return {
      store: { id, folder, database, blobs, recorder, events, clock, ids, log },
      hosts,
      async start() {
        await hosts.start({ signs: recorder.ledger.canSign });
        if (place.database === undefined) return;
        const { shareEvents } = await import("./shared-events.ts");
        shared = shareEvents({ url: place.database, storeId: id, host: hosts.id, events, recorder, log });
      },
      async close() {
        await shared?.close();
        await recorder.close();
        if (mode === "host") await hosts.stop();
      },
    };
  } catch (error) {
    await database.close().catch(() => undefined);
    throw error;
  }
}

/** The folder is nothing to commit, wherever it lies: it says so itself. */
function keepOutOfGit(folder: string): void {
  const path = join(folder, ".gitignore");
  if (!existsSync(path)) writeFileSync(path, "*\n");
}

async function requireStore(database: Database, migrations: readonly Migration[], folder: string): Promise<void> {
  if (database.dialect === "postgres" && (await missingMigrations(database, migrations)).fresh)
    throw new CapstanError("CAP-STORE-008", { folder });
  await requireMigrated(database, migrations);
}
