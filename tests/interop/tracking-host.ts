/** A host of tracking alone, for tests that end it hard: `node tracking-host.ts FOLDER PORT`. Prints `ready PORT` and serves until it is killed. */
import { createServer } from "node:http";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import type { Caller } from "../../packages/capstan/src/base/foundation/caller.ts";
import { systemClock } from "../../packages/capstan/src/base/foundation/clock.ts";
import { createEvents } from "../../packages/capstan/src/base/foundation/events.ts";
import { createIds } from "../../packages/capstan/src/base/foundation/ids.ts";
import { silentLog } from "../../packages/capstan/src/base/foundation/log.ts";
import { recordMigrations } from "../../packages/capstan/src/base/record/migrations.ts";
import { createRecorder } from "../../packages/capstan/src/base/record/recorder.ts";
import type { StoreEvents } from "../../packages/capstan/src/base/record/store.ts";
import { openFolderBlobs } from "../../packages/capstan/src/base/storage/folder-blobs.ts";
import { migrate } from "../../packages/capstan/src/base/storage/migrations.ts";
import { openSqlite } from "../../packages/capstan/src/base/storage/sqlite.ts";
import { trackingMigrations } from "../../packages/capstan/src/build/tracking/migrations.ts";
import { fail, mounted, unknownBelow } from "../../packages/capstan/src/build/tracking/mlflow/mount.ts";
import { mlflowRoutes } from "../../packages/capstan/src/build/tracking/mlflow/routes.ts";
import { createTrackingService } from "../../packages/capstan/src/build/tracking/service.ts";
import { addPath, emptyTree, findPath } from "../../packages/capstan/src/face/http/paths.ts";

const [folder = "", port = "0"] = process.argv.slice(2);
mkdirSync(join(folder, ".capstan"), { recursive: true });
const clock = systemClock;
const ids = createIds(() => clock.nowMs());
const database = openSqlite(join(folder, ".capstan", "capstan.db"));
await migrate(database, [...recordMigrations, ...trackingMigrations]);
const events = createEvents<StoreEvents>(() => undefined);
const recorder = await createRecorder({
  database,
  clock,
  ids,
  events,
  home: join(folder, "home"),
  log: silentLog,
  storeId: "01TEST00000000000000000000",
  seed: Buffer.alloc(32, 7),
});
const store = {
  id: "01TEST00000000000000000000",
  folder: join(folder, ".capstan"),
  database,
  blobs: openFolderBlobs(join(folder, ".capstan", "blobs")),
  recorder,
  events,
  clock,
  ids,
  log: silentLog,
};
const tracking = createTrackingService({ store });

const caller: Caller = {
  actor: { kind: "person", name: "local:someone" },
  via: "session",
  roles: [],
  capabilities: new Set(["read", "log"]),
};
const tree = emptyTree<ReturnType<typeof mounted>>();
for (const route of mlflowRoutes({ tracking, store, home: "default" })) addPath(tree, route.method, route.path, mounted(route));
const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  const found = findPath(tree, request.method ?? "GET", url.pathname);
  if (found)
    return void found.value
      .handle(request, response, { params: found.params, url, caller })
      .catch((error: unknown) => fail(error, response));
  unknownBelow[0]?.answer(response, url.pathname);
});
server.listen(Number(port), "127.0.0.1", () => console.log(`ready ${(server.address() as AddressInfo).port}`));
