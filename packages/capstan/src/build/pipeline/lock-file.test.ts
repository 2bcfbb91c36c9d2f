import { expect, test } from "vitest";
import { type LockedStep, lockedValues, renderLock } from "./lock-file.ts";

const digest = (letter: string): string => letter.repeat(64);
const step = (key: string, trees: number): LockedStep => ({
  key: digest(key),
  facts: {
    command: "",
    cwd: ".",
    inputs: [{ name: "rows", path: "work/train.parquet", form: "file", digest: digest("1"), from: "step:prepare.train" }],
    params: [["train.trees", String(trees)]],
    code: [],
    env: { lock: { file: "package-lock.json", digest: digest("2") }, interpreter: "node 26.10.0", platform: "linux/x64", vars: [] },
    outputs: [],
    network: true,
    salt: null,
  },
  outputs: [{ name: "model", path: "work/model.onnx", kind: "file", form: "file", digest: digest("3"), sizeBytes: 7 }],
});

test("sorted, one fact a line, a blank line between steps; steps of no interest stay as they are", () => {
  const first = renderLock(
    new Map([["flights", digest("9")]]),
    new Map([
      ["train", step("a", 200)],
      ["evaluate", step("b", 1)],
    ]),
    "",
    new Set(),
  );
  expect(first).toMatch(
    /^lock: 1\n\ndata:\n {2}flights: 9{64}\n\nsteps:\n {2}evaluate:\n {4}key: b{64}\n {4}in\.rows: 1{64} work\/train\.parquet\n {4}param\.train\.trees: 1\n {4}code: [0-9a-f]{64}\n {4}env: [0-9a-f]{64} package-lock\.json\n {4}out\.model: 3{64} 7 work\/model\.onnx\n\n {2}train:\n/,
  );
  const second = renderLock(new Map(), new Map([["train", step("c", 400)]]), first, new Set(["evaluate", "data:flights"]));
  expect(second).toBe(first.replace(`key: ${digest("a")}`, `key: ${digest("c")}`).replace("trees: 200", "trees: 400"));
  expect(renderLock(new Map(), new Map(), second, new Set(["train"]))).not.toContain("evaluate");
});

test("a lock with conflict markers is read and written anew", () => {
  const lock = renderLock(
    new Map(),
    new Map([
      ["evaluate", step("b", 1)],
      ["train", step("a", 200)],
    ]),
    "",
    new Set(),
  );
  const torn = lock.replace(/( {4}param\.train\.trees: 200)/, "<<<<<<< ours\n$1\n=======\n    param.train.trees: 300\n>>>>>>> theirs");
  expect(lockedValues(torn, "train").get("param.train.trees")).toBe("300");
  expect(renderLock(new Map(), new Map([["train", step("a", 200)]]), torn, new Set(["evaluate"]))).toBe(lock);
});
