import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, type FileHandle, open } from "node:fs/promises";
import { digestOfFile } from "../foundation/hashing.ts";
import type { Blob } from "./blob-store.ts";

const pieceBytes = 1 << 20;

/** Writes what `source` gives into `file` and names it. While one piece is written the next is read and hashed; two pieces are in memory, whatever the size. */
export async function writeHashed(source: AsyncIterable<Uint8Array>, file: FileHandle): Promise<Blob> {
  const hasher = createHash("sha256");
  let sizeBytes = 0;
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for await (const piece of source) {
      hasher.update(piece);
      await writing;
      writing = writeWhole(file, piece, sizeBytes);
      // A failure is met at the next await; until then it must not count as unhandled.
      writing.catch(() => undefined);
      sizeBytes += piece.length;
    }
  } finally {
    await writing;
  }
  return { digest: hasher.digest("hex"), sizeBytes };
}

async function writeWhole(file: FileHandle, piece: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < piece.length; ) done += (await file.write(piece, done, piece.length - done, position + done)).bytesWritten;
}

/** The pieces of a file, in two buffers that take turns: a piece is valid until the one after the next is asked for. */
async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r");
  try {
    const buffers = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)];
    for (let turn = 0; ; turn ^= 1) {
      const buffer = buffers[turn] as Buffer;
      const { bytesRead } = await file.read(buffer, 0, pieceBytes, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
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
      const blob = await writeHashed(piecesOf(from), file);
      await file.datasync();
      return blob;
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

const cannotClone = (error: unknown): boolean => error instanceof Error && "code" in error && ["ENOTSUP", "EOPNOTSUPP", "EXDEV", "ENOSYS", "EINVAL", "ENOTTY"].includes(String(error.code));
