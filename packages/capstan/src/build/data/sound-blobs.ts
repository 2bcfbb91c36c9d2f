import { CapstanError } from "../../base/foundation/errors.ts";
import type { BlobStore } from "../../base/storage/blob-store.ts";
import type { StatCache } from "./stat-cache.ts";

/** Blobs that are used in place or copied out: whether they still hold what their name says. Read only when their file was touched since it was last read, so that looking costs nothing. */
export type SoundBlobs = {
  /** False also when there is no such blob. */
  has(digest: string): Promise<boolean>;
  /** Where it may be read; CAP-STORE-002 when it holds other bytes. */
  path(digest: string): Promise<string>;
};

export function createSoundBlobs({ blobs, stats }: { blobs: BlobStore; stats: StatCache }): SoundBlobs {
  const path = async (digest: string): Promise<string> => {
    const found = await blobs.localPath(digest);
    const read = await stats.digestOf(found);
    if (!read.cached) await stats.flush().catch(whenReadOnly);
    if (read.digest !== digest) throw new CapstanError("CAP-STORE-002", { digest });
    return found;
  };
  return {
    path,
    async has(digest) {
      try {
        await path(digest);
        return true;
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
