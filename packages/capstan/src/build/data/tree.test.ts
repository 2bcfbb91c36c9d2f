import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { dataMigrations } from "./migrations.ts";
import { createStatCache } from "./stat-cache.ts";
import { createTrees, type Trees } from "./tree.ts";
import { nodesOf, type TreeEntry } from "./tree-rules.ts";

let open: TestStore;
let trees: Trees;
let folder: string;
beforeAll(async () => {
  open = await openTestStore(dataMigrations);
  trees = createTrees({ blobs: open.store.blobs, stats: createStatCache({ database: open.store.database, clock: open.store.clock }) });
  folder = join(dirname(open.folder), "tree");
  await mkdir(join(folder, "b", "empty"), { recursive: true });
  await writeFile(join(folder, "a.txt"), "a");
  await writeFile(join(folder, "b", "run.sh"), "#!/bin/sh\n");
  await chmod(join(folder, "b", "run.sh"), 0o755);
});
afterAll(() => open.close());

test("put, list and check out give the same folder", async () => {
  const tree = await trees.put(folder);
  expect(tree).toMatchObject({ files: 2, sizeBytes: 11 });
  expect((await trees.digestOf(folder)).digest).toBe(tree.digest);
  expect((await trees.files(tree.digest)).map((file) => [file.path, file.executable])).toEqual([
    ["a.txt", false],
    ["b/run.sh", true],
  ]);
  const copy = join(dirname(open.folder), "copy");
  await mkdir(copy);
  await writeFile(join(copy, "stale"), "");
  await trees.checkout(tree.digest, copy);
  expect(await readFile(join(copy, "b", "run.sh"), "utf8")).toBe("#!/bin/sh\n");
  expect((await stat(join(copy, "b", "run.sh"))).mode & 0o111).toBe(0o111);
  await expect(stat(join(copy, "stale"))).rejects.toThrow();
});

test("digest says name, mode and content", async () => {
  const before = (await trees.digestOf(folder)).digest;
  await chmod(join(folder, "a.txt"), 0o755);
  const mode = (await trees.digestOf(folder)).digest;
  await writeFile(join(folder, "a.txt"), "other");
  const content = (await trees.digestOf(folder)).digest;
  expect(new Set([before, mode, content]).size).toBe(3);
});

test("a link is refused, not followed", async () => {
  const linked = join(dirname(open.folder), "linked");
  await mkdir(linked);
  await symlink("/etc/hostname", join(linked, "link"));
  await expect(trees.put(linked)).rejects.toMatchObject({ code: "CAP-DATA-008" });
});

test("a node with a name that leads out of the folder is refused", async () => {
  const bad = await open.store.blobs.putBytes(
    Buffer.from('{"entries":[{"digest":"00","kind":"file","name":"../x","sizeBytes":1}],"tree":1}'),
  );
  await expect(trees.checkout(bad.digest, join(dirname(open.folder), "out"))).rejects.toMatchObject({ code: "CAP-STORE-002" });
});

test("one change in a large folder changes two nodes", () => {
  const entries = Array.from({ length: 10_000 }, (_, i): TreeEntry => ({
    name: `f${i}`,
    kind: "file",
    sizeBytes: 1,
    digest: "0".repeat(64),
  }));
  const before = nodesOf(entries).map((node) => node.digest);
  const after = nodesOf(entries.map((entry, i) => (i === 77 ? { ...entry, digest: "1".repeat(64) } : entry))).map((node) => node.digest);
  expect(after.filter((digest) => !before.includes(digest))).toHaveLength(2);
});
