import { open, readFile, rm } from "node:fs/promises";
import type { Store } from "../../base/record/store.ts";
import type { Datatype } from "../../build/inference/model.ts";
import { versionId, versionNode } from "../../build/registry/model.ts";
import type { Segment, TableEngine } from "./model.ts";
import { decodeSegment } from "./segment-format.ts";
import { insertSegment } from "./store.ts";

const types: Readonly<Record<Datatype, string>> = { FP32: "FLOAT", FP64: "DOUBLE", INT32: "INTEGER", INT64: "BIGINT", BOOL: "BOOLEAN", BYTES: "VARCHAR" };
const fixed = { id: "VARCHAR", observed_ms: "DOUBLE", received_ms: "DOUBLE", route: "VARCHAR", epoch: "BIGINT", model: "VARCHAR", version: "BIGINT", arm: "VARCHAR", key: "VARCHAR", use: "VARCHAR", caller: "VARCHAR", latency_us: "BIGINT", flags: "INTEGER" };
/** Rows written between two looks at other work. */
const slice = 2000;

export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Makes the blob, the row, the entry and the lineage of a finished segment, then removes its file. May be repeated after a crash at any point. */
export async function sealSegment(deps: { store: Store; engine: TableEngine }, one: { id: string; project: string; route: string; path: string; openedMs: number }): Promise<Segment | undefined> {
  const { store, engine } = deps;
  const [rowsPath, tablePath] = [`${one.path}.ndjson`, `${one.path}.parquet`];
  try {
    const written = await writeRows(await readFile(one.path), one.route, rowsPath);
    if (written.rows > 0) {
      const columns = Object.entries({ ...fixed, ...written.columns });
      const declared = columns.map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`).join(", ");
      const selected = columns.map(([name]) =>
        name.endsWith("_ms") && name in fixed ? `make_timestamp(cast(round(${name} * 1000) as BIGINT)) as ${name.replace("_ms", "_at")}` : quoteName(name),
      );
      await engine.all(
        `copy (select ${selected.join(", ")} from read_json(${quoteText(rowsPath)}, format = 'newline_delimited', columns = {${declared}})) to ${quoteText(tablePath)} (format parquet, compression zstd)`,
      );
      const blob = await store.blobs.putFile(tablePath);
      const segment: Segment = {
        project: one.project, route: one.route, id: one.id, rows: written.rows, digest: blob.digest, sizeBytes: blob.sizeBytes, firstObservedMs: written.firstMs, lastObservedMs: written.lastMs,
        openedMs: one.openedMs, closedMs: store.clock.nowMs(), entryId: store.recorder.newEntryId(),
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

async function commitSegment(store: Store, segment: Segment, versions: ReadonlyMap<string, { model: string; number: number; rows: number }>): Promise<void> {
  const node = `segment:${segment.id}`;
  await store.recorder.commit(
    [
      ...insertSegment(segment),
      ...store.recorder.lineage(
        [{ id: node, kind: "segment", title: `${segment.rows} predictions of ${segment.route}`, digest: segment.digest, facts: { rows: segment.rows, firstObservedMs: segment.firstObservedMs, lastObservedMs: segment.lastObservedMs } }],
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
          route: segment.route, rows: segment.rows, sizeBytes: segment.sizeBytes, firstObservedMs: segment.firstObservedMs, lastObservedMs: segment.lastObservedMs,
          versions: [...versions.values()].map((version) => ({ version: versionId(version.model, version.number), rows: version.rows })),
        },
      },
    ],
  );
}

type Written = { rows: number; firstMs: number; lastMs: number; columns: Record<string, string>; versions: Map<string, { model: string; number: number; rows: number }> };

async function writeRows(bytes: Buffer, route: string, path: string): Promise<Written> {
  const written: Written = { rows: 0, firstMs: Number.POSITIVE_INFINITY, lastMs: Number.NEGATIVE_INFINITY, columns: {}, versions: new Map() };
  const lines: string[] = [];
  decodeSegment(bytes, (row, context) => {
    if (!written.versions.has(context.bundle)) {
      for (const column of context.inputs) addColumn(written.columns, `feature_${column.name}`, types[column.datatype]);
      for (const column of context.outputs) addColumn(written.columns, `output_${column.name}`, types[column.datatype]);
      written.versions.set(context.bundle, { model: context.model, number: context.version, rows: 0 });
    }
    const version = written.versions.get(context.bundle);
    if (version) version.rows++;
    written.rows++;
    written.firstMs = Math.min(written.firstMs, row.observedMs);
    written.lastMs = Math.max(written.lastMs, row.observedMs);
    const line: Record<string, unknown> = {
      id: row.id, observed_ms: row.observedMs, received_ms: row.receivedMs, route, epoch: row.epoch, model: row.model, version: row.version, arm: row.arm, key: row.key, use: row.use,
      caller: row.caller, latency_us: row.latencyUs, flags: row.flags,
    };
    for (const [name, value] of Object.entries(row.features)) line[`feature_${name}`] = value;
    for (const [name, value] of Object.entries(row.outputs)) line[`output_${name}`] = value;
    lines.push(JSON.stringify(line));
  });
  const file = await open(path, "w", 0o600);
  try {
    for (let start = 0; start < lines.length; start += slice) await file.write(`${lines.slice(start, start + slice).join("\n")}\n`);
  } finally {
    await file.close();
  }
  return written;
}

/** Versions may disagree on a column's type; then the wider number, or text, holds both. */
function addColumn(columns: Record<string, string>, name: string, type: string): void {
  const before = columns[name];
  if (before === undefined) columns[name] = type;
  else if (before !== type) columns[name] = before === "VARCHAR" || type === "VARCHAR" ? "VARCHAR" : "DOUBLE";
}
