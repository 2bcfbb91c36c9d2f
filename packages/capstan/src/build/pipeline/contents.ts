import { stat } from "node:fs/promises";
import { CapstanError } from "../../base/foundation/errors.ts";
import { digestOfFile } from "../../base/foundation/hashing.ts";
import type { Store } from "../../base/record/store.ts";
import { createSoundBlobs } from "../data/sound-blobs.ts";
import { createStatCache, type StatCache } from "../data/stat-cache.ts";
import { createTrees, type Trees } from "../data/tree.ts";
import type { Content } from "./model.ts";

/** Files and folders by content. */
export type Contents = {
  /** Undefined when there is nothing at the path. */
  find(path: string): Promise<Content | undefined>;
  /** Into the store; durable. */
  put(path: string): Promise<Content>;
  /** Makes the path hold exactly this. */
  checkout(content: Content, path: string): Promise<void>;
  /** Whether the store still has all of it. */
  has(content: Content): Promise<boolean>;
  /** Small texts by content. */
  putText(text: string): Promise<string>;
  text(digest: string): Promise<string>;
  /** A path that may be read, never written. */
  localPath(content: Content): Promise<string>;
  trees: Trees;
  flush(): Promise<void>;
};

export function createContents({ store }: { store: Store }): Contents {
  const { blobs } = store;
  const stats = forReaders(createStatCache({ database: store.database, clock: store.clock }));
  const sound = createSoundBlobs({ blobs, stats });
  const trees = createTrees({ blobs, stats });
  const find: Contents["find"] = async (path) => {
    const info = await stat(path).catch(() => undefined);
    if (!info) return undefined;
    if (info.isDirectory()) {
      const tree = await trees.digestOf(path);
      return { form: "tree", digest: tree.digest, sizeBytes: tree.sizeBytes };
    }
    const { digest, sizeBytes } = await stats.digestOf(path);
    return { form: "file", digest, sizeBytes };
  };
  return {
    trees,
    find,
    flush: stats.flush,
    async put(path) {
      if ((await stat(path)).isDirectory()) {
        const tree = await trees.put(path);
        return { form: "tree", digest: tree.digest, sizeBytes: tree.sizeBytes };
      }
      const known = await stats.digestOf(path);
      if (await sound.has(known.digest)) return { form: "file", digest: known.digest, sizeBytes: known.sizeBytes };
      return { form: "file", ...(await blobs.putFile(path)) };
    },
    async checkout(content, path) {
      if (content.form === "tree") await trees.checkout(content.digest, path);
      else {
        await sound.check(content.digest);
        await blobs.checkout(content.digest, path);
      }
    },
    async has(content) {
      if (content.form === "file") return blobs.has(content.digest);
      try {
        for (const file of await trees.files(content.digest)) if (!(await blobs.has(file.digest))) return false;
        return true;
      } catch (error) {
        if (error instanceof CapstanError && error.code === "CAP-STORE-006") return false;
        throw error;
      }
    },
    putText: async (text) => (await blobs.putBytes(Buffer.from(text))).digest,
    text: async (digest) => (await blobs.bytes(digest)).toString("utf8"),
    async localPath(content) {
      if (content.form === "file") return sound.path(content.digest);
      const folder = `${store.folder}/work/trees/${content.digest}`;
      if (!(await stat(folder).catch(() => undefined))) await trees.checkout(content.digest, folder);
      return folder;
    },
  };
}

/** Those who only look learn nothing for others: a store that was opened for reading is no failure. */
function forReaders(stats: StatCache): StatCache {
  const readOnly = (error: unknown): boolean => error instanceof CapstanError && error.code === "CAP-STORE-004";
  return {
    async digestOf(path) {
      try {
        return await stats.digestOf(path);
      } catch (error) {
        if (!readOnly(error)) throw error;
        return { ...(await digestOfFile(path)), mode: (await stat(path)).mode, cached: false };
      }
    },
    async flush() {
      try {
        await stats.flush();
      } catch (error) {
        if (!readOnly(error)) throw error;
      }
    },
  };
}
