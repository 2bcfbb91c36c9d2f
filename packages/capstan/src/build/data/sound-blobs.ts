import { stat } from "node:fs/promises";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { BlobStore } from "../../base/storage/blob-store.ts";
import type { StatCache } from "./stat-cache.ts";

/** Blobs that are used in place or copied out: whether they still hold what their name says. Read only when their file was touched since it was last read, so that looking costs nothing. */
export type SoundBlobs = {
  /** False also when there is no such blob. */
  has(digest: string): Promise<boolean>;
  /** Before it is copied out; CAP-STORE-002 when it holds other bytes. */
  check(digest: string): Promise<void>;
  /** Where it may be read; CAP-STORE-002 when it holds other bytes. */
  path(digest: string): Promise<string>;
};

export function createSoundBlobs({ blobs, stats }: { blobs: BlobStore; stats: StatCache }): SoundBlobs {
  /** Files that hold many objects, as they were when all of their bytes were last looked at. */
  const holders = new Map<string, { stamp: string; sound: Promise<boolean> }>();
  const read = async (path: string, digest: string): Promise<boolean> => {
    const found = await stats.digestOf(path);
    if (!found.cached) await stats.flush().catch(whenReadOnly);
    return found.digest === digest;
  };
  const isSound = async (digest: string): Promise<boolean> => {
    const holder = await blobs.holder(digest);
    if (holder.digest === digest) return read(holder.path, digest);
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(holder.path, { bigint: true });
    const stamp = [dev, ino, size, mtimeNs, ctimeNs].join(" ");
    let known = holders.get(holder.path);
    if (known?.stamp !== stamp) {
      known = { stamp, sound: read(holder.path, holder.digest) };
      known.sound.catch(() => holders.delete(holder.path));
      holders.set(holder.path, known);
    }
    // Damage to another object of that file is no damage to this one.
    return (await known.sound) || (await blobs.verify(digest)) === "same";
  };
  const check = async (digest: string): Promise<void> => {
    if (!(await isSound(digest))) throw new CapstanError("CAP-STORE-002", { digest });
  };
  return {
    check,
    async path(digest) {
      await check(digest);
      return blobs.localPath(digest);
    },
    async has(digest) {
      try {
        return await isSound(digest);
      } catch (error) {
        if (error instanceof CapstanError && (error.code === "CAP-STORE-002" || error.code === "CAP-STORE-006")) return false;
        throw error;
      }
    },
  };
}

/** Those who only look learn nothing for others. */
const whenReadOnly = (error: unknown): void => {
  if (!(error instanceof CapstanError) || error.code !== "CAP-STORE-004") throw error;
};
