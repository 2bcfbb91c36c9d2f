import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { makeProject, type TestProject } from "./testing/project.ts";

let project: TestProject;
afterEach(() => project.close());

const git = (...args: string[]): string =>
  execFileSync("git", ["-C", project.folder, "-c", "user.name=t", "-c", "user.email=t@example.org", ...args], { stdio: "pipe" }).toString();
const text = (path: string): string => readFileSync(join(project.folder, path), "utf8");

function emptyProject(files: Readonly<Record<string, string>> = {}): void {
  project = makeProject(files);
  rmSync(join(project.folder, "capstan.yaml"));
}

test("from nothing: init, run, run again, status, why", async () => {
  emptyProject();
  git("init", "-q", "-b", "main");
  const made = await project.capstan("init");
  expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining("capstan run") });
  expect(made.stdout).toContain("prepare");
  git("add", ".");
  git("commit", "-q", "-m", "first");
  const run = await project.capstan("run");
  expect([run.code, run.stdout]).toEqual([0, expect.stringMatching(/3 ran/)]);
  expect(Number(JSON.parse(text("work/metrics.json")).accuracy)).toBeGreaterThan(0.8);
  expect(await project.capstan("run")).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing to run") });
  expect((await project.capstan("status")).stdout).toContain("nothing to run");
  project.write("params.yaml", text("params.yaml").replace(/rounds: \d+/, "rounds: 3"));
  expect((await project.capstan("why", "train")).stdout).toMatch(/train\.rounds/);
  expect((await project.capstan("why", "prepare")).stdout).not.toMatch(/would run/);
  // The store and what is made again stand in nobody's way; what belongs to the record does.
  const left = git("status", "--porcelain", "-uall")
    .trimEnd()
    .split("\n")
    .map((line) => line.slice(3));
  expect(left).toEqual(expect.arrayContaining(["capstan.lock", "params.yaml"]));
  expect(left.filter((path) => /^\.capstan|^work\/(?!metrics)/.test(path))).toEqual([]);
});

const scripts = {
  "params.yaml": "seed: 1\ntrain:\n  rate: 0.1\n",
  "data/rows.csv": "x,y\n1,2\n2,4\n",
  "prepare.py":
    'import csv\nSRC = "data/rows.csv"\nOUT = "work/rows.csv"\nwith open(SRC) as f, open(OUT, "w") as g:\n    g.write(f.read())\n',
  "train.sh": 'rate=$(sed -n "s/.*rate: //p" params.yaml)\nsort work/rows.csv > work/model.txt\n',
  "evaluate.mjs": `import { readFileSync, writeFileSync } from "node:fs";
import { score } from "./score.mjs";
writeFileSync("work/metrics.json", JSON.stringify({ lines: score(readFileSync("work/model.txt", "utf8")) }));
`,
  "score.mjs": "export const score = (text) => text.trim().split('\\n').length;\n",
  "look.mjs": 'import { readFileSync } from "node:fs";\nconsole.log(readFileSync("work/metrics.json", "utf8"));\n',
};

test("from scripts that are there: who writes what another reads, in which language", async () => {
  emptyProject(scripts);
  const made = await project.capstan("init", "--json");
  expect(made.code).toBe(0);
  expect(JSON.parse(made.stdout)).toMatchObject({
    steps: [
      { step: "prepare", command: "python3 prepare.py", reads: ["data/rows.csv"], writes: ["work/rows.csv"] },
      { step: "train", command: "sh train.sh", reads: ["work/rows.csv"], writes: ["work/model.txt"], params: ["train.rate"] },
      { step: "evaluate", command: "node evaluate.mjs", reads: ["work/model.txt"], writes: ["work/metrics.json"] },
    ],
    guessed: [expect.stringContaining("prepare.py"), expect.stringContaining("prepare.py")],
    leftOut: [{ script: "look.mjs" }],
  });
  const run = await project.capstan("run");
  expect([run.code, run.stderr]).toEqual([0, expect.anything()]);
  expect(JSON.parse(text("work/metrics.json"))).toEqual({ lines: 3 });
  expect(existsSync(join(project.folder, ".gitignore"))).toBe(false);
});

test("a project that is there stays as it is", async () => {
  project = makeProject();
  const before = text("capstan.yaml");
  expect(await project.capstan("init")).toMatchObject({ code: 5, stderr: expect.stringContaining("CAP-EXISTS-002") });
  expect(text("capstan.yaml")).toBe(before);
});
