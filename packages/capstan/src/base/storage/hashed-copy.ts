import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, type FileHandle, open } from "node:fs/promises";
import { digestOfFile } from "../foundation/hashing.ts";
import type { Blob } from "./blob-store.ts";

const pieceBytes = 1 << 20;

/** The disk is set to work on what was written every so many bytes, so that little is left to wait for at the end. */
const syncEveryBytes = 32 << 20;

/**
 * Writes what `source` gives into an empty file and names it; durable when it resolves. While one piece is written the next is read and hashed:
 * two pieces are in memory, whatever the size, and a piece must stay as it is until the one after the next is asked for.
 */
export async function writeHashed(source: AsyncIterable<Uint8Array>, file: FileHandle): Promise<Blob> {
  const hasher = createHash("sha256");
  let sizeBytes = 0;
  let syncedBytes = 0;
  let writing: Promise<unknown> = Promise.resolve();
  let syncing: Promise<unknown> | undefined;
  // A disk tells of a failed sync only once: it must not be forgotten until the end.
  const failures: unknown[] = [];
  try {
    for await (const piece of source) {
      hasher.update(piece);
      await writing;
      writing = writeWhole(file, piece, sizeBytes).catch((error: unknown) => failures.push(error));
      sizeBytes += piece.length;
      if (failures.length > 0) throw failures[0];
      if (sizeBytes - syncedBytes < syncEveryBytes || syncing) continue;
      syncedBytes = sizeBytes;
      syncing = file.datasync().then(
        () => (syncing = undefined),
        (error: unknown) => failures.push(error),
      );
    }
  } finally {
    // Nobody may close the file before.
    await Promise.all([writing, syncing]);
  }
  if (failures.length > 0) throw failures[0];
  await file.datasync();
  return { digest: hasher.digest("hex"), sizeBytes };
}

async function writeWhole(file: FileHandle, piece: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < piece.length;) done += (await file.write(piece, done, piece.length - done, position + done)).bytesWritten;
}

/** The pieces of a file, in three buffers that take turns: one is read ahead, one is the reader's, one may still be on its way to the disk. */
async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r");
  const sizeBytes = Math.min((await file.stat()).size + 1, pieceBytes);
  const buffers: Buffer[] = [];
  const readInto = async (turn: number): Promise<Uint8Array> => {
    const buffer = (buffers[turn % 3] ??= Buffer.allocUnsafe(sizeBytes));
    return buffer.subarray(0, (await file.read(buffer, 0, buffer.length, null)).bytesRead);
  };
  let ahead = readInto(0);
  try {
    for (let turn = 1; ; turn++) {
      const piece = await ahead;
      if (piece.length === 0) return;
      ahead = readInto(turn);
      // Met at the next turn, or never when the reader has enough.
      ahead.catch(() => undefined);
      yield piece;
    }
  } finally {
    await ahead.catch(() => undefined);
    await file.close();
  }
}

/** Copies a file to a new path and names exactly the bytes that arrived there: by reflink where the file system can, else by reading once. Durable when it resolves. */
export async function copyHashed(from: string, to: string): Promise<Blob> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
  } catch (error) {
    if (!cannotClone(error)) throw error;
    const file = await open(to, "wx");
    try {
      return await writeHashed(piecesOf(from), file);
    } finally {
      await file.close();
    }
  }
  const file = await open(to, "r+");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
  return digestOfFile(to);
}

const cannotClone = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  ["ENOTSUP", "EOPNOTSUPP", "EXDEV", "ENOSYS", "EINVAL", "ENOTTY"].includes(String(error.code));
