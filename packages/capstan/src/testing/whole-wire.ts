import { readEnvironment } from "../base/foundation/environment.ts";
import type { Caller } from "../base/foundation/caller.ts";
import type { BlobStore } from "../base/storage/blob-store.ts";
import { jobMigrations } from "../base/storage/jobs.ts";
import { registryMigrations } from "../build/registry/migrations.ts";
import { createRegistryService } from "../build/registry/service.ts";
import type { SurfaceOptions } from "../build/tracking/mlflow/surface.ts";
import { trackingMigrations } from "../build/tracking/migrations.ts";
import { createTrackingService } from "../build/tracking/service.ts";
import { createRegistryWebhooks, wholeWire } from "../wiring/mlflow-wire.ts";
import { openMlflowServer } from "./mlflow-server.ts";
import { openTestStore } from "./store.ts";
import { wireClient } from "./wire-client.ts";

/** All of MLflow's wire, registry and traces with it, over a store of its own. */
export async function openWholeWire(options: Partial<SurfaceOptions> & { blobs?: BlobStore } = {}) {
  const opened = await openTestStore([...jobMigrations, ...trackingMigrations, ...registryMigrations]);
  const open = { ...opened, store: { ...opened.store, ...(options.blobs && { blobs: options.blobs }) } };
  const environment = readEnvironment({ HOME: open.home, CAPSTAN_HOME: open.home });
  const tracking = createTrackingService({ store: open.store });
  const webhooks = createRegistryWebhooks({ store: open.store, environment });
  const registry = createRegistryService({ store: open.store, announcer: webhooks.announcer });
  const person: Caller = {
    actor: { kind: "person", name: "local:someone" },
    via: "session",
    roles: [],
    capabilities: new Set(["read", "log", "admin"]),
  };
  const routes = wholeWire({ tracking, store: open.store, home: "default", registry, webhooks, environment, ...options });
  const server = await openMlflowServer(routes, () => person);
  const send = wireClient(server.url);
  return {
    ...open,
    tracking,
    registry,
    routes,
    person,
    url: server.url,
    send,
    get: (path: string) => send("GET", `/api/2.0/mlflow/${path}`),
    post: (path: string, body?: unknown) => send("POST", `/api/2.0/mlflow/${path}`, body),
    async close(): Promise<void> {
      await server.close();
      await open.close();
    },
  };
}
export type WholeWire = Awaited<ReturnType<typeof openWholeWire>>;
