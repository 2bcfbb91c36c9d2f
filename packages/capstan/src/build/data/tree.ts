import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { BlobStore } from "../../base/storage/blob-store.ts";
import { createSoundBlobs } from "./sound-blobs.ts";
import type { StatCache } from "./stat-cache.ts";
import { createLimit } from "../../base/foundation/limit.ts";
import { isSafeName, nodesOf, type TreeEntry, type TreeNode } from "./tree-rules.ts";

export type Tree = { digest: string; sizeBytes: number; files: number };
/** A file of a tree; `path` is relative, with `/`. */
export type TreeFile = { path: string; digest: string; sizeBytes: number; executable: boolean };

export type Trees = {
  /** What the folder's digest is; nothing is stored. Links are followed to files only when they stay readable; other kinds of entries are refused. */
  digestOf(folder: string): Promise<Tree & { list: TreeFile[] }>;
  put(folder: string): Promise<Tree>;
  files(digest: string): Promise<TreeFile[]>;
  /** Whether all its files are in the store and hold what their names say. */
  isWhole(digest: string): Promise<boolean>;
  /** Makes `folder` hold exactly the tree, by reflink or copy. */
  checkout(digest: string, folder: string): Promise<void>;
};

/** Files in work at once: enough to share questions to the database, few enough for any limit on open files. */
const together = 64;

export function createTrees(deps: { blobs: BlobStore; stats: StatCache }): Trees {
  const { blobs, stats } = deps;
  const sound = createSoundBlobs(deps);

  const limit = createLimit(together);
  const walk = async (
    folder: string,
    prefix: string,
    keep: (path: string, digest: string, bytes: Buffer | undefined) => Promise<void>,
    keepNode: (node: { digest: string; bytes: Buffer }) => Promise<void>,
  ): Promise<{ entry: Omit<TreeEntry, "name">; list: TreeFile[] }> => {
    const list: TreeFile[] = [];
    const entries: TreeEntry[] = [];
    const found = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (let at = 0; at < found.length; at += together) {
      const made = await Promise.all(
        found.slice(at, at + together).map(async (item) => {
          const path = join(folder, item.name);
          const relative = prefix === "" ? item.name : `${prefix}/${item.name}`;
          if (item.isDirectory()) {
            const inner = await walk(path, relative, keep, keepNode);
            return { entry: { name: item.name, ...inner.entry }, list: inner.list };
          }
          if (!item.isFile())
            throw new CapstanError("CAP-DATA-008", { path: relative, kind: item.isSymbolicLink() ? "a link" : "a pipe, socket or device" });
          const { digest, sizeBytes, mode } = await limit(async () => {
            const { bytes, ...read } = await stats.digestOf(path);
            await keep(path, read.digest, bytes);
            return read;
          });
          const executable = (mode & 0o100) !== 0;
          return {
            entry: { name: item.name, kind: executable ? ("exec" as const) : ("file" as const), sizeBytes, digest },
            list: [{ path: relative, digest, sizeBytes, executable }],
          };
        }),
      );
      for (const one of made) {
        entries.push(one.entry);
        list.push(...one.list);
      }
    }
    const nodes = nodesOf(entries);
    for (const node of nodes) await keepNode(node);
    const own = nodes.at(-1);
    if (!own) throw new CapstanError("CAP-INTERNAL-001", { what: "a tree without a node" });
    return { entry: { kind: "tree", digest: own.digest, sizeBytes: entries.reduce((sum, entry) => sum + entry.sizeBytes, 0) }, list };
  };

  const entriesOf = async (digest: string): Promise<TreeEntry[]> => {
    const value = JSON.parse((await blobs.bytes(digest)).toString("utf8")) as TreeNode;
    if ("entries" in value) return value.entries;
    return (await Promise.all(Object.values(value.shards).map(entriesOf))).flat();
  };
  const filesOf = async (digest: string, prefix: string): Promise<TreeFile[]> => {
    const files: TreeFile[] = [];
    for (const entry of await entriesOf(digest)) {
      if (!isSafeName(entry.name)) throw new CapstanError("CAP-STORE-002", { digest });
      const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
      if (entry.kind === "tree") files.push(...(await filesOf(entry.digest, path)));
      else files.push({ path, digest: entry.digest, sizeBytes: entry.sizeBytes, executable: entry.kind === "exec" });
    }
    return files;
  };

  return {
    async digestOf(folder) {
      const { entry, list } = await walk(
        folder,
        "",
        async () => {},
        async () => {},
      );
      await stats.flush();
      return { digest: entry.digest, sizeBytes: entry.sizeBytes, files: list.length, list };
    },
    async put(folder) {
      const batch = blobs.batch();
      try {
        const { entry, list } = await walk(
          folder,
          "",
          async (path, digest, bytes) => {
            if (await sound.has(digest)) return;
            // A file may be hashed, then copied: other bytes in between would be a tree that names what is not there.
            const kept = await (bytes ? batch.putBytes(bytes) : batch.putFile(path));
            if (kept.digest !== digest) throw new CapstanError("CAP-DATA-007", { path });
          },
          async ({ digest, bytes }) => {
            if (!(await sound.has(digest))) await batch.putBytes(bytes);
          },
        );
        await batch.commit();
        await stats.flush();
        return { digest: entry.digest, sizeBytes: entry.sizeBytes, files: list.length };
      } finally {
        await batch.abandon();
      }
    },
    files: (digest) => filesOf(digest, ""),
    async isWhole(digest) {
      const files = await filesOf(digest, "");
      for (let at = 0; at < files.length; at += together) {
        const sounds = await Promise.all(files.slice(at, at + together).map((file) => sound.has(file.digest)));
        if (sounds.includes(false)) return false;
      }
      return true;
    },
    async checkout(digest, folder) {
      const files = await filesOf(digest, "");
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      for (let at = 0; at < files.length; at += together) {
        await Promise.all(
          files.slice(at, at + together).map(async (file) => {
            const path = join(folder, file.path);
            await sound.check(file.digest);
            await blobs.checkout(file.digest, path);
            await chmod(path, file.executable ? 0o755 : 0o644);
          }),
        );
      }
    },
  };
}
