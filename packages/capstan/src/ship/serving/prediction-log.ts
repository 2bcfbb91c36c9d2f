import { mkdirSync } from "node:fs";
import { mkdir, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { Signature } from "../../build/inference/model.ts";
import type { LoggedRows, LogMode, Prediction, Segment, TableEngine } from "./model.ts";
import { type Context, encodeContext, encodeRows, rowId, scanSegment, segmentReader } from "./segment-format.ts";
import { sealSegment } from "./segment-sealing.ts";
import { openSegmentWriter, type SegmentWriter } from "./segment-writer.ts";
import { hasSegment, listSegments } from "./store.ts";

/** Rows read between two looks at other work. */
const sliceRows = 2000;

export type LogLimits = { readonly segmentBytes: number; readonly segmentRows: number; readonly segmentMs: number };
const defaultLimits: LogLimits = { segmentBytes: 16 << 20, segmentRows: 50_000, segmentMs: 600_000 };

type Open = {
  readonly id: string;
  readonly project: string;
  readonly writer: SegmentWriter;
  readonly contexts: Map<string, number>;
  rows: number;
  readonly openedMs: number;
};
/** No longer written, not yet a blob. */
type Pending = { readonly id: string; readonly project: string; readonly route: string; readonly path: string; readonly openedMs: number };

export type PredictionLog = {
  /** Returns the id of the first row. `durable` is called when the rows are on disk. Throws CAP-SERVE-006 when the disk does not take them. */
  append(rows: LoggedRows, signature: Signature, mode: LogMode, durable?: (error: Error | undefined) => void): string;
  /** Closes the route's open segment and waits until all of its closed ones are blobs with an entry. */
  flush(route: string): Promise<void>;
  /** Whole rows of segments that are not blobs yet, oldest first. */
  readOpen(route: string, onRow: (row: Prediction) => void): Promise<void>;
  openRows(route: string): number;
  /** Why a route cannot log now. */
  problem(route: string): string | undefined;
  closed(route: string): Promise<Segment[]>;
  /** Takes over what another process left in the spool. Before the first append. */
  recover(): Promise<void>;
  close(): Promise<void>;
};

export function createPredictionLog(deps: { store: Store; engine: TableEngine; limits?: LogLimits }): PredictionLog {
  const { store, engine } = deps;
  const limits = deps.limits ?? defaultLimits;
  const spool = join(store.folder, "spool");
  const open = new Map<string, Open>();
  const pending = new Map<string, Pending>();
  const made = new Set<string>();
  let sealing: Promise<void> = Promise.resolve();
  let closed = false;

  const start = (project: string, route: string, mode: LogMode): Open => {
    const folder = join(spool, route);
    const id = store.ids.ulid();
    let writer: SegmentWriter;
    try {
      if (!made.has(route)) mkdirSync(folder, { recursive: true, mode: 0o700 });
      made.add(route);
      writer = openSegmentWriter(join(folder, `${id}.seg`), route, mode);
    } catch (error) {
      throw new CapstanError("CAP-SERVE-006", { route, problem: (error as NodeJS.ErrnoException).code ?? String(error) }, { cause: error });
    }
    const opened: Open = { id, project, writer, contexts: new Map(), rows: 0, openedMs: store.clock.nowMs() };
    open.set(route, opened);
    return opened;
  };

  /** One after the other: sealing reads a whole segment into memory. */
  const seal = (one: Pending, written?: SegmentWriter): Promise<void> => {
    pending.set(one.id, one);
    const sealed = sealing.then(async () => {
      if (written) await written.close();
      await sealSegment({ store, engine }, one);
      pending.delete(one.id);
    });
    sealing = sealed.catch((error: unknown) => store.log.error("serving.segment", { segment: one.id, error: String(error) }));
    return sealed;
  };
  const finish = (route: string): Promise<void> | undefined => {
    const current = open.get(route);
    if (!current || current.rows === 0) return undefined;
    open.delete(route);
    return seal({ id: current.id, project: current.project, route, path: current.writer.path, openedMs: current.openedMs }, current.writer);
  };
  const inBackground = (sealed: Promise<void> | undefined): void => void sealed?.catch(() => undefined);

  return {
    append(rows, signature, mode, durable) {
      const { project, route } = rows.table;
      let current = open.get(route) ?? start(project, route, mode);
      if (
        current.rows >= limits.segmentRows ||
        current.writer.sizeBytes >= limits.segmentBytes ||
        (current.rows > 0 && store.clock.nowMs() - current.openedMs >= limits.segmentMs) ||
        current.contexts.size >= 1000
      ) {
        inBackground(finish(route));
        current = start(project, route, mode);
      }
      const key = `${rows.table.epoch}\n${rows.arm.arm}\n${rows.arm.bundle}\n${rows.caller}\n${rows.use ?? ""}`;
      let context = current.contexts.get(key);
      if (context === undefined) {
        context = current.contexts.size;
        const described: Context = {
          segment: current.id,
          project,
          route,
          epoch: rows.table.epoch,
          model: rows.arm.model,
          version: rows.arm.number,
          bundle: rows.arm.bundle,
          arm: rows.arm.arm,
          caller: rows.caller,
          use: rows.use,
          inputs: signature.inputs,
          outputs: signature.outputs,
        };
        current.writer.append(encodeContext(described));
        current.contexts.set(key, context);
      }
      current.writer.append(encodeRows(rows, context, signature), durable);
      const first = current.rows;
      current.rows += rows.rows;
      return rowId(current.id, first);
    },
    async flush(route) {
      const waiting = [...pending.values()].filter((one) => one.route === route);
      await finish(route);
      if (waiting.length > 0) await sealing;
      // A segment whose sealing failed before is tried again when someone asks for it.
      for (const one of waiting) if (pending.has(one.id)) await seal(one);
    },
    async readOpen(route, onRow) {
      const current = open.get(route);
      if (current && current.rows > 0) await current.writer.flush();
      const paths = [
        ...[...pending.values()]
          .filter((one) => one.route === route)
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .map((one) => one.path),
        ...(current ? [current.writer.path] : []),
      ];
      for (const path of paths) {
        // Gone means that it became a blob meanwhile: whoever asks looks there afterwards.
        const bytes = await readFile(path).catch(() => undefined);
        if (!bytes) continue;
        const read = segmentReader(bytes, onRow);
        while (read(sliceRows)) await new Promise((resolve) => setImmediate(resolve));
      }
    },
    openRows: (route) => open.get(route)?.rows ?? 0,
    problem: (route) => open.get(route)?.writer.problem,
    closed: (route) => listSegments(store.database, route),
    async recover() {
      await mkdir(spool, { recursive: true, mode: 0o700 });
      for (const route of await readdir(spool)) {
        for (const name of (await readdir(join(spool, route)).catch(() => [])).sort()) {
          const path = join(spool, route, name);
          const id = name.slice(0, -4);
          if (!name.endsWith(".seg") || (await hasSegment(store.database, id))) {
            await rm(path, { force: true });
            continue;
          }
          const bytes = await readFile(path);
          const scan = scanSegment(bytes);
          if (!scan.first) {
            await rm(path, { force: true });
            continue;
          }
          if (scan.wholeBytes < bytes.length) {
            store.log.warn("serving.torn", { segment: id, keptRows: scan.rows, droppedBytes: bytes.length - scan.wholeBytes });
            await truncate(path, scan.wholeBytes);
          }
          inBackground(
            seal({ id, project: scan.first.project, route: scan.first.route, path, openedMs: Math.floor(scan.firstReceivedMs) }),
          );
        }
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await sealing;
      for (const one of open.values()) await one.writer.close();
      for (const one of open.values()) if (one.rows === 0) await rm(one.writer.path, { force: true });
      open.clear();
    },
  };
}
