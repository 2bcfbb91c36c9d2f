import { expect, test } from "vitest";
import { formOf, inputOf, missingIn } from "./start-form.tsx";

const plan = {
  route: "late",
  declared: true,
  strategy: "canary" as const,
  shadow: true,
  steps: [0.07, 0.5],
  each: { seconds: 2, rows: 1000 },
  guard: { alpha: 0.001, latencyP95: 0.02 },
  threshold: 0.3,
};

test("a form begins as the route declares, and gives that back unchanged", () => {
  const form = formOf(plan);
  expect(form).toMatchObject({ shares: "7, 50", seconds: "2", rows: "1000", latencyMs: "20", scoreMean: "" });
  expect(missingIn(form)).toBeNull();
  expect(inputOf(form, plan)).toEqual({
    strategy: "canary",
    shadow: true,
    steps: [0.07, 0.5],
    each: { seconds: 2, rows: 1000 },
    guard: { alpha: 0.001, latencyP95: 0.02 },
    threshold: 0.3,
  });
});

test("what is missing is said, for a canary only", () => {
  const form = formOf(plan);
  expect(missingIn({ ...form, shares: "50, 10" })).toContain("ascend");
  expect(missingIn({ ...form, shares: "" })).toContain("ascend");
  expect(missingIn({ ...form, seconds: "" })).toContain("numbers");
  expect(missingIn({ ...form, rows: "1.5" })).toContain("numbers");
  expect(missingIn({ ...form, latencyMs: "-1" })).toContain("above zero");
  expect(missingIn({ ...form, strategy: "direct", shares: "" })).toBeNull();
  expect(inputOf({ ...form, strategy: "direct" }, plan)).not.toHaveProperty("steps");
});
