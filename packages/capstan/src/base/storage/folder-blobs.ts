import { randomBytes } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { type Clock, systemClock } from "../foundation/clock.ts";
import { CapstanError } from "../foundation/errors.ts";
import { digestOfFile, sha256 } from "../foundation/hashing.ts";
import type { Blob, BlobStore } from "./blob-store.ts";
import { createCacheTrim } from "./cache-trim.ts";
import { copyHashed, writeHashed } from "./hashed-copy.ts";
import { createPackBatch } from "./packs/pack-batch.ts";
import { createPacks, prefixes } from "./packs/packs.ts";

/** What a killed process left half written is removed when it is older than this. */
const abandonedAfterMs = 24 * 3_600_000;

/** What was taken out of packs for those who need a file of its own. */
const unpackedLimitBytes = 1 << 30;

/** Blobs as files `ab/cdef…` below a folder, small ones that came together in `packs/`. Write order: temporary file, fsync, rename, fsync of the folder. */
export function openFolderBlobs(root: string, clock: Clock = systemClock): BlobStore {
  const temporaries = join(root, "tmp");
  const packs = createPacks(join(root, "packs"), clock);
  const unpacked = join(root, "unpacked");
  const trim = createCacheTrim({ folder: unpacked, limitBytes: unpackedLimitBytes, clock });
  let prepared: Promise<void> | undefined;

  const pathOf = (digest: string): string => {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new CapstanError("CAP-STORE-006", { digest });
    return join(root, digest.slice(0, 2), digest.slice(2));
  };
  /** Of the file of its own, if it has one. */
  const fileSize = async (digest: string): Promise<number | undefined> => {
    try {
      return (await stat(pathOf(digest))).size;
    } catch {
      return undefined;
    }
  };
  const size = async (digest: string): Promise<number | undefined> => (await fileSize(digest)) ?? (await packs.find(digest))?.sizeBytes;
  /** The file of its own, or the bytes from a pack: these are compared with their name. */
  const present = async (digest: string): Promise<{ path: string } | { bytes: Buffer }> => {
    const path = pathOf(digest);
    if ((await fileSize(digest)) !== undefined) return { path };
    const bytes = await packs.bytes(digest);
    if (!bytes) throw new CapstanError("CAP-STORE-006", { digest });
    return { bytes };
  };
  /** True when the named bytes are there and whole; then made durable, as the put that brought them may not have ended. */
  const settled = async ({ digest, sizeBytes }: Blob): Promise<boolean> => {
    const own = await fileSize(digest);
    if (own === undefined) return (await packs.bytes(digest).catch(damaged)) !== undefined;
    if (own !== sizeBytes || (await digestOfFile(pathOf(digest))).digest !== digest) return false;
    await syncFolder(dirname(pathOf(digest)));
    return true;
  };
  const settle = async (from: string, to: string): Promise<void> => {
    if ((await mkdir(dirname(to), { recursive: true })) !== undefined) await syncFolder(root);
    await rename(from, to);
    await syncFolder(dirname(to));
  };
  const settlePack = (from: string, pack: string): Promise<void> => settle(from, join(packs.folder, `${pack}.pack`));
  const newPath = async (): Promise<string> => {
    prepared ??= prepare(temporaries, clock);
    await prepared.catch((error: unknown) => {
      prepared = undefined;
      throw storageError(error);
    });
    return join(temporaries, randomBytes(12).toString("hex"));
  };
  /** `write` fills a new file at the given path; it gets its name when it is whole, or goes. */
  const put = async (write: (path: string) => Promise<Blob>, expected?: string): Promise<Blob> => {
    const path = await newPath();
    try {
      const blob = await write(path);
      if (expected !== undefined && expected !== blob.digest) throw new CapstanError("CAP-STORE-002", { digest: expected });
      await settle(path, pathOf(blob.digest));
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

  const putBytes = async (bytes: Uint8Array): Promise<Blob> => {
    const blob = { digest: sha256(bytes), sizeBytes: bytes.length };
    if (await settled(blob)) return blob;
    return putStream(
      (async function* () {
        yield bytes;
      })(),
    );
  };
  const putFile = (path: string): Promise<Blob> => put((target) => copyHashed(path, target));
  /** A file of its own for what lies in a pack; made again when it is gone or not the same any more. */
  const unpack = async (digest: string, bytes: Buffer): Promise<string> => {
    const path = join(unpacked, digest.slice(0, 2), digest.slice(2));
    if ((await trim.used(digest)) && sha256(await readFile(path)) === digest) return path;
    await mkdir(dirname(path), { recursive: true });
    const beside = `${path}.${randomBytes(6).toString("hex")}.tmp`;
    await writeFile(beside, bytes);
    await rename(beside, path);
    trim.added(bytes.length);
    return path;
  };

  return {
    putStream,
    putBytes,
    putFile,
    batch: () =>
      createPackBatch({
        putBytes,
        putFile,
        newPath,
        keep: (writer, path) =>
          packs
            .keep(writer, (pack) => settlePack(path, pack))
            .catch((error: unknown) => {
              throw storageError(error);
            }),
      }),
    has: async (digest) => (await size(digest)) !== undefined,
    size,
    async bytes(digest) {
      const found = await present(digest);
      if ("bytes" in found) return found.bytes;
      const bytes = await readFile(found.path);
      if (sha256(bytes) !== digest) throw new CapstanError("CAP-STORE-002", { digest });
      return bytes;
    },
    async stream(digest, range) {
      const found = await present(digest);
      // An empty range has no last byte to name.
      if (range && range.end <= range.start) return Readable.from([]);
      if ("bytes" in found) return Readable.from([range ? found.bytes.subarray(range.start, range.end) : found.bytes]);
      return createReadStream(found.path, { ...(range && { start: range.start, end: range.end - 1 }), highWaterMark: 1 << 18 });
    },
    async checkout(digest, path) {
      const found = await present(digest);
      await mkdir(dirname(path), { recursive: true });
      const beside = `${path}.${randomBytes(6).toString("hex")}.tmp`;
      try {
        if ("bytes" in found) await writeFile(beside, found.bytes);
        else await copyFile(found.path, beside, constants.COPYFILE_FICLONE);
        await rename(beside, path);
      } catch (error) {
        await rm(beside, { force: true });
        throw storageError(error);
      }
    },
    async localPath(digest) {
      const found = await present(digest);
      return "bytes" in found ? unpack(digest, found.bytes) : found.path;
    },
    async holder(digest) {
      const path = pathOf(digest);
      if ((await fileSize(digest)) !== undefined) return { path, digest };
      const found = await packs.find(digest);
      if (!found) throw new CapstanError("CAP-STORE-006", { digest });
      return { path: found.path, digest: found.pack };
    },
    async verify(digest) {
      if ((await fileSize(digest).catch(() => undefined)) === undefined) {
        if (await packs.isDamaged(digest)) return "differs";
        return packs.bytes(digest).then(
          (bytes) => (bytes ? "same" : "absent"),
          (error: unknown) => damaged(error) ?? "differs",
        );
      }
      return (await digestOfFile(pathOf(digest))).digest === digest ? "same" : "differs";
    },
    async *list() {
      for (const prefix of prefixes) {
        const files = new Set(await readdir(join(root, prefix)).catch(() => []));
        for (const rest of files) {
          const sizeBytes = await fileSize(prefix + rest);
          if (sizeBytes !== undefined) yield { digest: prefix + rest, sizeBytes };
        }
        for (const packed of await packs.beginningWith(prefix)) if (!files.has(packed.digest.slice(2))) yield packed;
      }
    },
    async delete(digest) {
      await rm(pathOf(digest), { force: true });
      await rm(join(unpacked, digest.slice(0, 2), digest.slice(2)), { force: true });
      await packs.remove(digest, newPath, settlePack);
    },
  };
}

/** Other bytes than the name says are as good as none to whoever can bring the right ones. */
function damaged(error: unknown): undefined {
  if (!(error instanceof CapstanError && error.code === "CAP-STORE-002")) throw error;
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
