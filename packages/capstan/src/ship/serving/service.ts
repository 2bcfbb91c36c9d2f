import { open, rename } from "node:fs/promises";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Caller } from "../../base/foundation/caller.ts";
import type { EntryDraft } from "../../base/record/model.ts";
import type { Store } from "../../base/record/store.ts";
import type { Change, Committed } from "../../base/storage/database.ts";
import type { Runtime } from "../../build/inference/model.ts";
import { livePart, noLivePart } from "../../build/registry/store.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import type {
  ArmSpec,
  Label,
  Prediction,
  PredictionFilter,
  RouteObserver,
  RouteSettings,
  RouteTable,
  Segment,
  TableEngine,
} from "./model.ts";
import { createPredictionLog, type LogLimits } from "./prediction-log.ts";
import { createPredictionReader } from "./prediction-reader.ts";
import { createRoutes } from "./routes.ts";
import { createRuntimePool } from "./runtime-pool.ts";
import type { ServedRoute } from "./served-route.ts";
import { currentTables, insertLabels, insertTable, labelPage, listRoutes, listTables, putRoute } from "./store.ts";

/** A route's next table, and what is committed with it. */
export type NextTable = {
  readonly project: string;
  readonly route: string;
  readonly arms: readonly ArmSpec[];
  readonly back: ArmSpec | null;
  readonly salt: string;
  readonly release: string | null;
  readonly reason: string;
  /** Of the entry that says so, which is among `entries`. */
  readonly entryId: string;
};

export type ServingService = Gateway & {
  /** Loads what routes serve and takes over open segments. Once, before anything else. */
  open(): Promise<void>;
  /** Takes over what other processes on the same store changed: settings, and tables newer than those served here. */
  refresh(): Promise<void>;
  /** A route by this name and these settings; equal settings change nothing. Fails with CAP-EXISTS-001 when another project has the name. */
  ensureRoute(settings: RouteSettings, caller: Caller): Promise<RouteSettings>;
  routes(project: string): readonly ServedRoute[];
  settings(project: string): readonly RouteSettings[];
  find(route: string): ServedRoute | undefined;
  tables(route: string, limit: number): Promise<RouteTable[]>;
  /** Forward: loads, commits, then serves. Nothing changes when it fails. */
  publish(next: NextTable, change: Change, entries: readonly EntryDraft[]): Promise<{ table: RouteTable; committed: Committed }>;
  /** Back: serves on this turn what is loaded already, and says so with `committed` when that is durable. `tookMs` is the time to the pointer write. */
  revert(
    next: NextTable,
    more: (served: { epoch: number; tookMs: number }) => Promise<{ change: Change; entries: readonly EntryDraft[] }>,
  ): { table: RouteTable; tookMs: number; committed: Promise<void> };
  /** Told of a route's traffic until it is taken off; one observer a route. */
  observe(route: string, observer: RouteObserver): () => void;
  /** Makes all logged predictions of a route readable as closed segments. */
  flush(route: string): Promise<void>;
  /** Closed segments with the path of their Parquet file; `flush` first for all rows. */
  closedSegments(route: string): Promise<(Segment & { path: string })[]>;
  predictions(
    route: string,
    filter: PredictionFilter,
    page: { limit: number; cursor?: string },
  ): Promise<{ predictions: (Prediction & { segment: string })[]; cursor: string | null; rows: number }>;
  keys(route: string, use?: string): Promise<string[]>;
  openRows(route: string): number;
  appendLabels(project: string, route: string, labels: readonly Label[]): Promise<number>;
  /** All labels of a route as CSV `key,value,observed_ms,received_ms`, by key, for engines that join them. Returns the number of rows. */
  writeLabels(route: string, path: string): Promise<number>;
  close(): Promise<void>;
};

export type ServingDeps = {
  readonly store: Store;
  readonly engine: TableEngine;
  readonly load: (path: string) => Promise<Runtime>;
  readonly random?: () => number;
  readonly limits?: LogLimits;
  readonly version?: string;
};

