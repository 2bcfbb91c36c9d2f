import { randomBytes } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { type Clock, systemClock } from "../foundation/clock.ts";
import { CapstanError } from "../foundation/errors.ts";
import { digestOfFile, sha256 } from "../foundation/hashing.ts";
import type { Blob, BlobStore } from "./blob-store.ts";
import { copyHashed, writeHashed } from "./hashed-copy.ts";

/** What a killed process left half written is removed when it is older than this. */
const abandonedAfterMs = 24 * 3_600_000;

/** Blobs as files `ab/cdef…` below a folder. Write order: temporary file, fsync, rename, fsync of the folder. */
export function openFolderBlobs(root: string, clock: Clock = systemClock): BlobStore {
  const temporaries = join(root, "tmp");
  let prepared: Promise<void> | undefined;

  const pathOf = (digest: string): string => {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new CapstanError("CAP-STORE-006", { digest });
    return join(root, digest.slice(0, 2), digest.slice(2));
  };
  const size = async (digest: string): Promise<number | undefined> => {
    try {
      return (await stat(pathOf(digest))).size;
    } catch {
      return undefined;
    }
  };
  const present = async (digest: string): Promise<string> => {
    const path = pathOf(digest);
    if ((await size(digest)) === undefined) throw new CapstanError("CAP-STORE-006", { digest });
    return path;
  };
  /** True when the named bytes are there and whole; then made durable, as the put that brought them may not have ended. */
  const settled = async ({ digest, sizeBytes }: Blob): Promise<boolean> => {
    if ((await size(digest)) !== sizeBytes || (await digestOfFile(pathOf(digest))).digest !== digest) return false;
    await syncFolder(dirname(pathOf(digest)));
    return true;
  };
  const settle = async (from: string, digest: string): Promise<void> => {
    const to = pathOf(digest);
    if ((await mkdir(dirname(to), { recursive: true })) !== undefined) await syncFolder(root);
    await rename(from, to);
    await syncFolder(dirname(to));
  };
  /** `write` fills a new file at the given path; it gets its name when it is whole, or goes. */
  const put = async (write: (path: string) => Promise<Blob>, expected?: string): Promise<Blob> => {
    prepared ??= prepare(temporaries, clock);
    await prepared.catch((error: unknown) => {
      prepared = undefined;
      throw storageError(error);
    });
    const path = join(temporaries, randomBytes(12).toString("hex"));
    try {
      const blob = await write(path);
      if (expected !== undefined && expected !== blob.digest) throw new CapstanError("CAP-STORE-002", { digest: expected });
      await settle(path, blob.digest);
      return blob;
    } catch (error) {
      await rm(path, { force: true });
      throw storageError(error);
    }
  };
  const putStream = (source: AsyncIterable<Uint8Array>, expected?: string): Promise<Blob> =>
    put(async (path) => {
      const file = await open(path, "wx");
      try {
        return await writeHashed(source, file);
      } finally {
        await file.close();
      }
    }, expected);

  return {
    putStream,
    async putBytes(bytes) {
      const blob = { digest: sha256(bytes), sizeBytes: bytes.length };
      if (await settled(blob)) return blob;
      return putStream(
        (async function* () {
          yield bytes;
        })(),
      );
    },
    putFile: (path) => put((target) => copyHashed(path, target)),
    has: async (digest) => (await size(digest)) !== undefined,
    size,
    async bytes(digest) {
      const bytes = await readFile(await present(digest));
      if (sha256(bytes) !== digest) throw new CapstanError("CAP-STORE-002", { digest });
      return bytes;
    },
    async stream(digest, range) {
      const path = await present(digest);
      // An empty range has no last byte to name.
      if (range && range.end <= range.start) return Readable.from([]);
      return createReadStream(path, { ...(range && { start: range.start, end: range.end - 1 }), highWaterMark: 1 << 18 });
    },
    async checkout(digest, path) {
      const from = await present(digest);
      await mkdir(dirname(path), { recursive: true });
      const beside = `${path}.${randomBytes(6).toString("hex")}.tmp`;
      try {
        await copyFile(from, beside, constants.COPYFILE_FICLONE);
        await rename(beside, path);
      } catch (error) {
        await rm(beside, { force: true });
        throw storageError(error);
      }
    },
    localPath: present,
    async verify(digest) {
      if ((await size(digest)) === undefined) return "absent";
      return (await digestOfFile(pathOf(digest))).digest === digest ? "same" : "differs";
    },
    async *list() {
      for (const folder of await readdir(root).catch(() => [])) {
        if (!/^[0-9a-f]{2}$/.test(folder)) continue;
        for (const rest of await readdir(join(root, folder))) {
          const digest = folder + rest;
          const sizeBytes = await size(digest);
          if (sizeBytes !== undefined) yield { digest, sizeBytes };
        }
      }
    },
    delete: async (digest) => rm(pathOf(digest), { force: true }),
  };
}

async function prepare(temporaries: string, clock: Clock): Promise<void> {
  await mkdir(temporaries, { recursive: true });
  for (const name of await readdir(temporaries)) {
    const path = join(temporaries, name);
    const found = await stat(path).catch(() => undefined);
    if (found && clock.nowMs() - found.mtimeMs > abandonedAfterMs) await rm(path, { force: true });
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A full, failing or closed disk gets its own code, whoever noticed it. */
export function storageError(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EIO")
    return new CapstanError("CAP-STORE-003", { problem: String(code) }, { cause: error });
  if (code === "EROFS") return new CapstanError("CAP-STORE-004", {}, { cause: error });
  return error;
}
