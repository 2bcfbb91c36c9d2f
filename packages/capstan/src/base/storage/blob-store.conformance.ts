import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../foundation/hashing.ts";
import type { BlobStore } from "./blob-store.ts";

export type BlobStoreUnderTest = {
  blobs: BlobStore;
  /** A second adapter over the same objects, as another process would have, with nothing in its memory. */
  again(): BlobStore;
  /** Replaces the stored bytes of an object behind the adapter's back. */
  corrupt(digest: string, bytes: Uint8Array): Promise<void>;
  /** Names of what lies around and belongs to no object. */
  leftovers(): Promise<string[]>;
  remove(): Promise<void>;
};

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => (error as { code?: string }).code,
  );
const whole = async (stream: Readable): Promise<Buffer> => Buffer.concat(await stream.toArray());
async function* pieces(...all: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}
const absent = "0".repeat(64);

/** What every adapter of the seam BlobStore promises. `open` gives an empty store. */
export function blobStoreConformance(name: string, open: () => Promise<BlobStoreUnderTest>): void {
  describe(`${name} is a BlobStore`, () => {
    let under: BlobStoreUnderTest;
    let blobs: BlobStore;
    let folder: string;
    beforeEach(async () => {
      under = await open();
      blobs = under.blobs;
      folder = mkdtempSync(join(tmpdir(), "blob-test-"));
    });
    afterEach(async () => {
      await under.remove();
      rmSync(folder, { recursive: true });
    });
    const listed = async (): Promise<string[]> => (await Array.fromAsync(blobs.list())).map((one) => one.digest).sort();

    test("bytes, streams and files get the name of their content", async () => {
      const bytes = randomBytes(100_000);
      const blob = { digest: sha256(bytes), sizeBytes: bytes.length };
      const path = join(folder, "file");
      writeFileSync(path, bytes);
      expect(await blobs.putBytes(bytes)).toEqual(blob);
      expect(await blobs.putStream(pieces(bytes.subarray(0, 1), bytes.subarray(1, 1), bytes.subarray(1)))).toEqual(blob);
      expect(await blobs.putFile(path)).toEqual(blob);
      expect(statSync(path).nlink).toBe(1);
      expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
      expect(await listed()).toEqual([blob.digest]);
      expect(await blobs.has(blob.digest)).toBe(true);
      expect(await blobs.size(blob.digest)).toBe(100_000);
      expect(await blobs.verify(blob.digest)).toBe("same");
      expect(Buffer.compare(await under.again().bytes(blob.digest), bytes)).toBe(0);
    });

    test("nothing is an object, too", async () => {
      const { digest } = await blobs.putBytes(new Uint8Array());
      expect(digest).toBe(sha256(""));
      expect(await blobs.size(digest)).toBe(0);
      expect((await under.again().bytes(digest)).length).toBe(0);
      expect((await whole(await blobs.stream(digest))).length).toBe(0);
    });

    test("ranges are half-open", async () => {
      const bytes = randomBytes(3 << 20);
      const { digest } = await blobs.putBytes(bytes);
      for (const [start, end] of [
        [0, 1],
        [0, bytes.length],
        [1_000_000, 2_100_000],
        [bytes.length - 1, bytes.length],
        [5, 5],
      ] as const) {
        expect(Buffer.compare(await whole(await under.again().stream(digest, { start, end })), bytes.subarray(start, end))).toBe(0);
      }
    });

    test("many puts at once, of the same and of other bytes", async () => {
      const contents = Array.from({ length: 12 }, () => randomBytes(70_000));
      const puts = Array.from({ length: 60 }, (_, i) => {
        const bytes = contents[i % contents.length] as Buffer;
        return i % 2 === 0 ? blobs.putBytes(bytes) : blobs.putStream(pieces(bytes.subarray(0, 30_000), bytes.subarray(30_000)));
      });
      await Promise.all(puts);
      expect(await listed()).toEqual(contents.map((bytes) => sha256(bytes)).sort());
      for (const bytes of contents) expect(await blobs.verify(sha256(bytes))).toBe("same");
      expect(await under.leftovers()).toEqual([]);
    });

    test("an interrupted put leaves nothing", async () => {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield randomBytes(200_000);
        yield randomBytes(10_000_000);
        throw new Error("the source broke");
      }
      await expect(blobs.putStream(broken())).rejects.toThrow("the source broke");
      await expect(blobs.putFile(join(folder, "nothing here"))).rejects.toThrow();
      expect(await listed()).toEqual([]);
      expect(await under.leftovers()).toEqual([]);
    });

    test("other bytes than expected are refused and not kept", async () => {
      expect(await codeOf(blobs.putStream(pieces(Buffer.from("other")), sha256("expected")))).toBe("CAP-STORE-002");
      expect(await listed()).toEqual([]);
      expect(await under.leftovers()).toEqual([]);
      expect((await blobs.putStream(pieces(Buffer.from("expected")), sha256("expected"))).digest).toBe(sha256("expected"));
    });

    test("what is not there is said, whatever is asked for", async () => {
      for (const digest of [absent, "../../etc/passwd", "", absent.slice(1), absent.toUpperCase().replace("0", "A")]) {
        expect(await codeOf(blobs.bytes(digest))).toBe("CAP-STORE-006");
        expect(await codeOf(blobs.stream(digest))).toBe("CAP-STORE-006");
        expect(await codeOf(blobs.localPath(digest))).toBe("CAP-STORE-006");
        expect(await codeOf(blobs.checkout(digest, join(folder, "out")))).toBe("CAP-STORE-006");
        expect(await blobs.has(digest)).toBe(false);
        expect(await blobs.size(digest)).toBeUndefined();
      }
      expect(await blobs.verify(absent)).toBe("absent");
      await blobs.delete(absent);
    });

    test("a corrupted object is found, and made whole by the next put", async () => {
      const bytes = Buffer.from("the right bytes");
      const { digest } = await blobs.putBytes(bytes);
      await under.corrupt(digest, Buffer.from("the wrong bytes"));
      expect(await under.again().verify(digest)).toBe("differs");
      expect(await codeOf(under.again().bytes(digest))).toBe("CAP-STORE-002");
      await under.again().putBytes(bytes);
      expect(await under.again().verify(digest)).toBe("same");
      await under.corrupt(digest, Buffer.from("short"));
      await under.again().putStream(pieces(bytes));
      expect((await under.again().bytes(digest)).toString()).toBe("the right bytes");
    });

    test("a checkout is a copy of its own that replaces what was there", async () => {
      const bytes = randomBytes(300_000);
      const { digest } = await blobs.putBytes(bytes);
      const path = join(folder, "sub", "out");
      await blobs.checkout(digest, path);
      await blobs.checkout(digest, path);
      writeFileSync(path, "changed by its user");
      expect(await blobs.verify(digest)).toBe("same");
      expect(Buffer.compare(await blobs.bytes(digest), bytes)).toBe(0);
      expect(Buffer.compare(readFileSync(await under.again().localPath(digest)), bytes)).toBe(0);
    });

    test("what is deleted is gone and can come back", async () => {
      const { digest } = await blobs.putBytes(Buffer.from("here and there"));
      await blobs.putBytes(Buffer.from("stays"));
      await blobs.delete(digest);
      expect(await blobs.has(digest)).toBe(false);
      expect(await codeOf(under.again().bytes(digest))).toBe("CAP-STORE-006");
      expect(await listed()).toEqual([sha256("stays")]);
      await blobs.putBytes(Buffer.from("here and there"));
      expect((await under.again().bytes(digest)).toString()).toBe("here and there");
    });

    describe("a batch", () => {
      const many = (count: number, seed = 0): Buffer[] =>
        Array.from({ length: count }, (_, i) => Buffer.from(`object ${seed + i} ${"x".repeat(i % 300)}`));
      const batched = async (contents: readonly Buffer[]): Promise<void> => {
        const batch = blobs.batch();
        const put = await Promise.all(contents.map((bytes) => batch.putBytes(bytes)));
        expect(put).toEqual(contents.map((bytes) => ({ digest: sha256(bytes), sizeBytes: bytes.length })));
        await batch.commit();
      };

      test.each([3, 500])("of %i objects holds all of them when it is committed, for every reader", async (count) => {
        const contents = [...many(count), randomBytes(300_000), Buffer.alloc(0), ...many(2)];
        await batched(contents);
        const other = under.again();
        for (const bytes of contents) {
          const digest = sha256(bytes);
          expect(await other.size(digest)).toBe(bytes.length);
          expect(Buffer.compare(await other.bytes(digest), bytes)).toBe(0);
          expect(await other.verify(digest)).toBe("same");
        }
        const [first] = contents as [Buffer];
        const digest = sha256(first);
        expect((await whole(await other.stream(digest, { start: 2, end: 6 }))).toString()).toBe(first.toString().slice(2, 6));
        expect((await whole(await other.stream(digest, { start: 3, end: 3 }))).length).toBe(0);
        expect(Buffer.compare(readFileSync(await other.localPath(digest)), first)).toBe(0);
        await other.checkout(digest, join(folder, "out"));
        expect(Buffer.compare(readFileSync(join(folder, "out")), first)).toBe(0);
        expect(sha256(readFileSync((await other.holder(digest)).path))).toBe((await other.holder(digest)).digest);
        expect(await listed()).toEqual([...new Set(contents.map(sha256))].sort());
        expect(await under.leftovers()).toEqual([]);
      });

      test("of files, small and large, takes them as they are", async () => {
        const contents = [...many(50), randomBytes(200_000)];
        const batch = blobs.batch();
        const put = await Promise.all(
          contents.map((bytes, i) => {
            writeFileSync(join(folder, String(i)), bytes);
            return batch.putFile(join(folder, String(i)));
          }),
        );
        await batch.commit();
        expect(put.map((one) => one.digest)).toEqual(contents.map(sha256));
        await expect(blobs.batch().putFile(join(folder, "nothing here"))).rejects.toThrow();
        for (const bytes of contents) expect(await under.again().verify(sha256(bytes))).toBe("same");
      });

      test("that is abandoned leaves nothing half written", async () => {
        const batch = blobs.batch();
        await Promise.all(many(100).map((bytes) => batch.putBytes(bytes)));
        await batch.abandon();
        await batch.abandon();
        expect(await under.leftovers()).toEqual([]);
      });

      test("and single puts may bring the same, before or after; each is listed once", async () => {
        const contents = many(100);
        await blobs.putBytes(contents[0] as Buffer);
        await batched(contents);
        await batched(contents);
        await blobs.putStream(pieces(contents[1] as Buffer));
        await blobs.putBytes(contents[2] as Buffer);
        expect(await listed()).toEqual(contents.map(sha256).sort());
      });

      test("of which one object is damaged keeps the others, and takes it anew", async () => {
        const contents = many(100);
        await batched(contents);
        const [first, second] = contents as [Buffer, Buffer];
        await under.corrupt(sha256(first), Buffer.from(first.toString().replace("object", "OBJECT")));
        expect(await under.again().verify(sha256(first))).toBe("differs");
        expect(await codeOf(under.again().bytes(sha256(first)))).toBe("CAP-STORE-002");
        expect(await under.again().verify(sha256(second))).toBe("same");
        await under.again().putBytes(first);
        expect(await under.again().verify(sha256(first))).toBe("same");
        expect((await under.again().bytes(sha256(first))).toString()).toBe(first.toString());
      });

      test("can lose one object, and all of them, for good", async () => {
        const contents = many(100);
        await batched(contents);
        const other = under.again();
        const [gone, stays] = contents.map(sha256) as [string, string];
        expect(await other.has(gone)).toBe(true);
        await Promise.all([blobs.delete(gone), blobs.delete(gone)]);
        expect(await codeOf(under.again().bytes(gone))).toBe("CAP-STORE-006");
        // Another process sees what is left, and what is not.
        expect(await other.verify(stays)).toBe("same");
        expect((await other.bytes(stays)).toString()).toBe((contents[1] as Buffer).toString());
        for (const bytes of contents.slice(1, 60)) await blobs.delete(sha256(bytes));
        expect(await listed()).toEqual(contents.slice(60).map(sha256).sort());
        await Promise.all(contents.slice(60).map((bytes) => blobs.delete(sha256(bytes))));
        expect(await listed()).toEqual([]);
        await batched(contents);
        expect(await under.again().verify(gone)).toBe("same");
        expect(await under.leftovers()).toEqual([]);
      });
    });

    test("256 MiB go in and come out in constant memory", { timeout: 120_000 }, async () => {
      const sizeMiB = 256;
      let most = 0;
      const start = process.memoryUsage().rss;
      const look = (): void => void (most = Math.max(most, process.memoryUsage().rss - start));
      const hasher = createHash("sha256");
      async function* large(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < sizeMiB; i++) {
          const piece = Buffer.alloc(1 << 20, i);
          hasher.update(piece);
          look();
          yield piece;
        }
      }
      const { digest, sizeBytes } = await blobs.putStream(large());
      expect(sizeBytes).toBe(sizeMiB << 20);
      expect(digest).toBe(hasher.digest("hex"));
      const back = createHash("sha256");
      for await (const piece of await under.again().stream(digest)) {
        back.update(piece as Buffer);
        look();
      }
      expect(back.digest("hex")).toBe(digest);
      expect(await blobs.verify(digest)).toBe("same");
      look();
      expect(most / (1 << 20)).toBeLessThan(sizeMiB / 2);
    });
  });
}
