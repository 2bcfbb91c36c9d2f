import type { RouteSettings, RouteTable } from "./model.ts";
import type { Loaded, RuntimePool } from "./runtime-pool.ts";
import { createServedRoute, type ServedRoute } from "./served-route.ts";

/**
 * What this process serves. `current` is one immutable map: a change is one pointer write, and whoever read the old one finishes with it.
 */
export type Routes = {
  find(route: string): ServedRoute | undefined;
  list(): readonly ServedRoute[];
  /** Loads what the table needs; nothing is served yet. Whoever prepares also swaps or discards. */
  prepare(table: RouteTable): Promise<Prepared>;
  /** Serves it from now on; a table older than what is served is discarded. */
  swap(settings: RouteSettings, prepared: Prepared): void;
  discard(prepared: Prepared): void;
  /** Serves a table whose models are all loaded by the one in force: at once. False when they are not. */
  swapLoaded(settings: RouteSettings, table: RouteTable): boolean;
  close(): void;
};
type Prepared = { readonly table: RouteTable; readonly arms: Map<string, Loaded> };

export function createRoutes(pool: RuntimePool): Routes {
  let current: ReadonlyMap<string, ServedRoute> = new Map();

  const digestsOf = (table: RouteTable): Set<string> =>
    new Set([...table.arms, ...(table.back ? [table.back] : [])].map((arm) => arm.digest));
  const put = (settings: RouteSettings, table: RouteTable, arms: ReadonlyMap<string, Loaded>): void => {
    const before = current.get(settings.route);
    const served = createServedRoute(settings, table, arms, before, pool);
    current = new Map(current).set(settings.route, served);
    before?.retire();
  };
  const discard = (prepared: Prepared): void => {
    for (const loaded of prepared.arms.values()) pool.release(loaded);
  };

  return {
    find: (route) => current.get(route),
    list: () => [...current.values()],
    async prepare(table) {
      const arms = new Map<string, Loaded>();
      try {
        for (const digest of digestsOf(table)) arms.set(digest, await pool.acquire(digest));
      } catch (error) {
        discard({ table, arms });
        throw error;
      }
      return { table, arms };
    },
    swap(settings, prepared) {
      if ((current.get(settings.route)?.table.epoch ?? -1) >= prepared.table.epoch) discard(prepared);
      else put(settings, prepared.table, prepared.arms);
    },
    discard,
    swapLoaded(settings, table) {
      const before = current.get(settings.route);
      const arms = new Map<string, Loaded>();
      for (const digest of digestsOf(table)) {
        const held = [before?.live, before?.canary, before?.shadow, before?.back].find((arm) => arm?.loaded.digest === digest);
        if (!held) return false;
        arms.set(digest, held.loaded);
      }
      for (const loaded of arms.values()) pool.hold(loaded);
      put(settings, table, arms);
      return true;
    },
    close() {
      for (const served of current.values()) served.retire();
      current = new Map();
    },
  };
}
