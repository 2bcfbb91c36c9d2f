import { expect, test } from "vitest";
import type { Series } from "../curve-x.ts";
import { gridded, stepsWithin, withoutOutliers } from "./grid.ts";

const series = (run: string, step: number[], last: (number | null)[], timeMs = step.map((one) => one * 1000)): Series => ({
  run,
  key: "loss",
  exact: true,
  points: step.length,
  nonFinite: 0,
  step,
  timeMs,
  first: last,
  min: last,
  max: last,
  last,
  count: step.map(() => 1),
});
const start = (): number => 0;

test("few points keep their place; curves have gaps where they have no point", () => {
  const { x, lines } = gridded([series("a", [0, 5, 10], [1, 2, 3]), series("b", [5], [9])], "step", start, 400, null);
  expect(x).toEqual([0, 5, 10]);
  expect(lines.map((one) => one.values)).toEqual([
    [1, 2, 3],
    [null, 9, null],
  ]);
});

test("never more places than pixels, and none of the extremes is lost", () => {
  const step = Array.from({ length: 5000 }, (_, i) => i);
  const values = step.map((i) => (i === 2501 ? 100 : i === 4001 ? -7 : Math.sin(i)));
  const { x, lines } = gridded([series("a", step, values)], "step", start, 300, null);
  expect(x.length).toBeLessThanOrEqual(300);
  expect(Math.max(...(lines[0]?.high ?? []).map(Number))).toBe(100);
  expect(Math.min(...(lines[0]?.low ?? []).map(Number))).toBe(-7);
  expect(x).toEqual(x.toSorted((a, b) => a - b));
});

test("relative time counts from the start of each run; a part of it spans the steps of its buckets", () => {
  const all = [series("a", [0, 1, 2], [1, 2, 3], [1000, 2000, 3000]), series("b", [0, 1, 2], [4, 5, 6], [61_000, 62_000, 63_000])];
  const startOf = (run: string): number => (run === "a" ? 1000 : 61_000);
  const { x, lines } = gridded(all, "elapsed", startOf, 400, null);
  expect(x).toEqual([0, 1, 2]);
  expect(lines[1]?.values).toEqual([4, 5, 6]);
  expect(stepsWithin(all, "elapsed", startOf, { from: 1, to: 1.5 })).toEqual({ fromStep: 0, toStep: 2 });
  expect(stepsWithin(all, "elapsed", startOf, { from: 50, to: 60 })).toBeUndefined();
  expect(gridded(all, "step", startOf, 400, { from: 7, to: 9 })).toEqual({ x: [], lines: [] });
});

test("outliers do not decide the range", () => {
  const values = [...Array.from({ length: 98 }, (_, i) => i / 98), 1e9, -1e9];
  const range = withoutOutliers([{ values }]) ?? [0, 0];
  expect(range[0]).toBeGreaterThan(-1);
  expect(range[1]).toBeLessThan(2);
  expect(withoutOutliers([{ values: [1, 2] }])).toBeNull();
});
