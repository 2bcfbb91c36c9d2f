import { projectConfig } from "@capstan/contract/config";
import { expect, test } from "vitest";
import { releasePlan } from "./plan.ts";

const config = projectConfig.parse({
  capstan: 1,
  models: { late: { from: "step:train.model", owner: "ops", threshold: 0.3 } },
  routes: {
    late: {
      model: "late",
      release: { shadow: false, steps: ["5 %", "50 %", "100 %"], each: { time: "2 min" } },
      guard: { latency_p95: "20 ms", score_mean: 0.02 },
    },
    plain: { model: "late" },
  },
});

test("a route is moved as it declares", () => {
  expect(releasePlan(config, "late")).toEqual({
    route: "late",
    declared: true,
    strategy: "canary",
    shadow: false,
    steps: [0.05, 0.5],
    each: { seconds: 120, rows: 200 },
    guard: { alpha: 0.001, latencyP95: 0.02, scoreMean: 0.02 },
    threshold: 0.3,
  });
});

test("one that declares nothing, or that nobody declared, is moved as every route is", () => {
  const plain = {
    declared: false,
    strategy: "canary",
    shadow: true,
    steps: [0.1],
    each: { seconds: 600, rows: 200 },
    guard: { alpha: 0.001 },
  };
  expect(releasePlan(config, "plain")).toEqual({ route: "plain", ...plain, threshold: 0.3 });
  expect(releasePlan(undefined, "other")).toEqual({ route: "other", ...plain, threshold: null });
  expect(releasePlan(config, "other", "late").threshold).toBe(0.3);
});
