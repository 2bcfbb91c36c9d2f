import { createHash, hash } from "node:crypto";
import { open } from "node:fs/promises";
import { canonicalJson, type Json } from "./canonical-json.ts";

/** SHA-256 of raw bytes, 64 lower-case hex digits. */
export const sha256 = (bytes: string | Uint8Array): string => hash("sha256", bytes, "hex");

export const digestOfJson = (value: Json): string => sha256(canonicalJson(value));

/** SHA-256 and size of a file, read in 1 MiB pieces: constant memory at any size. */
export async function digestOfFile(path: string): Promise<{ digest: string; sizeBytes: number }> {
  const file = await open(path, "r");
  try {
    const hasher = createHash("sha256");
    // One byte more than the file seems to have, so that its end is met without a second buffer.
    const buffer = Buffer.allocUnsafe(Math.min((await file.stat()).size + 1, 1 << 20));
    let sizeBytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      hasher.update(buffer.subarray(0, bytesRead));
      sizeBytes += bytesRead;
    }
    return { digest: hasher.digest("hex"), sizeBytes };
  } finally {
    await file.close();
  }
}

/** The bytes of a file of at most so many; undefined when it has more. */
export async function readSmallFile(path: string, mostBytes: number): Promise<Buffer | undefined> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size > mostBytes) return undefined;
    // One byte more than it seems to have: it may be growing.
    const bytes = Buffer.allocUnsafe(size + 1);
    let read = 0;
    while (read < bytes.length) {
      const { bytesRead } = await file.read(bytes, read, bytes.length - read, read);
      if (bytesRead === 0) return bytes.subarray(0, read);
      read += bytesRead;
    }
    return undefined;
  } finally {
    await file.close();
  }
}
