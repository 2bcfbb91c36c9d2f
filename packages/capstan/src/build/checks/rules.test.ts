import { expect, test } from "vitest";
import { judge } from "./model-tests.ts";
import { idsOf, percent, settle, titleOf } from "./rules.ts";
import { parseTests, testKinds } from "./written-tests.ts";

test("a share is written with the digits it needs", () => {
  expect([0, 1, 0.5, 0.0031, 0.9999, 1e-6].map(percent)).toEqual(["0 %", "100 %", "50 %", "0.31 %", "99.99 %", "0.0001 %"]);
});

test("an interval inside the bound passes, outside fails, across is inconclusive", () => {
  const at = (lower: number, upper: number) => ({ value: (lower + upper) / 2, lower, upper });
  expect(judge(at(0.71, 0.73), 0.7, undefined)).toBe("pass");
  expect(judge(at(0.65, 0.69), 0.7, undefined)).toBe("fail");
  expect(judge(at(0.69, 0.71), 0.7, undefined)).toBe("inconclusive");
  expect(judge(at(0.02, 0.04), undefined, 0.03)).toBe("inconclusive");
  expect(judge({ value: Number.NaN, lower: 0, upper: 1 }, 0, undefined)).toBe("inconclusive");
});

test("severity warn softens a fail and a doubt, never an error", () => {
  const [advice] = parseTests([{ kind: "row_count", min: 1, severity: "warn" }], "s");
  const [rule] = parseTests([{ kind: "row_count", min: 1 }], "s");
  if (!advice || !rule) throw new Error("no tests");
  const finding = (verdict: "fail" | "error" | "inconclusive" | "pass") => ({ verdict, observed: 1, bound: null, rows: 5, detail: "" });
  expect(["fail", "inconclusive", "error", "pass"].map((verdict) => settle(advice, "t", null, finding(verdict as "fail")).verdict)).toEqual(
    ["warn", "warn", "error", "pass"],
  );
  expect(settle(rule, "t", null, finding("inconclusive")).verdict).toBe("inconclusive");
  expect(settle({ ...rule, min_rows: 6 }, "t", null, finding("pass")).verdict).toBe("inconclusive");
});

test("ids are unique in a suite, titles say what is tested", () => {
  const tests = parseTests(
    [
      { kind: "range", column: "delay", min: 0 },
      { kind: "range", column: "delay", max: 9 },
      { kind: "metric", metric: "auc", id: "quality" },
      { kind: "missing", column: "*", max_share: "2%" },
    ],
    "s",
  );
  expect(idsOf(tests)).toEqual(["range-delay", "range-delay-2", "quality", "missing-all"]);
  expect(tests.map(titleOf)).toEqual(["range of delay", "range of delay", "auc", "nulls of every column"]);
  expect(testKinds).toContain("row_join_skew");
});
