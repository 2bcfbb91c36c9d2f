import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { createProjectFileCache } from "./project-file-cache.ts";

test("read once while nothing changes, again when any of its files does, always while something is wrong", async () => {
  const folder = mkdtempSync(join(tmpdir(), "project-file-"));
  try {
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    const settle = (): Promise<void> => setTimeout(80);
    write("capstan.yaml", "capstan: 1\nproject: one\n");
    await settle();
    const file = createProjectFileCache(folder);
    const first = file();
    expect(first.project).toBe("one");
    expect(file()).toBe(first);

    write("params.yaml", "trees: 1\n");
    await settle();
    const second = file();
    expect(second.params).toEqual({ trees: 1 });
    expect(file()).toBe(second);
    write("params.yaml", "trees: 2\n");
    // Even when somebody sets the time of the file back: its change time says it.
    utimesSync(join(folder, "params.yaml"), new Date(0), new Date(0));
    await settle();
    expect(file().params).toEqual({ trees: 2 });

    write("capstan.yaml", "capstan: 1\nproject: one\nnothing: 1\n");
    await settle();
    expect(file().errors).toHaveLength(1);
    expect(file()).not.toBe(file());
  } finally {
    rmSync(folder, { recursive: true });
  }
});
