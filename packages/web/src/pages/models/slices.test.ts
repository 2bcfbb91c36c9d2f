import { expect, test } from "vitest";
import { boundOf, slicesOf } from "./slices.ts";

const result = (samples: Record<string, unknown>[]) => ({
  id: "slice-auc-origin",
  kind: "slice",
  title: "auc by origin",
  verdict: "pass" as const,
  severity: "fail" as const,
  observed: 0.62,
  bound: "≥ 0.55",
  interval: null,
  rows: 10,
  detail: "",
  samples,
  where: null,
});

test("slices of a test beside those of another version, one without an interval left out", () => {
  const one = result([
    { slice: "DEN", auc: 0.62, lower: 0.6, upper: 0.65, rows: 2137, verdict: "warn" },
    { slice: "PHX", auc: 0.63, lower: null, upper: 0.66, rows: 10 },
  ]);
  expect(slicesOf(one, result([{ slice: "DEN", auc: 0.6, lower: 0, upper: 1 }]))).toEqual([
    { name: "DEN", value: 0.62, lower: 0.6, upper: 0.65, rows: 2137, mark: "warn", other: 0.6 },
  ]);
  expect(slicesOf(one, undefined)[0]?.other).toBeNull();
});

test("the number of a bound", () => {
  expect(["≥ 0.55", "≤ -1e-3", "all", null].map(boundOf)).toEqual([0.55, -0.001, null, null]);
});
