import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { canonicalJson } from "../foundation/canonical-json.ts";
import { CapstanError } from "../foundation/errors.ts";
import type { Blob } from "../storage/blob-store.ts";
import type { Database } from "../storage/database.ts";
import { originOf } from "./checkpoint.ts";
import { entriesFrom } from "./entries.ts";
import type { Checkpoint } from "./model.ts";
import type { HostRecorder } from "./recorder.ts";
import type { RecordService } from "./service.ts";
import { verifierText } from "./signed-note.ts";
import type { Store } from "./store.ts";
import { type Part, toTar } from "./tar.ts";
import { rootOfHashes, tilePath, tileWidth, toEntryBundle } from "./tiles.ts";

export const bundleFormat = "capstan-bundle";
export const payloadsPath = (n: number): string => `payloads/${n}.jsonl`;

type BundleOptions = { origin: string; verifier: string; checkpoint: Checkpoint; payloads: boolean };

/**
 * The whole record under one checkpoint as files: the same record and checkpoint give the same bytes.
 * `payloads/<n>.jsonl` belongs to entry bundle n: one line for each payload that was not erased, `payload` as the exact text that was committed to.
 */
export async function* bundleParts(database: Database, options: BundleOptions): AsyncGenerator<Part> {
  const { checkpoint } = options;
  const text = (name: string, content: string): Part => ({ name, bytes: Buffer.from(content) });
  yield text(
    "bundle.json",
    `${canonicalJson({ format: bundleFormat, version: 1, origin: options.origin, size: checkpoint.size, root: checkpoint.root, verifier: options.verifier, payloads: options.payloads })}\n`,
  );
  yield text("checkpoint", checkpoint.note);
  const names = new Map<string, string>();
  const upper: Buffer[][] = [];
  for (let n = 0; n * tileWidth < checkpoint.size; n++) {
    const width = Math.min(tileWidth, checkpoint.size - n * tileWidth);
    const rows = await entriesFrom(database, n * tileWidth, width);
    if (rows.length !== width || rows.some((row, i) => row.idx !== n * tileWidth + i))
      throw new CapstanError("CAP-RECORD-002", {
        index: n * tileWidth + rows.findIndex((row, i) => row.idx !== n * tileWidth + i),
        problem: "entries are missing",
      });
    yield { name: tilePath("entries", n, width), bytes: toEntryBundle(rows.map((row) => row.leaf)) };
    const hashes = Buffer.concat(rows.map((row) => row.leaf_hash));
    yield { name: tilePath(0, n, width), bytes: hashes };
    for (let level = 1, full = width === tileWidth ? rootOfHashes(hashes) : undefined; full; level++) {
      const tile = (upper[level] ??= []);
      tile.push(full);
      full = tile.length % tileWidth === 0 ? rootOfHashes(Buffer.concat(tile.slice(-tileWidth))) : undefined;
    }
    if (!options.payloads) continue;
    for (const row of rows) if (row.name !== null) names.set(row.pid, row.name);
    const lines = rows.flatMap((row) =>
      row.payload === null || row.salt === null
        ? []
        : [`${canonicalJson({ id: row.id, salt: Buffer.from(row.salt).toString("hex"), payload: row.payload })}\n`],
    );
    yield text(payloadsPath(n), lines.join(""));
  }
  for (let level = 1; level < upper.length; level++) {
    const hashes = upper[level] ?? [];
    for (let n = 0; n * tileWidth < hashes.length; n++) {
      const some = hashes.slice(n * tileWidth, (n + 1) * tileWidth);
      yield { name: tilePath(level, n, some.length), bytes: Buffer.concat(some) };
    }
  }
  if (options.payloads) yield text("names.json", `${canonicalJson(Object.fromEntries([...names].sort(([a], [b]) => (a < b ? -1 : 1))))}\n`);
}

async function signedBundle(
  service: RecordService,
  store: Store & { readonly recorder: HostRecorder },
  payloads: boolean,
): Promise<BundleOptions> {
  const checkpoint = await store.recorder.signed();
  const verifier = store.recorder.verifier ?? (await service.verifier());
  if (!verifier) throw new CapstanError("CAP-RECORD-003", { what: "a bundle" });
  return { origin: originOf(store.id), verifier: verifierText(verifier), checkpoint, payloads };
}

export async function exportToBlob(
  service: RecordService,
  store: Store & { readonly recorder: HostRecorder },
  options: { payloads: boolean },
): Promise<{ blob: Blob; checkpoint: Checkpoint }> {
  const bundle = await signedBundle(service, store, options.payloads);
  const blob = await store.blobs.putStream(toTar(bundleParts(store.database, bundle), Math.floor(Date.parse(bundle.checkpoint.at) / 1000)));
  return { blob, checkpoint: bundle.checkpoint };
}

/** Into a folder that any static server can hand out as a tile log. */
export async function exportToFolder(
  service: RecordService,
  store: Store & { readonly recorder: HostRecorder },
  folder: string,
  options: { payloads: boolean },
): Promise<Checkpoint> {
  const bundle = await signedBundle(service, store, options.payloads);
  for await (const part of bundleParts(store.database, bundle)) {
    const path = join(folder, part.name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, part.bytes);
  }
  return bundle.checkpoint;
}
