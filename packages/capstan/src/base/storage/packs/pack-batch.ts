import { rm } from "node:fs/promises";
import { readSmallFile, sha256 } from "../../foundation/hashing.ts";
import type { Blob, BlobBatch } from "../blob-store.ts";
import { createPackWriter, type PackWriter } from "./pack-writer.ts";

/** Larger objects are files of their own. */
export const packedBytes = 64 << 10;
/** Fewer than these are files of their own, too: packs should be few. */
const fewest = 32;
/** A pack is written anew when one of its objects goes: it must not be too large for that. */
const fullBytes = 64 << 20;

/** A batch whose small objects go into packs. */
export function createPackBatch(deps: {
  putBytes(bytes: Uint8Array): Promise<Blob>;
  putFile(path: string): Promise<Blob>;
  newPath(): Promise<string>;
  /** Gives a finished pack its name, durably. */
  keep(writer: PackWriter, path: string): Promise<void>;
}): BlobBatch {
  let current: Promise<{ path: string; writer: PackWriter }> | undefined;
  let ending: Promise<void> = Promise.resolve();
  let failed: unknown;

  const finish = async (open_: NonNullable<typeof current>): Promise<void> => {
    const { path, writer } = await open_;
    const gathered = writer.count < fewest ? writer.gathered() : undefined;
    if (gathered) {
      await Promise.all(gathered.map((bytes) => deps.putBytes(bytes)));
      return;
    }
    try {
      await deps.keep(writer, path);
    } catch (error) {
      await writer.abandon();
      await rm(path, { force: true });
      throw error;
    }
  };
  /** The full one goes its way while the next is filled. */
  const turn = (): void => {
    const full = current;
    current = undefined;
    if (!full) return;
    ending = Promise.all([ending, finish(full)]).then(() => undefined);
    ending.catch((error: unknown) => (failed ??= error));
  };
  const add = async (digest: string, bytes: Uint8Array): Promise<Blob> => {
    if (failed !== undefined) throw failed;
    current ??= deps.newPath().then((path) => ({ path, writer: createPackWriter(path) }));
    const mine = current;
    const { writer } = await mine;
    if (mine !== current) return add(digest, bytes);
    writer.add(digest, bytes);
    if (writer.sizeBytes >= fullBytes) turn();
    else await writer.drained();
    return { digest, sizeBytes: bytes.length };
  };

  return {
    putBytes: (bytes) => (bytes.length > packedBytes ? deps.putBytes(bytes) : add(sha256(bytes), bytes)),
    async putFile(path) {
      const bytes = await readSmallFile(path, packedBytes);
      return bytes ? add(sha256(bytes), bytes) : deps.putFile(path);
    },
    async commit() {
      turn();
      await ending;
    },
    async abandon() {
      const left = current;
      current = undefined;
      await ending.catch(() => undefined);
      if (!left) return;
      const { path, writer } = await left;
      await writer.abandon();
      await rm(path, { force: true });
    },
  };
}
