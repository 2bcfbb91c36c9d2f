import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { exportToBlob, exportToFolder } from "./export.ts";
import { createRecordService } from "./service.ts";
import { verifyBundle } from "./verify-bundle.ts";

const independent = join(import.meta.dirname, "../../../../../tests/independent-verifier/verify.py");
const run = promisify(execFile);
const hasPython = await run("python3", ["--version"]).then(
  () => true,
  () => false,
);

let opened: TestStore;
let tar: string;
let folder: string;
let anchor: string;
const size = 600;

beforeAll(async () => {
  opened = await openTestStore();
  const { store } = opened;
  const service = createRecordService({ store, tilesFolder: join(opened.folder, "tiles") });
  await Promise.all(
    Array.from({ length: size - 1 }, (_, i) =>
      store.recorder.commit(
        [],
        [
          {
            action: "thing.made",
            subject: { type: "thing", id: `größe ${i}` },
            project: "default",
            actor: { kind: "person", name: "local:ada" },
            payload: { i, text: "é\u2028" },
          },
        ],
      ),
    ),
  );
  await service.erase("5", "test", { kind: "person", name: "local:ada" });
  anchor = (await service.anchor()).line;
  const { blob } = await exportToBlob(service, store, { payloads: true });
  tar = join(opened.folder, "bundle.tar");
  await store.blobs.checkout(blob.digest, tar);
  folder = join(opened.folder, "bundle");
  await exportToFolder(service, store, folder, { payloads: true });
});
afterAll(() => opened.close());

const ours = async (path: string, anchorText?: string) => verifyBundle(path, { clock: opened.store.clock, anchorText });
/** What the second verifier, written apart from ours, says of the same bundle. */
async function theirs(path: string): Promise<{ ok: boolean; entries?: number; index?: number | null }> {
  const { stdout } = await run("python3", [independent, path]).catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as { ok: boolean; entries?: number; index?: number | null };
}

test("a bundle verifies offline, as a tar file and as a folder", async () => {
  for (const path of [tar, folder]) {
    const answer = await ours(path, anchor);
    expect(answer).toMatchObject({ verdict: "pass", entries: size, size });
    expect(answer.parts.find((one) => one.part === "payloads")?.text).toContain("1 erased and said so");
  }
});

test.skipIf(!hasPython)("the second verifier agrees", async () => {
  expect(await theirs(tar)).toMatchObject({ ok: true, entries: size });
  expect(await theirs(folder)).toMatchObject({ ok: true, entries: size });
});

const tampered: [string, string, (bytes: Buffer) => Buffer, number | null][] = [
  ["an edited entry", "tile/entries/001", (bytes) => Buffer.from(bytes.toString("latin1").replace(" 300", " 999"), "latin1"), 300],
  ["an edited payload", "payloads/0.jsonl", (bytes) => Buffer.from(bytes.toString().replace('\\"i\\":17,', '\\"i\\":18,')), 17],
  ["a payload taken out", "payloads/1.jsonl", (bytes) => Buffer.from(bytes.toString().split("\n").slice(1).join("\n")), 256],
  ["a head of another size", "checkpoint", (bytes) => Buffer.from(bytes.toString().replace("\n600\n", "\n599\n")), null],
];
test.each(tampered)("both find %s", async (_, name, change, index) => {
  const path = join(folder, name);
  const before = await readFile(path);
  const after = change(before);
  expect(after.equals(before)).toBe(false);
  await writeFile(path, after);
  try {
    const answer = await ours(folder);
    expect(answer.verdict).toBe("fail");
    if (index !== null) expect(answer.parts.find((one) => one.verdict === "fail")?.index).toBe(index);
    if (hasPython) expect(await theirs(folder)).toMatchObject({ ok: false, ...(index !== null && { index }) });
  } finally {
    await writeFile(path, before);
  }
});

test("an entry missing at the end of its file, and files that are no bundle", async () => {
  const path = join(folder, "tile/entries/002.p/88");
  const before = await readFile(path);
  await writeFile(path, before.subarray(0, 400));
  expect((await ours(folder)).verdict).toBe("fail");
  if (hasPython) expect((await theirs(folder)).ok).toBe(false);
  await writeFile(path, before);
  const other = join(opened.folder, "other.tar");
  await writeFile(other, "this is not a tar file");
  await expect(ours(other)).rejects.toMatchObject({ code: "CAP-RECORD-004" });
  await expect(ours(join(opened.folder, "none"))).rejects.toMatchObject({ code: "CAP-NOT-FOUND-001" });
});
