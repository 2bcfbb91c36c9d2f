import { expect, test } from "vitest";
import { matches, parseFilter, type Run, sorted } from "./filter.ts";

const run = (id: string, metrics: Record<string, number>, params: Record<string, string> = {}): Run =>
  ({
    id,
    name: `run ${id}`,
    kind: "user",
    status: "FINISHED",
    started: `2026-01-0${id}T00:00:00Z`,
    seconds: 1,
    metrics,
    params,
    tags: {},
  }) as unknown as Run;

test("comparisons are joined by AND, the rest are words", () => {
  const filter = parseFilter('metrics.auc > 0.7 AND params.kind = "boosted" and train');
  expect(filter.terms).toEqual([
    { key: "metrics.auc", operator: ">", value: "0.7" },
    { key: "params.kind", operator: "=", value: "boosted" },
  ]);
  expect(filter.words).toBe("train");
  expect(filter.problem).toBeNull();
});

test("a key without its entity is named, with what to write instead", () => {
  expect(parseFilter("auc > 0.7").problem).toContain("metrics.auc");
});

test("a missing value matches nothing, not even !=", () => {
  const { terms } = parseFilter("metrics.auc != 1");
  expect(matches(run("1", {}), terms)).toBe(false);
  expect(matches(run("1", { auc: 2 }), terms)).toBe(true);
});

test("numbers compare as numbers, missing values sort last both ways", () => {
  const all = [run("1", { auc: 10 }), run("2", {}), run("3", { auc: 9 })];
  expect(sorted(all, "metrics.auc").map((one) => one.id)).toEqual(["3", "1", "2"]);
  expect(sorted(all, "-metrics.auc").map((one) => one.id)).toEqual(["1", "3", "2"]);
});

test.each(["metrics.auc >", "name LIKE", "auc ="])("a comparison without a value is said: %s", (text) => {
  expect(parseFilter(text).problem).toContain("A value is missing");
});
