import { stat } from "node:fs/promises";
import type { Clock } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { digestOfFile, readSmallFile, sha256 } from "../../base/foundation/hashing.ts";
import { type Change, type Database, statement } from "../../base/storage/database.ts";

/** A file changed less long ago than this may change again without its times showing it. */
const racyMs = 2_000;
const writeTogether = 500;
/** So much is read at once. */
const smallBytes = 64 << 10;

/** `bytes`: what was read, when that was little. */
export type FileDigest = { digest: string; sizeBytes: number; mode: number; cached: boolean; bytes?: Buffer };
/** Digests of files; a file whose identity, size and times are as when it was last read is not read again. */
export type StatCache = { digestOf(path: string): Promise<FileDigest>; /** Writes what was learned. */ flush(): Promise<void> };

export function createStatCache(deps: { database: Database; clock: Clock }): StatCache {
  const { database, clock } = deps;
  const find = createKnownFiles(database);
  let learned: Change[number][] = [];
  const write = async (): Promise<void> => {
    const change = learned;
    learned = [];
    if (change.length > 0) await database.commit(change);
  };
  let writing: Promise<void> | undefined;
  // Those who ask in one turn share a commit.
  const flush = (): Promise<void> =>
    (writing ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      writing = undefined;
      return write();
    }));
  return {
    flush,
    async digestOf(path) {
      const before = await stat(path, { bigint: true });
      // Reading a pipe or device would never end.
      if (!before.isFile())
        throw new CapstanError("CAP-DATA-008", { path, kind: before.isDirectory() ? "a folder" : "a pipe, socket or device" });
      const known = await find(String(before.dev), String(before.ino));
      if (
        known &&
        BigInt(known.size_bytes) === before.size &&
        known.mtime_ns === String(before.mtimeNs) &&
        known.ctime_ns === String(before.ctimeNs)
      ) {
        return { digest: known.digest, sizeBytes: Number(before.size), mode: Number(before.mode), cached: true };
      }
      const bytes = before.size <= smallBytes ? await readSmallFile(path, smallBytes) : undefined;
      const read = bytes ? { digest: sha256(bytes), sizeBytes: bytes.length, bytes } : await digestOfFile(path);
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
        if (learned.length >= writeTogether) await write();
      }
      return { ...read, mode: Number(before.mode), cached: false };
    },
  };
}

type KnownFile = { ino: string; size_bytes: number; mtime_ns: string; ctime_ns: string; digest: string };
const askTogether = 500;

/** Questions of one turn share a statement: a folder of many files is not as many round trips. */
function createKnownFiles(database: Database): (dev: string, ino: string) => Promise<KnownFile | undefined> {
  const waiting = new Map<string, { inos: Set<string>; answer: Promise<Map<string, KnownFile>> }>();
  const ask = async (dev: string, inos: ReadonlySet<string>): Promise<Map<string, KnownFile>> => {
    await new Promise((resolve) => setImmediate(resolve));
    if (waiting.get(dev)?.inos === inos) waiting.delete(dev);
    const rows = await database.all<KnownFile>(
      `select ino, size_bytes, mtime_ns, ctime_ns, digest from data_stat where dev = ? and ino in (${[...inos].map(() => "?").join(", ")})`,
      [dev, ...inos],
    );
    return new Map(rows.map((row) => [row.ino, row]));
  };
  return async (dev, ino) => {
    let group = waiting.get(dev);
    if (!group || group.inos.size >= askTogether) {
      const inos = new Set<string>();
      group = { inos, answer: ask(dev, inos) };
      waiting.set(dev, group);
    }
    group.inos.add(ino);
    return (await group.answer).get(ino);
  };
}
