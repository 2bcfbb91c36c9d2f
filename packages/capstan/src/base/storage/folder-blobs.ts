import { randomBytes, createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CapstanError } from "../foundation/errors.ts";
import { digestOfFile, sha256 } from "../foundation/hashing.ts";
import type { Blob, BlobStore } from "./blob-store.ts";

/** Blobs as files `ab/cdef…` below a folder. Write order: temporary file, fsync, rename, fsync of the folder. */
export function openFolderBlobs(root: string): BlobStore {
  const pathOf = (digest: string): string => {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new CapstanError("CAP-STORE-006", { digest });
    return join(root, digest.slice(0, 2), digest.slice(2));
  };
  const temporary = async (): Promise<string> => {
    await mkdir(join(root, "tmp"), { recursive: true });
    return join(root, "tmp", randomBytes(12).toString("hex"));
  };
  const settle = async (from: string, blob: Blob): Promise<Blob> => {
    const to = pathOf(blob.digest);
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
    await syncFolder(dirname(to));
    return blob;
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

  const putStream = async (source: AsyncIterable<Uint8Array>, expected?: string): Promise<Blob> => {
    const path = await temporary();
    const file = await open(path, "wx");
    const hasher = createHash("sha256");
    let sizeBytes = 0;
    try {
      for await (const piece of source) {
        hasher.update(piece);
        sizeBytes += piece.length;
        await file.writeFile(piece);
      }
      await file.datasync();
      await file.close();
      const digest = hasher.digest("hex");
      if (expected !== undefined && expected !== digest) throw new CapstanError("CAP-STORE-002", { digest: expected });
      return await settle(path, { digest, sizeBytes });
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(path, { force: true });
      throw storageError(error);
    }
  };

  return {
    putStream,
    putBytes: async (bytes) => {
      const digest = sha256(bytes);
      if ((await size(digest)) === bytes.length) return { digest, sizeBytes: bytes.length };
      return putStream(
        (async function* () {
          yield bytes;
        })(),
      );
    },
    async putFile(path) {
      const target = await temporary();
      try {
        await copyFile(path, target, constants.COPYFILE_FICLONE);
        const blob = await digestOfFile(target);
        if ((await size(blob.digest)) === blob.sizeBytes) {
          await rm(target);
          return blob;
        }
        const file = await open(target, "r+");
        await file.datasync();
        await file.close();
        return await settle(target, blob);
      } catch (error) {
        await rm(target, { force: true });
        throw storageError(error);
      }
    },
    has: async (digest) => (await size(digest)) !== undefined,
    size,
    async bytes(digest) {
      const bytes = await readFile(await present(digest));
      if (sha256(bytes) !== digest) throw new CapstanError("CAP-STORE-002", { digest });
      return bytes;
    },
    stream: async (digest, range) => createReadStream(await present(digest), range ? { start: range.start, end: range.end - 1 } : {}),
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

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A full or failing disk gets its own code, whoever noticed it. */
export function storageError(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EIO") return new CapstanError("CAP-STORE-003", { problem: String(code) }, { cause: error });
  return error;
}
