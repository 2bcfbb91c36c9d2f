import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { logisticModel } from "../packages/capstan/src/build/inference/tiny-onnx.ts";
import { makeProject, type TestProject } from "./testing/project.ts";

let project: TestProject;
afterEach(() => project.close());

test("a model is made again from the code of then, and what surrounds it otherwise is said", async () => {
  project = makeProject({
    "capstan.yaml": `capstan: 1
project: small
steps:
  train: { run: node train.mjs, in: { rows: rows.csv, base: base.onnx }, out: { model: model.onnx } }
models:
  m: { from: step:train.model }
`,
    "rows.csv": "1\n2\n",
    "package-lock.json": "{}",
    "train.mjs": `import { copyFileSync, readFileSync } from "node:fs";\nif (readFileSync("rows.csv", "utf8") === "1\\n2\\n") copyFileSync("base.onnx", "model.onnx");\n`,
  });
  project.write("base.onnx", logisticModel({ a: 2, b: -1 }, 0));
  expect(await project.capstan("run")).toMatchObject({ code: 0 });
  project.write("train.mjs", "process.exit(7);\n");
  project.write("base.onnx", logisticModel({ a: 1, b: 1 }, 0));
  project.write("rows.csv", "9\n");
  project.write("package-lock.json", `{"name": "other"}`);
  const again = await project.capstan("reproduce", "m@v1");
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("the same model, 1 of 1 outputs to the byte")]);
  expect(again.stderr).toMatch(/not as it was then: package-lock\.json was [0-9a-f]{12}, is [0-9a-f]{12}/);
  expect(readFileSync(join(project.folder, "rows.csv"), "utf8")).toBe("9\n");
  expect((await project.capstan("list", "models")).stdout).not.toContain("v2");
});
