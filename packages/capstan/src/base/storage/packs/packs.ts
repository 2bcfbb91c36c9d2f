import { type FileHandle, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../foundation/clock.ts";
import { CapstanError } from "../../foundation/errors.ts";
import { sha256 } from "../../foundation/hashing.ts";
import { type PackEntry, type PackIndex, readPackIndex } from "./pack-file.ts";
import { createPackWriter, type PackWriter } from "./pack-writer.ts";

/** An object in a pack; `pack` is the digest of the whole file at `path`. */
export type Packed = PackEntry & { pack: string; path: string };

/** A folder that changed less long ago than this may change again without its time showing it. */
const racyMs = 2_000;

/** The packs of a folder. Other processes add and take away: what is not found is looked for again when the folder has changed. */
export function createPacks(folder: string, clock: Clock) {
  /** Undefined: a file that has the name of a pack and is none. */
  const known = new Map<string, PackIndex | undefined>();
  let seen = "";
  let looking: Promise<void> | undefined;
  let changing: Promise<unknown> = Promise.resolve();
  const pathOf = (pack: string): string => join(folder, `${pack}.pack`);

  const load = async (): Promise<void> => {
    const before = await stat(folder, { bigint: true }).catch(() => undefined);
    if (!before) return void known.clear();
    const stamp = `${before.ino} ${before.mtimeNs}`;
    if (stamp === seen) return;
    const names = new Set<string>();
    for (const name of await readdir(folder)) {
      const pack = /^([0-9a-f]{64})\.pack$/.exec(name)?.[1];
      if (pack !== undefined) names.add(pack);
    }
    for (const pack of known.keys()) if (!names.has(pack)) known.delete(pack);
    for (const pack of names) if (!known.has(pack)) known.set(pack, await indexOf(pathOf(pack)));
    seen = clock.nowMs() - Number(before.mtimeNs / 1_000_000n) < racyMs ? "" : stamp;
  };
  const refresh = (): Promise<void> => (looking ??= load().finally(() => (looking = undefined)));
  const look = (digest: string): Packed | undefined => {
    for (const [pack, index] of known) {
      const entry = index?.find(digest);
      if (entry) return { ...entry, pack, path: pathOf(pack) };
    }
    return undefined;
  };
  const find = async (digest: string): Promise<Packed | undefined> => {
    if (!/^[0-9a-f]{64}$/.test(digest)) return undefined;
    const found = look(digest);
    if (found) return found;
    await refresh();
    return look(digest);
  };

  /** Names a finished pack and makes the name durable. */
  const keep = async (writer: PackWriter, settle: (pack: string) => Promise<void>): Promise<void> => {
    const pack = await writer.end();
    await settle(pack);
    known.set(pack, await indexOf(pathOf(pack)));
  };

  return {
    folder,
    find,
    keep,
    /** The bytes, compared with their name: CAP-STORE-002 when they are others. Undefined when no pack has them. */
    async bytes(digest: string): Promise<Buffer | undefined> {
      for (let tries = 0; ; tries++) {
        const found = await find(digest);
        if (!found) return undefined;
        try {
          const bytes = await opened(found.path, (file) => readAt(file, found));
          if (sha256(bytes) !== digest) throw new CapstanError("CAP-STORE-002", { digest });
          return bytes;
        } catch (error) {
          // Its pack was written anew by another process.
          if (tries > 0 || !(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
          known.delete(found.pack);
          seen = "";
        }
      }
    },
    /** Objects whose digests begin with these two digits, each once; a damaged pack stands for what it held, under its own name. */
    async beginningWith(prefix: string): Promise<{ digest: string; sizeBytes: number }[]> {
      await refresh();
      const found = new Map<string, number>();
      for (const [pack, index] of known) {
        if (!index && pack.startsWith(prefix)) found.set(pack, (await stat(pathOf(pack)).catch(() => undefined))?.size ?? 0);
        for (const entry of index?.beginningWith(prefix) ?? []) found.set(entry.digest, entry.sizeBytes);
      }
      return [...found].map(([digest, sizeBytes]) => ({ digest, sizeBytes }));
    },
    isDamaged: async (pack: string): Promise<boolean> => {
      await refresh();
      return known.has(pack) && known.get(pack) === undefined;
    },
    /** Writes the packs that have it anew without it, then removes the old ones: nothing is changed in place. One after the other. */
    remove(digest: string, newPath: () => Promise<string>, settle: (from: string, pack: string) => Promise<void>): Promise<void> {
      const removed = changing.then(async () => {
        for (let found = await find(digest); found; found = await find(digest)) {
          const index = known.get(found.pack);
          if (index && index.count > 1) {
            const path = await newPath();
            const writer = createPackWriter(path);
            try {
              await opened(found.path, async (file) => {
                for (const prefix of prefixes) {
                  for (const entry of index.beginningWith(prefix))
                    if (entry.digest !== digest) writer.add(entry.digest, await readAt(file, entry));
                  await writer.drained();
                }
              });
              await keep(writer, (pack) => settle(path, pack));
            } catch (error) {
              await writer.abandon();
              await rm(path, { force: true });
              throw error;
            }
          }
          await rm(found.path, { force: true });
          known.delete(found.pack);
        }
      });
      changing = removed.catch(() => undefined);
      return removed;
    },
  };
}

/** The two digits with which digests begin, in order. */
export const prefixes: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

const indexOf = (path: string): Promise<PackIndex | undefined> => opened(path, readPackIndex);

async function opened<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, "r");
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, { start, sizeBytes }: PackEntry): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await file.read(bytes, read, bytes.length - read, start + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}
