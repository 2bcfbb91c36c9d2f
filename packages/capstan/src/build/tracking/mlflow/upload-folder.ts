import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Store } from "../../../base/record/store.ts";
import { storageError } from "../../../base/storage/folder-blobs.ts";
import { invalid, WireFailure } from "./failures.ts";
import { bodyPieces } from "./body-pieces.ts";

export type Part = { number: number; etag: string; sizeBytes: number };

/**
 * Uploads whose parts come through the host: files below the store's `tmp`, each durable when it is acknowledged, so that an upload goes on after a restart of either side.
 * A part that is sent again replaces the one before, whole.
 */
export function createUploadFolder(store: Store) {
  const root = join(store.folder, "tmp", "uploads");
  const unknown = (id: string): WireFailure => new WireFailure("RESOURCE_DOES_NOT_EXIST", `No upload ${id.slice(0, 100)}`);
  const folderOf = (id: string): string => {
    if (!/^[0-9a-f]{32}$/.test(id)) throw unknown(id);
    return join(root, id);
  };
  const pathOf = async (id: string): Promise<string> => {
    const text = await readFile(join(folderOf(id), "upload.json"), "utf8").catch(() => undefined);
    if (text === undefined) throw unknown(id);
    return (JSON.parse(text) as { path: string }).path;
  };
  /** Its name holds what a part's bytes were. */
  const partOf = (name: string): { number: number; etag: string } | undefined => {
    const [, number, etag] = /^([0-9]{1,5})\.([0-9a-f]{32})\.part$/.exec(name) ?? [];
    return number === undefined || etag === undefined ? undefined : { number: Number(number), etag };
  };
  async function parts(id: string): Promise<Part[]> {
    await pathOf(id);
    const found: Part[] = [];
    for (const name of await readdir(folderOf(id))) {
      const part = partOf(name);
      const facts = part && (await stat(join(folderOf(id), name)).catch(() => undefined));
      if (part && facts) found.push({ ...part, sizeBytes: facts.size });
    }
    return found.sort((a, b) => a.number - b.number);
  }
  const remove = (id: string): Promise<void> => rm(folderOf(id), { recursive: true, force: true });

  return {
    pathOf,
    parts,
    remove,
    async begin(path: string): Promise<string> {
      const id = store.ids.hex();
      await mkdir(folderOf(id), { recursive: true });
      await writeFile(join(folderOf(id), "upload.json"), JSON.stringify({ path }), { flush: true });
      return id;
    },
    async put(id: string, number: number, bytes: Readable): Promise<string> {
      await pathOf(id);
      const draft = join(folderOf(id), `${store.ids.hex()}.draft`);
      const hasher = createHash("sha256");
      try {
        const file = await open(draft, "wx");
        try {
          for await (const piece of bodyPieces(bytes)) {
            hasher.update(piece);
            await file.writeFile(piece);
          }
          await file.sync();
        } finally {
          await file.close();
        }
        const etag = hasher.digest("hex").slice(0, 32);
        const name = `${number}.${etag}.part`;
        await rename(draft, join(folderOf(id), name));
        for (const other of await readdir(folderOf(id)))
          if (other !== name && partOf(other)?.number === number) await rm(join(folderOf(id), other), { force: true });
        const folder = await open(folderOf(id), "r");
        await folder.sync().finally(() => folder.close());
        return etag;
      } catch (error) {
        await rm(draft, { force: true });
        throw storageError(error);
      }
    },
    /** The bytes of these parts, one after the other; fails when one is missing or is not what `etag` says. */
    async whole(id: string, asked: readonly { number: number; etag: string | undefined }[]): Promise<AsyncGenerator<Uint8Array>> {
      const there = new Map((await parts(id)).map((one) => [one.number, one]));
      const files = asked.map(({ number, etag }) => {
        const part = there.get(number);
        if (!part) throw invalid(`Part ${number} was not uploaded`);
        if (etag !== undefined && etag !== part.etag) throw invalid(`Part ${number} was uploaded with other bytes than its ETag says`);
        return join(folderOf(id), `${number}.${part.etag}.part`);
      });
      return (async function* () {
        for (const path of files) yield* createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Uint8Array>;
      })();
    },
    /** Removes uploads that nothing was sent to since this time (ms). */
    async removeBefore(timeMs: number): Promise<number> {
      let removed = 0;
      for (const id of await readdir(root).catch(() => [])) {
        const facts = await stat(join(root, id)).catch(() => undefined);
        if (!facts || facts.mtimeMs >= timeMs) continue;
        await rm(join(root, id), { recursive: true, force: true });
        removed++;
      }
      return removed;
    },
  };
}
