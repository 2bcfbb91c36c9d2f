import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { operations } from "@capstan/contract/operations";
import { routes } from "@capstan/contract/routes";
import { build } from "../packages/capstan/build.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
// Below node_modules, so that what is left outside the bundle is found there.
const folder = join(root, "node_modules/.cache/capstan-bundle");
const home = mkdtempSync(join(tmpdir(), "capstan-bundle-"));
const project = join(home, "project");

async function capstan(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const done = await promisify(execFile)(process.execPath, [join(folder, "main.js"), ...args], {
      cwd: project,
      env: { PATH: process.env["PATH"], CAPSTAN_HOME: join(home, "state") },
    });
    return { code: 0, ...done };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

beforeAll(async () => {
  mkdirSync(project);
  writeFileSync(join(project, "capstan.yaml"), "capstan: 1\nproject: small\n");
  writeFileSync(join(project, "numbers.csv"), "a,b\n1,x\n2,y\n");
  await build(folder);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test("the bundle says its version, and where a project has no store", async () => {
  expect(await capstan("--version")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^capstan \d+\.\d+\.\d+\n$/) });
  expect(await capstan("data", "list")).toMatchObject({ code: 5, stderr: expect.stringContaining("CAP-STORE-008") });
});

test("its threads and child processes start: a table is profiled, recorded and proven", async () => {
  const added = await capstan("data", "add", "numbers.csv", "--name", "numbers", "--json");
  expect(added.stderr).toBe("");
  expect(JSON.parse(added.stdout)).toMatchObject({ version: "v1", rows: 2 });
  expect((await capstan("data", "list")).stdout).toMatch(/^numbers@v1 /);
  expect((await capstan("verify")).code).toBe(0);
});

test("every operation has a way, with and without the bundle", () => {
  expect(Object.keys(routes)).toEqual(Object.keys(operations));
});

test("who only reads loads no schema, no YAML and no protocol", () => {
  const app = readdirSync(folder).find((name) => readFileSync(join(folder, name), "utf8").includes("function openApp"));
  const seen = new Set<string>();
  const reach = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const [, next = ""] of readFileSync(join(folder, name), "utf8").matchAll(/(?:from|import)"\.\/([^"]+)"/g)) reach(next);
  };
  reach(app ?? "");
  const holding = (text: string): string[] => [...seen].filter((name) => readFileSync(join(folder, name), "utf8").includes(text));
  expect(seen.size).toBeGreaterThan(10);
  expect({ zod: holding("ZodError"), yaml: holding("YAMLParseError"), mlflow: holding("ENDPOINT_NOT_FOUND") }).toEqual({
    zod: [],
    yaml: [],
    mlflow: [],
  });
});
