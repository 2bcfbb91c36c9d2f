import { type OperationName, operations, type Operations } from "@capstan/contract/operations";
import type { InputOf, Operation, OutputOf } from "@capstan/contract";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accessMigrations } from "./base/access/migrations.ts";
import { accessHandlers } from "./base/access/operations.ts";
import { type AccessService, createAccessService } from "./base/access/service.ts";
import { systemClock } from "./base/foundation/clock.ts";
import type { Caller } from "./base/foundation/caller.ts";
import type { Environment } from "./base/foundation/environment.ts";
import { CapstanError } from "./base/foundation/errors.ts";
import { createEvents } from "./base/foundation/events.ts";
import { createIds } from "./base/foundation/ids.ts";
import { openLog } from "./base/foundation/logger.ts";
import { projectMigrations } from "./base/projects/migrations.ts";
import { projectHandlers } from "./base/projects/operations.ts";
import { createProjectsService } from "./base/projects/service.ts";
import { recordMigrations } from "./base/record/migrations.ts";
import { recordHandlers } from "./base/record/operations.ts";
import { createRecorder, type HostRecorder } from "./base/record/recorder.ts";
import { createRecordService } from "./base/record/service.ts";
import type { Store, StoreEvents } from "./base/record/store.ts";
import { openFolderBlobs } from "./base/storage/folder-blobs.ts";
import { createJobs, jobMigrations } from "./base/storage/jobs.ts";
import { type Migration, migrate } from "./base/storage/migrations.ts";
import { openSqlite, openSqliteReadOnly } from "./base/storage/sqlite.ts";
import { openAnalytics } from "./build/data/analytics.ts";
import { dataMigrations } from "./build/data/migrations.ts";
import { dataHandlers } from "./build/data/operations.ts";
import { createDataService } from "./build/data/service.ts";
import { registryMigrations } from "./build/registry/migrations.ts";
import { registryHandlers } from "./build/registry/operations.ts";
import { createRegistryService } from "./build/registry/service.ts";
import { trackingMigrations } from "./build/tracking/migrations.ts";
import { createTrackingService } from "./build/tracking/service.ts";
import { parseInput, type Bound } from "./face/http/operations.ts";
import type { ShellParts, WireRoute } from "./face/http/server.ts";
import { insightsMigrations } from "./operate/insights/migrations.ts";
import { createStations } from "./operate/insights/stations.ts";
import type { ProjectFolder } from "./project-folder.ts";

export type AppOptions = {
  place: ProjectFolder;
  environment: Environment;
  /** `host`: writes, holds the lease. `read`: looks only, in this process. */
  mode: "host" | "read";
  artifactRoot?: string;
  artifactsDestination?: string;
};

export type App = {
  readonly store: Store & { readonly recorder: HostRecorder };
  readonly access: AccessService;
  readonly operations: readonly Bound[];
  readonly wire: readonly WireRoute[];
  readonly unknownBelow: ShellParts["unknownBelow"];
  call<K extends OperationName>(name: K, input: InputOf<Operations[K]>, caller: Caller): Promise<OutputOf<Operations[K]>>;
  metrics(): Promise<string>;
  /** Begins what a host does by itself, once its address is known. */
  start(host: { url: string }): Promise<void>;
  /** Ends that again, leaving running steps alive. */
  stop(): Promise<void>;
  close(): Promise<void>;
};

/** Every table's room, in the order of the house. */
export const migrations: readonly Migration[] = [
  ...jobMigrations, ...recordMigrations, ...accessMigrations, ...projectMigrations, ...dataMigrations, ...trackingMigrations, ...registryMigrations, ...insightsMigrations,
];

/** Opens one store and builds every room on it. May be called twice in one process, on two folders. */
export async function openApp(options: AppOptions): Promise<App> {
  const { place, environment, mode } = options;
  const folder = place.storeFolder;
  const databasePath = join(folder, "capstan.db");
  const clock = systemClock;
  const ids = createIds(() => clock.nowMs());
  const log = openLog(environment.logLevel, mode === "host" ? join(folder, "logs", "host.log") : undefined);
  const events = createEvents<StoreEvents>((error) => log.error("listener", { error: String(error) }));
  if (mode === "host") for (const name of ["blobs", "tiles", "spool", "work", "logs", "tmp"]) mkdirSync(join(folder, name), { recursive: true });
  const id = storeId(folder, mode === "host" ? ids.ulid() : undefined);
  const database = mode === "host" ? openSqlite(databasePath) : openSqliteReadOnly(databasePath);
  if (mode === "host") await migrate(database, migrations);
  const recorder = await createRecorder({ database, clock, ids, events, log, storeId: id, home: environment.home });
  const store = { id, folder, database, blobs: openFolderBlobs(join(folder, "blobs")), recorder, events, clock, ids, log };

  const jobs = createJobs(store);
  const access = createAccessService({ store, user: environment.user });
  const projects = createProjectsService({ store });
  const record = createRecordService({ store, tilesFolder: join(folder, "tiles") });
  const analytics = openAnalytics({ memoryLimit: "4GB", tempFolder: join(folder, "tmp") });
  const data = createDataService({ store, analytics });
  const tracking = createTrackingService({ store });
  const registry = createRegistryService({ store });
  const stations = createStations({ store });

  if (mode === "host") {
    await projects.ensure("default", null, access.system("projects"));
    await projects.ensure(place.project, place.folder, access.system("projects"));
  }

  const handlers: Record<string, (input: never, caller: Caller) => Promise<unknown>> = {
    ...accessHandlers(access), ...projectHandlers(projects), ...recordHandlers(record, store), ...dataHandlers(data, store), ...registryHandlers(registry, store), ...stations,
  };
  const bound: Bound[] = Object.entries(operations).flatMap(([name, operation]) => {
    const handle = handlers[name];
    return handle ? [{ name, operation: operation as Operation, handle: (input: unknown, caller: Caller) => handle(input as never, caller) }] : [];
  });
  const byName = new Map(bound.map((one) => [one.name, one]));

  return {
    store,
    access,
    operations: bound,
    wire: [],
    unknownBelow: [],
    async call(name, input, caller) {
      const one = byName.get(name);
      if (!one) throw new CapstanError("CAP-REQUEST-002", { path: name });
      access.authorize(caller, one.operation.capability, (input as { project?: string }).project);
      return (await one.handle(parseInput(name, one.operation, input as Record<string, unknown>), caller)) as never;
    },
    metrics: async () => "",
    async start() {
      jobs.start();
    },
    async stop() {
      await jobs.stop();
    },
    async close() {
      await tracking.idle();
      await recorder.close();
      await analytics.close();
      await database.close();
    },
  };
}

/** A store's id lies beside its database from the first day and never changes: the ledger's origin is made of it. */
function storeId(folder: string, fresh: string | undefined): string {
  const path = join(folder, "store.json");
  if (existsSync(path)) return (JSON.parse(readFileSync(path, "utf8")) as { id: string }).id;
  if (fresh === undefined) throw new CapstanError("CAP-STORE-008", { folder });
  writeFileSync(path, `${JSON.stringify({ id: fresh, format: 1 })}\n`, { flag: "wx" });
  return fresh;
}