export function createServingService(deps: ServingDeps): ServingService {
  const { store } = deps;
  const pool = createRuntimePool(store.blobs, deps.load);
  const routes = createRoutes(pool);
  const log = createPredictionLog({ store, engine: deps.engine, ...(deps.limits && { limits: deps.limits }) });
  const reader = createPredictionReader({ store, engine: deps.engine, log });
  const observers = new Map<string, RouteObserver>();
  const known = new Map<string, RouteSettings>();
  const gateway = createGateway({
    routes,
    log,
    observers,
    clock: store.clock,
    trace: store.log,
    random: deps.random ?? Math.random,
    ready: () => opened,
    server: { name: "capstan", version: deps.version ?? "0" },
  });
  let nextEpoch = 1;
  let refreshing: Promise<void> = Promise.resolve();
  let opened = false;

  const settingsOf = (route: string): RouteSettings => {
    const settings = known.get(route);
    if (!settings) throw new CapstanError("CAP-SERVE-001", { route });
    return settings;
  };
  const tableOf = (next: NextTable): RouteTable => ({ ...next, epoch: nextEpoch++, atMs: store.clock.nowMs() });
  /** The live version follows the table, in the same change. */
  const liveChange = (table: RouteTable): Change => {
    const live = table.arms.find((arm) => arm.arm === "live");
    if (!live) return noLivePart(table.project, table.route);
    return livePart(table.project, {
      model: live.model,
      route: table.route,
      number: live.number,
      sinceMs: live.sinceMs,
      entryId: table.entryId ?? "",
    });
  };
  const load = async (): Promise<void> => {
    for (const settings of await listRoutes(store.database)) {
      const before = known.get(settings.route);
      known.set(settings.route, settings);
      const served = routes.find(settings.route);
      if (served && JSON.stringify(before) !== JSON.stringify(settings)) routes.swapLoaded(settings, served.table);
    }
    for (const table of await currentTables(store.database)) {
      nextEpoch = Math.max(nextEpoch, table.epoch + 1);
      const settings = known.get(table.route);
      if (!settings || (routes.find(table.route)?.table.epoch ?? -1) >= table.epoch) continue;
      try {
        routes.swap(settings, await routes.prepare(table));
      } catch (error) {
        // The other routes go on; this one answers that it has nothing to serve.
        store.log.error("serving.load", { route: table.route, error: String(error) });
      }
    }
  };
  /** Another process may have taken the number of a table: then it gets the next one. */
  const numbered = async <T>(table: RouteTable, commit: (table: RouteTable) => Promise<T>): Promise<{ table: RouteTable; made: T }> => {
    for (let next = table, tries = 1; ; tries++) {
      try {
        return { table: next, made: await commit(next) };
      } catch (error) {
        const taken = error instanceof CapstanError && error.code === "CAP-EXISTS-001" && error.params["noun"] === "route table";
        if (!taken || tries === 5) throw error;
        for (const one of await currentTables(store.database)) nextEpoch = Math.max(nextEpoch, one.epoch + 1);
        next = { ...table, epoch: nextEpoch++ };
      }
    }
  };
  const changed = (project: string, route: string): void => store.events.emit("changed", { project, kind: "route", id: route });

  return {
    ...gateway,
    async open() {
      await load();
      await log.recover();
      opened = true;
    },
    refresh: () => (refreshing = refreshing.catch(() => undefined).then(load)),
    async ensureRoute(settings, caller) {
      const before = known.get(settings.route);
      if (before && before.project !== settings.project) throw new CapstanError("CAP-EXISTS-001", { noun: "route", name: settings.route });
      if (before && JSON.stringify(Object.entries(before).sort()) === JSON.stringify(Object.entries(settings).sort())) return before;
      const entryId = store.recorder.newEntryId();
      await store.recorder.commit(putRoute(settings, entryId, store.clock.nowMs()), [
        {
          id: entryId,
          action: before ? "route.changed" : "route.created",
          subject: { type: "route", id: settings.route },
          project: settings.project,
          actor: caller.actor,
          ...(caller.because !== undefined && { because: caller.because }),
          payload: {
            model: settings.model,
            key: settings.key,
            log: settings.log,
            answerWithinMs: settings.answerWithinMs,
            fallback: settings.fallback.map((one) => (one === "previous" ? one : { constant: one.constant })),
          },
        },
      ]);
      known.set(settings.route, settings);
      const served = routes.find(settings.route);
      if (served) routes.swapLoaded(settings, served.table);
      changed(settings.project, settings.route);
      return settings;
    },
    routes: (project) => routes.list().filter((served) => served.settings.project === project),
    settings: (project) => [...known.values()].filter((settings) => settings.project === project),
    find: (route) => routes.find(route),
    tables: (route, limit) => listTables(store.database, route, limit),
    async publish(next, change, entries) {
      const settings = settingsOf(next.route);
      // Numbered first: a revert on any later turn has a higher epoch, and this table is then never served.
      const first = tableOf(next);
      const prepared = await routes.prepare(first);
      try {
        const { table, made } = await numbered(first, (one) =>
          store.recorder.commit([...change, ...insertTable(one), ...liveChange(one)], entries),
        );
        routes.swap(settings, { ...prepared, table });
        changed(next.project, next.route);
        return { table, committed: made.committed.slice(0, change.length) };
      } catch (error) {
        routes.discard(prepared);
        throw error;
      }
    },
    revert(next, more) {
      const startedMs = performance.now();
      const settings = settingsOf(next.route);
      const table = tableOf(next);
      if (!routes.swapLoaded(settings, table)) throw new CapstanError("CAP-SERVE-007", { route: next.route });
      const tookMs = performance.now() - startedMs;
      const commit = async (): Promise<void> => {
        const { table: kept } = await numbered(table, async (one) => {
          const { change, entries } = await more({ epoch: one.epoch, tookMs });
          await store.recorder.commit([...change, ...insertTable(one), ...liveChange(one)], entries);
        });
        if (kept !== table) routes.swapLoaded(settings, kept);
        changed(next.project, next.route);
      };
      return { table, tookMs, committed: commit() };
    },
    observe(route, observer) {
      observers.set(route, observer);
      return () => {
        if (observers.get(route) === observer) observers.delete(route);
      };
    },
    flush: (route) => log.flush(route),
    async closedSegments(route) {
      return Promise.all(
        (await log.closed(route)).map(async (segment) => ({ ...segment, path: await store.blobs.localPath(segment.digest) })),
      );
    },
    predictions: reader.page,
    keys: reader.keys,
    openRows: (route) => log.openRows(route),
    async appendLabels(project, route, labels) {
      const settings = settingsOf(route);
      if (settings.project !== project) throw new CapstanError("CAP-SERVE-001", { route });
      const committed = await store.database.commit(insertLabels(project, route, labels, store.clock.nowMs()));
      return committed.reduce((sum, rows) => sum + rows.length, 0);
    },
    async writeLabels(route, path) {
      const file = await open(`${path}.tmp`, "w", 0o600);
      let rows = 0;
      try {
        await file.write("key,value,observed_ms,received_ms\n");
        for (let after = ""; ;) {
          const page = await labelPage(store.database, route, after, 5000);
          // A key may have several values; the page ends between keys.
          const last = page.at(-1)?.key;
          const whole = page.length < 5000 ? page : page.filter((label) => label.key !== last);
          await file.write(
            whole.map((label) => `"${label.key.replaceAll('"', '""')}",${label.value},${label.observedMs},${label.receivedMs}\n`).join(""),
          );
          rows += whole.length;
          if (page.length < 5000) break;
          after = whole.at(-1)?.key ?? last ?? "";
        }
      } finally {
        await file.close();
      }
      await rename(`${path}.tmp`, path);
      return rows;
    },
    async close() {
      await log.close();
      routes.close();
      await pool.close();
    },
  };
}
