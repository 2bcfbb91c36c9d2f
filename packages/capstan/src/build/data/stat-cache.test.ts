import { utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { openTestStore } from "../../testing/store.ts";
import { dataMigrations } from "./migrations.ts";
import { createStatCache } from "./stat-cache.ts";

test("a settled file is read once; a fresh or changed one is read again", async () => {
  let nowMs = Date.now() + 60_000;
  const open = await openTestStore(dataMigrations, { clock: { nowMs: () => nowMs } });
  try {
    const path = join(dirname(open.folder), "file");
    await writeFile(path, "one");
    const stats = createStatCache({ database: open.store.database, clock: open.store.clock });
    const { bytes, ...first } = await stats.digestOf(path);
    expect([first.cached, bytes?.toString()]).toEqual([false, "one"]);
    await stats.flush();
    expect(await stats.digestOf(path)).toEqual({ ...first, cached: true });

    // Same size, times put back: the time of the change of the file's own record still differs.
    await writeFile(path, "two");
    await utimes(path, new Date(nowMs - 120_000), new Date(nowMs - 120_000));
    const second = await stats.digestOf(path);
    expect(second.cached).toBe(false);
    expect(second.digest).not.toBe(first.digest);

    // Changed within the last two seconds: times cannot be trusted to show the next change.
    nowMs = Date.now();
    await writeFile(path, "six");
    await stats.digestOf(path);
    await stats.flush();
    expect((await stats.digestOf(path)).cached).toBe(false);
  } finally {
    await open.close();
  }
});
