import { stat } from "node:fs/promises";
import type { Clock } from "../../base/foundation/clock.ts";
import { digestOfFile } from "../../base/foundation/hashing.ts";
import { type Change, type Database, statement } from "../../base/storage/database.ts";

/** A file changed less long ago than this may change again without its times showing it. */
const racyMs = 2_000;
const writeTogether = 500;

export type FileDigest = { digest: string; sizeBytes: number; cached: boolean };
/** Digests of files; a file whose identity, size and times are as when it was last read is not read again. */
export type StatCache = { digestOf(path: string): Promise<FileDigest>; /** Writes what was learned. */ flush(): Promise<void> };

export function createStatCache(deps: { database: Database; clock: Clock }): StatCache {
  const { database, clock } = deps;
  let learned: Change[number][] = [];
  const flush = async (): Promise<void> => {
    const change = learned;
    learned = [];
    if (change.length > 0) await database.commit(change);
  };
  return {
    flush,
    async digestOf(path) {
      const before = await stat(path, { bigint: true });
      const known = await database.find<{ size_bytes: number; mtime_ns: string; ctime_ns: string; digest: string }>(
        "select size_bytes, mtime_ns, ctime_ns, digest from data_stat where dev = ? and ino = ?",
        [String(before.dev), String(before.ino)],
      );
      if (
        known &&
        BigInt(known.size_bytes) === before.size &&
        known.mtime_ns === String(before.mtimeNs) &&
        known.ctime_ns === String(before.ctimeNs)
      ) {
        return { digest: known.digest, sizeBytes: Number(before.size), cached: true };
      }
      const read = await digestOfFile(path);
      const after = await stat(path, { bigint: true });
      const still =
        after.size === before.size && after.mtimeNs === before.mtimeNs && after.ctimeNs === before.ctimeNs && after.ino === before.ino;
      const newestMs = Number((after.mtimeNs > after.ctimeNs ? after.mtimeNs : after.ctimeNs) / 1_000_000n);
      if (still && clock.nowMs() - newestMs >= racyMs) {
        learned.push(
          statement(
            "insert into data_stat (dev, ino, size_bytes, mtime_ns, ctime_ns, digest) values (?, ?, ?, ?, ?, ?) on conflict (dev, ino) do update set size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, digest = excluded.digest",
            String(after.dev),
            String(after.ino),
            Number(after.size),
            String(after.mtimeNs),
            String(after.ctimeNs),
            read.digest,
          ),
        );
        if (learned.length >= writeTogether) await flush();
      }
      return { ...read, cached: false };
    },
  };
}
