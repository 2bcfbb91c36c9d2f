import { rm } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { Store } from "../../base/record/store.ts";
import { versionId, versionNode } from "../../build/registry/model.ts";
import type { Segment, TableEngine } from "./model.ts";
import type { RowsToWrite, Written } from "./segment-worker.ts";
import { insertSegment } from "./store.ts";

const fixed = {
  id: "VARCHAR",
  observed_ms: "DOUBLE",
  received_ms: "DOUBLE",
  route: "VARCHAR",
  epoch: "BIGINT",
  model: "VARCHAR",
  version: "BIGINT",
  arm: "VARCHAR",
  key: "VARCHAR",
  use: "VARCHAR",
  caller: "VARCHAR",
  latency_us: "BIGINT",
  flags: "INTEGER",
};

export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Makes the blob, the row, the entry and the lineage of a finished segment, then removes its file. May be repeated after a crash at any point. */
export async function sealSegment(
  deps: { store: Store; engine: TableEngine },
  one: { id: string; project: string; route: string; path: string; openedMs: number },
): Promise<Segment | undefined> {
  const { store, engine } = deps;
  const [rowsPath, tablePath] = [`${one.path}.ndjson`, `${one.path}.parquet`];
  try {
    const written = await writeRows(one.path, one.route, rowsPath);
    if (written.rows > 0) {
      const columns = Object.entries({ ...fixed, ...written.columns });
      const declared = columns.map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`).join(", ");
      const selected = columns.map(([name]) =>
        name.endsWith("_ms") && name in fixed
          ? `make_timestamp(cast(round(${name} * 1000) as BIGINT)) as ${name.replace("_ms", "_at")}`
          : quoteName(name),
      );
      await engine.all(
        `copy (select ${selected.join(", ")} from read_json(${quoteText(rowsPath)}, format = 'newline_delimited', columns = {${declared}})) to ${quoteText(tablePath)} (format parquet, compression zstd)`,
      );
      const blob = await store.blobs.putFile(tablePath);
      const segment: Segment = {
        project: one.project,
        route: one.route,
        id: one.id,
        rows: written.rows,
        digest: blob.digest,
        sizeBytes: blob.sizeBytes,
        firstObservedMs: written.firstMs,
        lastObservedMs: written.lastMs,
        openedMs: one.openedMs,
        closedMs: store.clock.nowMs(),
        entryId: store.recorder.newEntryId(),
      };
      await commitSegment(store, segment, written.versions);
      await rm(one.path, { force: true });
      store.events.emit("changed", { project: one.project, kind: "segment", id: one.id });
      return segment;
    }
    await rm(one.path, { force: true });
    return undefined;
  } finally {
    await rm(rowsPath, { force: true });
    await rm(tablePath, { force: true });
  }
}

async function commitSegment(
  store: Store,
  segment: Segment,
  versions: ReadonlyMap<string, { model: string; number: number; rows: number }>,
): Promise<void> {
  const node = `segment:${segment.id}`;
  await store.recorder.commit(
    [
      ...insertSegment(segment),
      ...store.recorder.lineage(
        [
          {
            id: node,
            kind: "segment",
            title: `${segment.rows} predictions of ${segment.route}`,
            digest: segment.digest,
            facts: { rows: segment.rows, firstObservedMs: segment.firstObservedMs, lastObservedMs: segment.lastObservedMs },
          },
        ],
        [...versions.values()].map((version) => ({ from: node, to: versionNode(version.model, version.number), relation: "answered by" })),
        segment.project,
      ),
    ],
    [
      {
        id: segment.entryId,
        action: "segment.closed",
        subject: { type: "segment", id: segment.id, digest: segment.digest },
        project: segment.project,
        actor: { kind: "system", name: "system:serving" },
        payload: {
          route: segment.route,
          rows: segment.rows,
          sizeBytes: segment.sizeBytes,
          firstObservedMs: segment.firstObservedMs,
          lastObservedMs: segment.lastObservedMs,
          versions: [...versions.values()].map((version) => ({ version: versionId(version.model, version.number), rows: version.rows })),
        },
      },
    ],
  );
}

/** In a thread of its own: tens of thousands of rows would hold up requests. */
function writeRows(path: string, route: string, rowsPath: string): Promise<Written> {
  const file = import.meta.url.endsWith(".ts") ? "./segment-worker.ts" : "./segment-worker.js";
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(file, import.meta.url), { workerData: { path, route, rowsPath } satisfies RowsToWrite });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread that writes rows has ended")));
  });
}
