import { mlflowRoutes } from "../build/tracking/mlflow/routes.ts";
import type { SurfaceOptions } from "../build/tracking/mlflow/surface.ts";
import { trackingMigrations } from "../build/tracking/migrations.ts";
import { createTrackingService } from "../build/tracking/service.ts";
import { openMlflowServer } from "./mlflow-server.ts";
import { openTestStore, type TestStoreOptions } from "./store.ts";
import { wireClient } from "./wire-client.ts";
import { person } from "./person.ts";

/** MLflow's wire over a store of its own. A request with token `other` comes from someone who sees the project `other` only. */
export async function openMlflowWire(options: Partial<SurfaceOptions> = {}, more: TestStoreOptions = {}) {
  const open = await openTestStore(trackingMigrations, more);
  const tracking = createTrackingService({ store: open.store });
  const server = await openMlflowServer(mlflowRoutes({ tracking, store: open.store, home: "default", ...options }), (token) =>
    token === "other" ? { ...person, via: "token", projects: ["other"] } : person,
  );
  const send = wireClient(server.url);
  const call =
    (method: string, version = 2) =>
    (path: string, body?: unknown, headers?: Record<string, string>) =>
      send(method, `/api/${version}.0/mlflow/${path}`, body, headers);
  return {
    ...open,
    tracking,
    person,
    url: server.url,
    send,
    call,
    get: call("GET"),
    post: call("POST"),
    async close(): Promise<void> {
      await server.close();
      await open.close();
    },
  };
}
export type MlflowWire = Awaited<ReturnType<typeof openMlflowWire>>;
export const other = { authorization: "Bearer other" };
