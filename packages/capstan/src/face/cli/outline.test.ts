import { expect, test } from "vitest";
import { outline } from "./outline.ts";

test("members are lines, things of one kind a table, what nobody set is not there", () => {
  const lines = outline({
    number: 1,
    message: null,
    digest: "a".repeat(64),
    set: ["a=1", "b=2"],
    params: {},
    git: { commit: "abc", branch: null },
    steps: [
      { step: "train", run: "r1", seconds: 0.27182818, reasons: [{ kind: "first" }], outputs: [] },
      { step: "evaluate", run: null, seconds: 12, reasons: [], outputs: ["a", "b"] },
    ],
  });
  expect(lines).toEqual([
    "number             1",
    "digest             aaaaaaaaaaaa",
    "set                a=1 b=2",
    "git",
    "  commit            abc",
    "steps",
    "  step      run  seconds  outputs",
    "  train     r1   0.2718",
    "  evaluate       12       a b",
  ]);
});

test("columns that do not fit are left out, and rows beyond the twentieth are counted", () => {
  const lines = outline({ rows: Array.from({ length: 30 }, (_, i) => ({ id: i, long: "x".repeat(140), last: "y".repeat(20) })) });
  expect(lines[1]).toBe("  id  long");
  expect(lines.at(-1)).toBe("  … 30 in all; --json shows them");
  expect(lines).toHaveLength(23);
});

test("things of which no member is a word are outlines", () => {
  expect(outline({ pairs: [{ a: { b: 1 } }] })).toEqual(["pairs", "  -", "    a", "      b               1"]);
});
