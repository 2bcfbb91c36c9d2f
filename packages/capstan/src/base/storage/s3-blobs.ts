import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../foundation/clock.ts";
import { CapstanError } from "../foundation/errors.ts";
import type { Blob, BlobStore } from "./blob-store.ts";
import { createCacheTrim } from "./cache-trim.ts";
import { openFolderBlobs } from "./folder-blobs.ts";
import { createS3Client, type S3Place, tagIn } from "./s3-client.ts";
import { createS3Direct } from "./s3-direct.ts";
import { upload } from "./s3-upload.ts";

const resumeLimit = 5;
const cacheLimitBytes = 20 * 2 ** 30;

/**
 * Blobs as objects `ab/<digest>` in a bucket of S3 or what speaks like it, with a cache on the local disk that may be deleted at any time
 * and is kept below `cacheBytes` (20 GiB) by taking away what was not used for longest.
 * A put is acknowledged when the bucket has it. Every byte that is read came through the cache, where it was compared with its name first.
 */
export function openS3Blobs(place: S3Place, cacheFolder: string, options: { cacheBytes?: number; clock?: Clock } = {}): BlobStore {
  const ask = createS3Client(place);
  const cache = openFolderBlobs(cacheFolder);
  const trim = createCacheTrim({
    folder: cacheFolder,
    limitBytes: options.cacheBytes ?? cacheLimitBytes,
    clock: options.clock ?? systemClock,
  });
  const fetching = new Map<string, Promise<void>>();

  const keyOf = (digest: string): string => {
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new CapstanError("CAP-STORE-006", { digest });
    return `${digest.slice(0, 2)}/${digest}`;
  };
  const size = async (digest: string): Promise<number | undefined> => {
    if (!/^[0-9a-f]{64}$/.test(digest)) return undefined;
    const answer = await ask({ method: "HEAD", key: keyOf(digest), statuses: [200, 404] });
    return answer.status === 404 ? undefined : Number(answer.headers.get("content-length"));
  };

  /** The bytes of an object, gone on with where the connection broke. */
  async function* download(digest: string): AsyncGenerator<Uint8Array> {
    let got = 0;
    let whole: number | undefined;
    for (let tries = 1; whole === undefined || got < whole; tries++) {
      const answer = await ask({
        method: "GET",
        key: keyOf(digest),
        ...(got > 0 && { headers: { range: `bytes=${got}-` } }),
        statuses: got > 0 ? [206] : [200, 404],
      });
      if (answer.status === 404) throw new CapstanError("CAP-STORE-006", { digest });
      whole ??= Number(answer.headers.get("content-length"));
      try {
        for await (const piece of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
          got += piece.length;
          yield piece;
        }
      } catch (error) {
        if (tries === resumeLimit)
          throw new CapstanError(
            "CAP-STORE-001",
            { problem: "the connection to the object store broke again and again" },
            { cause: error },
          );
      }
      if (got < whole && tries === resumeLimit)
        throw new CapstanError("CAP-STORE-001", { problem: "the object store ends its answers too early" });
    }
  }

  /** Into the cache, once, however many ask at the same time. */
  const fetched = async (digest: string): Promise<void> => {
    if (await trim.used(digest)) return;
    let running = fetching.get(digest);
    if (!running) {
      running = cache
        .putStream(download(digest), digest)
        .then(({ sizeBytes }) => trim.added(sizeBytes))
        .finally(() => fetching.delete(digest));
      fetching.set(digest, running);
    }
    await running;
  };
  const send = async (blob: Blob): Promise<Blob> => {
    await upload(ask, keyOf(blob.digest), await cache.localPath(blob.digest), blob);
    trim.added(blob.sizeBytes);
    return blob;
  };

  return {
    putBytes: async (bytes) => send(await cache.putBytes(bytes)),
    putStream: async (source, expected) => send(await cache.putStream(source, expected)),
    putFile: async (path) => send(await cache.putFile(path)),
    /** Each on its way at once: a bucket has no sync that many could share. */
    batch: () => ({
      putBytes: async (bytes) => send(await cache.putBytes(bytes)),
      putFile: async (path) => send(await cache.putFile(path)),
      commit: async () => undefined,
      abandon: async () => undefined,
    }),
    has: async (digest) => (await size(digest)) !== undefined,
    size,
    async bytes(digest) {
      await fetched(digest);
      return cache.bytes(digest);
    },
    async stream(digest, range) {
      await fetched(digest);
      return cache.stream(digest, range);
    },
    async checkout(digest, path) {
      await fetched(digest);
      await cache.checkout(digest, path);
    },
    async localPath(digest) {
      await fetched(digest);
      return cache.localPath(digest);
    },
    async holder(digest) {
      await fetched(digest);
      return cache.holder(digest);
    },
    /** Of the bucket, not of the cache. */
    async verify(digest) {
      if ((await size(digest)) === undefined) return "absent";
      const hasher = createHash("sha256");
      for await (const piece of download(digest)) hasher.update(piece);
      return hasher.digest("hex") === digest ? "same" : "differs";
    },
    async *list() {
      for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
        const answer = await ask({
          method: "GET",
          query: { "list-type": "2", prefix: place.prefix, ...(token !== undefined && { "continuation-token": token }) },
          statuses: [200],
        });
        const xml = await answer.text();
        for (const [, contents = ""] of xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
          const key = tagIn(contents, "Key")?.slice(place.prefix.length) ?? "";
          const digest = /^([0-9a-f]{2})\/(\1[0-9a-f]{62})$/.exec(key)?.[2];
          if (digest !== undefined) yield { digest, sizeBytes: Number(tagIn(contents, "Size")) };
        }
        token = tagIn(xml, "NextContinuationToken");
      }
    },
    direct: createS3Direct(place, ask, keyOf),
    async delete(digest) {
      await cache.delete(digest);
      await ask({ method: "DELETE", key: keyOf(digest), statuses: [200, 204, 404] });
    },
  };
}
