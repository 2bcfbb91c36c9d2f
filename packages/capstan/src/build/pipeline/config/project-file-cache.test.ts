import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
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
    const file = createProjectFileCache({ folder });
    const first = await file();
    expect(first.project).toBe("one");
    expect(await file()).toBe(first);

    write("params.yaml", "trees: 1\n");
    await settle();
    const second = await file();
    expect(second.params).toEqual({ trees: 1 });
    expect(await file()).toBe(second);
    write("params.yaml", "trees: 2\n");
    // Even when somebody sets the time of the file back: its change time says it.
    utimesSync(join(folder, "params.yaml"), new Date(0), new Date(0));
    await settle();
    expect((await file()).params).toEqual({ trees: 2 });

    write("capstan.yaml", "capstan: 1\nproject: one\nnothing: 1\n");
    await settle();
    expect((await file()).errors).toHaveLength(1);
    expect(await file()).not.toBe(await file());
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const text = `capstan: 1
project: one
data:
  rows: rows.csv
steps:
  prepare:
    run: ["cp", "rows.csv", "out.csv"]
    in: { rows: rows.csv }
    out: { rows: out.csv }
    params: trees
  train:
    run: ["cp", "out.csv", "model.csv"]
    in: { rows: step:prepare.rows }
    out: { model: model.csv }
`;

test("what one process kept is the same file in the next, until a part, an input or the program changes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "project-file-"));
  try {
    const write = (name: string, content: string): void => writeFileSync(join(folder, name), content);
    const path = join(folder, "kept.json");
    const next = (program = "a") => createProjectFileCache({ folder, kept: { path, program } })();
    write("capstan.yaml", text);
    write("params.yaml", "trees: 1\n");
    write("rows.csv", "a\n");
    await setTimeout(80);
    const first = await next();
    expect(first.errors).toEqual([]);
    // Marked, so that what was kept is told from what was read again.
    const marked = readFileSync(path, "utf8").replace('"project":"one"', '"project":"kept"');
    writeFileSync(path, marked);
    const kept = await next();
    expect({ ...kept, project: "one" }).toEqual({ ...first, layers: kept.layers });
    expect(kept.layers.originOf(["params", "trees"])).toEqual(first.layers.originOf(["params", "trees"]));
    expect(kept.layers.value).toEqual(first.layers.value);

    // Each of these is read again, and kept instead.
    const again = () => writeFileSync(path, marked);
    expect((await next("b")).project).toBe("one");
    again();
    write("params.yaml", "trees: 2\n");
    expect((await next()).params).toEqual({ trees: 2 });
    again();
    write("params.yaml", "trees: 1\n");
    expect((await next()).project).toBe("kept");
    rmSync(join(folder, "rows.csv"));
    expect((await next()).errors).not.toEqual([]);
    write("rows.csv", "a\n");
    writeFileSync(path, marked.slice(0, -20));
    expect((await next()).project).toBe("one");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a number that JSON does not know is not kept", async () => {
  const folder = mkdtempSync(join(tmpdir(), "project-file-"));
  try {
    const path = join(folder, "project-file.json");
    writeFileSync(join(folder, "capstan.yaml"), text.replace("rows.csv", "capstan.yaml").replaceAll("rows.csv", "capstan.yaml"));
    writeFileSync(join(folder, "params.yaml"), "trees: .inf\n");
    await setTimeout(80);
    const file = await createProjectFileCache({ folder, kept: { path, program: "a" } })();
    expect(file.errors).toEqual([]);
    expect(existsSync(path)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
