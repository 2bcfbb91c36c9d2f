import type { Readable } from "node:stream";

/** What a client said about a part that it sent to its address. */
export type SentPart = { number: number; etag: string };
/**
 * Bytes that go between a client and where the store keeps them, and not through the host; an adapter has it when its objects have addresses of their own.
 * An address is good for anyone who knows it, for `seconds`. What is read at one is not compared with its name.
 */
export type DirectBlobs = {
  /** Fails with CAP-STORE-006 when absent. The answer is a file to be saved under `fileName`. */
  readAddress(digest: string, options: { seconds: number; fileName: string; contentType: string }): Promise<string>;
  /** Begins an upload in parts, from 1 on; `upload` names it from now on, in another process too. */
  begin(): Promise<{ upload: string }>;
  partAddress(upload: string, number: number, seconds: number): Promise<string>;
  /** Parts that have come; undefined when there is no such upload. */
  parts(upload: string): Promise<(SentPart & { sizeBytes: number })[] | undefined>;
  /** Reads the whole once for its name. Fails with CAP-STORE-015 when parts are missing or others than said; may be asked again then. */
  complete(upload: string, parts: readonly SentPart[]): Promise<Blob>;
  /** Nothing is left of it; idempotent. */
  abort(upload: string): Promise<void>;
  /** Aborts uploads that were begun before this time (ms). Gives their number. */
  abortBefore(timeMs: number): Promise<number>;
};

export type Blob = { digest: string; sizeBytes: number };

/**
 * The seam BlobStore: immutable bytes named by the SHA-256 of their raw content.
 * `put` is unconditional and idempotent (same name, same bytes) and durable when it resolves; an interrupted put leaves nothing that a name leads to.
 * Reads of local adapters trust the bytes unless `verify`; remote adapters verify always and fail with CAP-STORE-002 on other bytes than the name says.
 */
export type BlobStore = {
  putBytes(bytes: Uint8Array): Promise<Blob>;
  /** Constant memory at any size; a piece must stay as it is until the one after the next is asked for. With `expected`, other bytes are refused with CAP-STORE-002 and nothing is kept. */
  putStream(source: AsyncIterable<Uint8Array>, expected?: string): Promise<Blob>;
  /** Copies by reflink where the file system can, else by reading once (hashed while copied). The file is not changed and not linked. */
  putFile(path: string): Promise<Blob>;
  /** Many objects that become durable together. Those who may be many and small are put so. */
  batch(): BlobBatch;
  has(digest: string): Promise<boolean>;
  /** Size in bytes, or undefined when absent. */
  size(digest: string): Promise<number | undefined>;
  /** Fails with CAP-STORE-006 when absent. The whole in memory: for small blobs. Always verified. */
  bytes(digest: string): Promise<Buffer>;
  /** `range` is half-open, in bytes. The caller closes the stream by reading or destroying it. */
  stream(digest: string, range?: { start: number; end: number }): Promise<Readable>;
  /** Puts the bytes at `path` (replaced by rename), by reflink or copy. */
  checkout(digest: string, path: string): Promise<void>;
  /** A path that an engine on this machine may read, never write; remote adapters fetch and cache. */
  localPath(digest: string): Promise<string>;
  /** The file on this machine that has the bytes, and the digest of all of that file: who has seen that it holds what its name says need not read it again until it was touched. Fails with CAP-STORE-006 when absent. */
  holder(digest: string): Promise<{ path: string; digest: string }>;
  /** Hashes the bytes again. */
  verify(digest: string): Promise<"same" | "differs" | "absent">;
  list(): AsyncIterable<Blob>;
  delete(digest: string): Promise<void>;
  readonly direct?: DirectBlobs;
};

/** Nothing that was put counts as kept before `commit` resolves; some of it may be there before. After a failed put or commit the batch is abandoned. */
export type BlobBatch = {
  /** The bytes must stay as they are until `commit`. */
  putBytes(bytes: Uint8Array): Promise<Blob>;
  putFile(path: string): Promise<Blob>;
  commit(): Promise<void>;
  /** Leaves nothing half written; needless after `commit`. */
  abandon(): Promise<void>;
};
