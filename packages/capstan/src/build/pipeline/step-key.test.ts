import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { codeFiles, packageFacts } from "./code.ts";
import type { StepFacts } from "./model.ts";
import { baseKeyOf, stepKeyOf } from "./step-key.ts";

const facts: StepFacts = {
  command: "train",
  cwd: ".",
  inputs: [
    { name: "rows", path: "a", form: "file", digest: "1", from: "step:prepare.train" },
    { name: "extra", path: "b", form: "file", digest: "2", from: "file:b" },
  ],
  params: [
    ["a", "1"],
    ["b", '"x"'],
  ],
  code: [{ path: "train.py", digest: "3" }],
  env: { lock: null, interpreter: "python 3.13", platform: "linux/x64", vars: [["OMP", "2"]] },
  outputs: [{ name: "model", path: "m", kind: "file" }],
  network: true,
  salt: null,
};

test("everything that decides a result changes the key, and nothing that could be read in two ways is the same", () => {
  const others: Partial<StepFacts>[] = [
    { command: "train " },
    { cwd: "x" },
    { salt: "" },
    { network: false },
    { params: [["a", "1"]] },
    {
      params: [
        ["a", '1"'],
        ["b", "x"],
      ],
    },
    {
      params: [
        ["a1", ""],
        ["b", '"x"'],
      ],
    },
    { code: [] },
    { outputs: [] },
    { env: { ...facts.env, platform: "darwin/arm64" } },
    { env: { ...facts.env, vars: [["OM", "P2"]] } },
    { env: { ...facts.env, interpreter: null } },
    { inputs: facts.inputs.slice(0, 1) },
    { inputs: facts.inputs.map((input) => ({ ...input, digest: "9" })) },
  ];
  const keys = [facts, ...others.map((other) => ({ ...facts, ...other }))].map(stepKeyOf);
  expect(new Set(keys).size).toBe(keys.length);
  // Order of declaration and where an input came from decide nothing.
  expect(stepKeyOf({ ...facts, inputs: facts.inputs.toReversed().map((input) => ({ ...input, from: "file:x" })) })).toBe(stepKeyOf(facts));
});

test("the base key leaves open what other steps make, and only that", () => {
  const made = facts.inputs.map((input) => (input.from.startsWith("step:") ? { ...input, digest: "", path: "" } : input));
  expect(baseKeyOf({ ...facts, inputs: made })).toBe(baseKeyOf(facts));
  expect(baseKeyOf({ ...facts, inputs: facts.inputs.map((input) => ({ ...input, digest: "" })) })).not.toBe(baseKeyOf(facts));
});

test("code is what the command names and what that imports", async () => {
  const folder = mkdtempSync(join(tmpdir(), "capstan-code-"));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  try {
    put(
      "train.ts",
      'import { a } from "./lib/a.ts";\nimport type { B } from "./lib/b";\nimport z from "zod";\nconst c = await import("./c.js");\nnew Worker(new URL("./worker.ts", import.meta.url));\n',
    );
    put("lib/a.ts", 'export * from "../shared.ts";');
    put("lib/b.ts", "");
    put("c.ts", 'import "./train.ts";');
    put("worker.ts", "");
    put("shared.ts", "");
    put("unused.ts", "");
    put("package.json", '{"name": "x", "type": "module", "version": "1.0.0"}');
    put("train.py", "import os, features\nfrom package.inner import thing\n");
    put("features.py", "");
    put("package/__init__.py", "");
    put("package/inner.py", "");
    const of = (text: string) => codeFiles(folder, { command: { text, shell: "sh" }, cwd: ".", code: null });
    expect(await of("node ./train.ts --unused unused.md")).toEqual(["c.ts", "lib/a.ts", "lib/b.ts", "shared.ts", "train.ts", "worker.ts"]);
    expect(await of("python train.py")).toEqual(["features.py", "package/__init__.py", "package/inner.py", "train.py"]);
    expect(await codeFiles(folder, { command: { text: "make", shell: "sh" }, cwd: ".", code: ["lib/*.ts"] })).toEqual([
      "lib/a.ts",
      "lib/b.ts",
    ]);
    expect(packageFacts(folder, ["train.ts"])).toBe('{"type":"module"}');
    expect(packageFacts(folder, ["train.py"])).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
