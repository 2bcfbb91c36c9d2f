import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ignoreOutputs } from "./ignored.ts";
import type { Output, OutputKind } from "./model.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "capstan-ignored-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const git = (...args: string[]): string =>
  execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { stdio: "pipe" }).toString();
const output = (path: string, kind: OutputKind = "file"): Output => ({ name: path, path, kind });
const ignoreFile = (): string => readFileSync(join(folder, ".gitignore"), "utf8");

test("outside a repository nothing is written", async () => {
  expect(await ignoreOutputs(folder, [output("work/model")])).toBe(false);
  expect(() => ignoreFile()).toThrow("ENOENT");
});

test("what git would show is listed once, below what a person wrote; metrics, ignored and tracked files are not", async () => {
  git("init", "-q");
  writeFileSync(join(folder, ".gitignore"), "*.log");
  mkdirSync(join(folder, "kept"));
  writeFileSync(join(folder, "kept/table.csv"), "1");
  git("add", ".");
  const outputs = [output("work/model"), output("a.log"), output("metrics.json", "metrics"), output("kept", "dir"), output("plots", "dir")];
  expect(await ignoreOutputs(folder, outputs)).toBe(true);
  const block = "# >>> capstan: outputs of steps, made again by capstan run\n/plots\n/work/model\n# <<< capstan\n";
  expect(ignoreFile()).toBe(`*.log\n${block}`);
  expect(await ignoreOutputs(folder, outputs)).toBe(false);
  writeFileSync(join(folder, ".gitignore"), `${ignoreFile()}mine\n`);
  expect(await ignoreOutputs(folder, [output("plots", "dir"), output("other")])).toBe(true);
  expect(ignoreFile()).toBe(`*.log\n${block.replace("/plots\n/work/model", "/other\n/plots")}mine\n`);
  expect(await ignoreOutputs(folder, [])).toBe(true);
  expect(ignoreFile()).toBe("*.log\nmine\n");
});
