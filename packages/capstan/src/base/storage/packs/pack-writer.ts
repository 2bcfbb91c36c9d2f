import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { type PackEntry, packHead, packIndex } from "./pack-file.ts";

/** Gathered in memory before it goes to the disk. */
const pieceBytes = 4 << 20;

/** Writes one pack at a path that nobody knows yet. It is durable when `end` resolves; its name is the caller's to give. */
export type PackWriter = {
  readonly count: number;
  readonly sizeBytes: number;
  has(digest: string): boolean;
  /** The bytes must stay as they are. */
  add(digest: string, bytes: Uint8Array): void;
  /** Resolves when little is waiting. */
  drained(): Promise<void>;
  /** Everything that was added, as long as none of it has gone to the disk. */
  gathered(): readonly Uint8Array[] | undefined;
  end(): Promise<string>;
  abandon(): Promise<void>;
};

export function createPackWriter(path: string): PackWriter {
  const entries = new Map<string, PackEntry>();
  const hasher = createHash("sha256");
  let waiting: Uint8Array[] = [packHead];
  let waitingBytes = packHead.length;
  let sizeBytes = packHead.length;
  let file: FileHandle | undefined;
  let writing: Promise<void> = Promise.resolve();
  const write = (): Promise<void> => {
    const piece = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    writing = writing.then(async () => {
      file ??= await open(path, "wx");
      hasher.update(piece);
      for (let done = 0; done < piece.length;) done += (await file.write(piece, done)).bytesWritten;
    });
    // Told by whoever waits for it.
    writing.catch(() => undefined);
    return writing;
  };
  return {
    get count() {
      return entries.size;
    },
    get sizeBytes() {
      return sizeBytes;
    },
    has: (digest) => entries.has(digest),
    add(digest, bytes) {
      if (entries.has(digest)) return;
      entries.set(digest, { digest, start: sizeBytes, sizeBytes: bytes.length });
      waiting.push(bytes);
      waitingBytes += bytes.length;
      sizeBytes += bytes.length;
      if (waitingBytes >= pieceBytes) void write();
    },
    drained: () => writing,
    gathered: () => (waiting[0] === packHead ? waiting.slice(1) : undefined),
    async end() {
      waiting.push(packIndex([...entries.values()], sizeBytes));
      await write();
      await file?.datasync();
      await file?.close();
      return hasher.digest("hex");
    },
    async abandon() {
      await writing.catch(() => undefined);
      await file?.close().catch(() => undefined);
    },
  };
}
