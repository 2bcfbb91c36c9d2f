import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Caller } from "../base/foundation/caller.ts";
import { importMlflow } from "../build/exchange/import/import.ts";
import { exchangeMigrations } from "../build/exchange/migrations.ts";
import type { MlflowSource, TransferResult } from "../build/exchange/model.ts";
import { openSource } from "../build/exchange/sources/open.ts";
import { registryMigrations } from "../build/registry/migrations.ts";
import { createRegistryService } from "../build/registry/service.ts";
import { trackingMigrations } from "../build/tracking/migrations.ts";
import { createTrackingService } from "../build/tracking/service.ts";
import { openMlflowDatabase } from "./mlflow-sources.ts";
import { openTestStore } from "./store.ts";

export const ada: Caller = { actor: { kind: "person", name: "local:ada" }, via: "session", roles: [], capabilities: new Set(["admin"]) };

type Order = { plan?: boolean; again?: boolean; wrap?: (source: MlflowSource) => MlflowSource; signal?: AbortSignal };

/** A store, and beside it the empty database of an MLflow in a folder, from which it imports. */
export async function openImportWorld() {
  const here = await openTestStore([...trackingMigrations, ...registryMigrations, ...exchangeMigrations]);
  const { store } = here;
  const tracking = createTrackingService({ store });
  const registry = createRegistryService({ store });
  const folder = mkdtempSync(join(tmpdir(), "capstan-import-"));
  const file = join(folder, "mlflow.db");
  const database = openMlflowDatabase(file);
  return {
    here,
    tracking,
    registry,
    folder,
    file,
    database,
    async bring(
      from: string,
      { plan = false, again = false, wrap, signal = new AbortController().signal }: Order = {},
    ): Promise<TransferResult> {
      const opened = await openSource({ from });
      const order = { project: "default", plan, again, signal, tell: () => undefined };
      try {
        return await importMlflow({ store, tracking, registry, source: wrap?.(opened) ?? opened, ...order }, ada);
      } finally {
        await opened.close();
      }
    },
    /** How many entries of an action the record has. */
    async entries(action: string): Promise<number> {
      return (await store.database.find<{ n: number }>("select count(*) as n from entry where action = ?", [action]))?.n ?? 0;
    },
    async close(): Promise<void> {
      database.close();
      await tracking.idle();
      await here.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
export type ImportWorld = Awaited<ReturnType<typeof openImportWorld>>;
