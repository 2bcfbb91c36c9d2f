import { mkdtemp, open, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blobStoreConformance } from "./blob-store.conformance.ts";
import { systemClock } from "../foundation/clock.ts";
import { sha256 } from "../foundation/hashing.ts";
import { openFolderBlobs } from "./folder-blobs.ts";
import { createPacks } from "./packs/packs.ts";

blobStoreConformance("a folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "blobs-"));
  return {
    blobs: openFolderBlobs(folder),
    again: () => openFolderBlobs(folder),
    async corrupt(digest, bytes) {
      const packed = await createPacks(join(folder, "packs"), systemClock).find(digest);
      if (!packed) return writeFile(join(folder, digest.slice(0, 2), digest.slice(2)), bytes);
      const file = await open(packed.path, "r+");
      await file.write(bytes, 0, bytes.length, packed.start);
      return file.close();
    },
    leftovers: () => readdir(join(folder, "tmp")).catch(() => []),
    remove: () => rm(folder, { recursive: true }),
  };
});

test("what a killed process left is removed when it is old", async () => {
  const folder = await mkdtemp(join(tmpdir(), "blobs-"));
  await openFolderBlobs(folder).putBytes(Buffer.from("a"));
  for (const name of ["old", "young"]) await writeFile(join(folder, "tmp", name), "half");
  await utimes(join(folder, "tmp", "old"), new Date(0), new Date(0));
  await openFolderBlobs(folder).putBytes(Buffer.from("b"));
  expect(await readdir(join(folder, "tmp"))).toEqual(["young"]);
  await rm(folder, { recursive: true });
});

async function packed(folder: string, count: number): Promise<Buffer[]> {
  const contents = Array.from({ length: count }, (_, i) => Buffer.from(`small ${i}`));
  const batch = openFolderBlobs(folder).batch();
  await Promise.all(contents.map((bytes) => batch.putBytes(bytes)));
  await batch.commit();
  return contents;
}

test("small objects of a batch are one file, in the form that is written down", async () => {
  const folder = await mkdtemp(join(tmpdir(), "blobs-"));
  const contents = await packed(folder, 200);
  expect((await readdir(folder)).sort()).toEqual(["packs", "tmp"]);
  const [name = "", ...more] = await readdir(join(folder, "packs"));
  expect(more).toEqual([]);
  const bytes = await readFile(join(folder, "packs", name));
  expect(name).toBe(`${sha256(bytes)}.pack`);
  expect(bytes.subarray(0, 16).toString()).toBe("capstan pack 1\n\n");
  const tail = bytes.subarray(-24);
  expect([tail.readBigUInt64BE(8), tail.subarray(16).toString()]).toEqual([200n, "packend\n"]);
  const digests: string[] = [];
  for (let i = 0; i < 200; i++) {
    const entry = bytes.subarray(Number(tail.readBigUInt64BE(0)) + i * 48).subarray(0, 48);
    const start = Number(entry.readBigUInt64BE(32));
    digests.push(entry.toString("hex", 0, 32));
    expect(sha256(bytes.subarray(start, start + Number(entry.readBigUInt64BE(40))))).toBe(digests[i]);
  }
  expect(digests).toEqual(contents.map(sha256).sort());
  await rm(folder, { recursive: true });
});

test("a pack that was cut off is said, and gives no wrong object", async () => {
  const folder = await mkdtemp(join(tmpdir(), "blobs-"));
  const contents = await packed(folder, 50);
  const [name = ""] = await readdir(join(folder, "packs"));
  await truncate(join(folder, "packs", name), 700);
  const blobs = openFolderBlobs(folder);
  const [listed] = await Array.fromAsync(blobs.list());
  expect(listed?.digest).toBe(name.slice(0, 64));
  expect(await blobs.verify(name.slice(0, 64))).toBe("differs");
  expect(await blobs.verify(sha256(contents[0] as Buffer))).toBe("absent");
  await rm(folder, { recursive: true });
});

test("a batch whose process was killed before it was committed is not there, and harms nobody", async () => {
  const folder = await mkdtemp(join(tmpdir(), "blobs-"));
  const killed = openFolderBlobs(folder).batch();
  const large = Array.from({ length: 120 }, (_, i) => Buffer.alloc(60_000, i));
  await Promise.all(large.map((bytes) => killed.putBytes(bytes)));
  expect(await readdir(join(folder, "tmp"))).toHaveLength(1);
  const blobs = openFolderBlobs(folder);
  expect(await Array.fromAsync(blobs.list())).toEqual([]);
  const contents = await packed(folder, 40);
  expect((await Array.fromAsync(blobs.list())).map((one) => one.digest)).toEqual(contents.map(sha256).sort());
  await killed.abandon();
  await rm(folder, { recursive: true });
});
