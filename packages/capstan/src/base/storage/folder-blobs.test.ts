import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blobStoreConformance } from "./blob-store.conformance.ts";
import { openFolderBlobs } from "./folder-blobs.ts";

blobStoreConformance("a folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "blobs-"));
  return {
    blobs: openFolderBlobs(folder),
    again: () => openFolderBlobs(folder),
    corrupt: (digest, bytes) => writeFile(join(folder, digest.slice(0, 2), digest.slice(2)), bytes),
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
