import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCacheTrim } from "./cache-trim.ts";
import { openFolderBlobs } from "./folder-blobs.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "cache-"))));
afterEach(() => rmSync(folder, { recursive: true }));

test("what was not used for longest goes when the cache is over its limit, and nothing that may be in use", async () => {
  let nowMs = Date.now();
  const clock = { nowMs: () => nowMs };
  const cache = openFolderBlobs(folder, clock);
  const put = async (letter: string) => (await cache.putBytes(Buffer.from(letter.repeat(1000)))).digest;
  const old = [await put("a"), await put("b"), await put("c")];
  const trim = createCacheTrim({ folder, limitBytes: 3500, clock });
  nowMs += 3_600_000;
  expect(await trim.used(old[0] ?? "")).toBe(true);
  expect(await trim.used("0".repeat(64))).toBe(false);
  const fresh = await put("d");
  trim.added(1000);
  await trim.idle();
  const kept = new Set<string>();
  for await (const { digest } of cache.list()) kept.add(digest);
  expect(kept.has(old[0] ?? "")).toBe(true);
  expect(kept.size).toBe(3);

  // Everything was used a moment ago, so far as anybody knows: it stays, though it is too much.
  const small = createCacheTrim({ folder, limitBytes: 10, clock });
  for (const digest of kept) await small.used(digest);
  nowMs += 1000;
  small.added(1);
  await small.idle();
  expect(await cache.has(fresh)).toBe(true);
  expect(await cache.has(old[0] ?? "")).toBe(true);
});
