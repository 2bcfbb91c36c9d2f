import { CapstanError } from "../../base/foundation/errors.ts";
import type { BlobStore } from "../../base/storage/blob-store.ts";
import type { Runtime } from "../../build/inference/model.ts";
import { type Batcher, createBatcher } from "./batcher.ts";

/** A loaded model and its queue. Shared by all arms with the same bytes; closed when the last of them lets go. */
export type Loaded = { readonly digest: string; readonly runtime: Runtime; readonly batcher: Batcher };

export type RuntimePool = {
  /** Loads, or counts one more holder. Every `acquire` is paired with one `release`. */
  acquire(digest: string): Promise<Loaded>;
  /** One more holder of what is loaded already. */
  hold(loaded: Loaded): void;
  release(loaded: Loaded): void;
  readonly size: number;
  close(): Promise<void>;
};

export function createRuntimePool(blobs: BlobStore, load: (path: string) => Promise<Runtime>): RuntimePool {
  type Slot = { holders: number; loading: Promise<Loaded> };
  const slots = new Map<string, Slot>();
  const closing = new Set<Promise<void>>();

  const open = async (digest: string): Promise<Loaded> => {
    if ((await blobs.verify(digest)) !== "same") throw new CapstanError("CAP-STORE-002", { digest });
    const runtime = await load(await blobs.localPath(digest));
    return { digest, runtime, batcher: createBatcher(runtime) };
  };
  const release = (digest: string): void => {
    const slot = slots.get(digest);
    if (!slot || --slot.holders > 0) return;
    slots.delete(digest);
    const closed = slot.loading.then(({ runtime }) => runtime.close()).catch(() => undefined);
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  };

  return {
    async acquire(digest) {
      let slot = slots.get(digest);
      if (!slot) slots.set(digest, (slot = { holders: 0, loading: open(digest) }));
      slot.holders++;
      try {
        return await slot.loading;
      } catch (error) {
        release(digest);
        throw error;
      }
    },
    hold(loaded) {
      const slot = slots.get(loaded.digest);
      if (slot) slot.holders++;
    },
    release: (loaded) => release(loaded.digest),
    get size() {
      return slots.size;
    },
    async close() {
      for (const [digest, slot] of [...slots]) {
        slot.holders = 1;
        release(digest);
      }
      await Promise.all(closing);
    },
  };
}
