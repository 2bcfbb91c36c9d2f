import { expect, test } from "vitest";
import { joined, type Series, smoothed, stepsOf, xOf } from "./curve-x.ts";

const series = (step: number[], last: number[], timeMs = step.map((one) => 1000 * one)): Series => ({
  run: "r",
  key: "loss",
  exact: true,
  points: step.length,
  nonFinite: 0,
  step,
  timeMs,
  first: last,
  min: last.map((one) => one - 1),
  max: last.map((one) => one + 1),
  last,
  count: step.map(() => 1),
});

test("curves with steps of their own share one x", () => {
  const { x, lines } = joined([series([0, 2], [5, 6]), series([1, 2], [7, 8])], "step", 0);
  expect(x).toEqual([0, 1, 2]);
  expect(lines.map((line) => line.values)).toEqual([
    [5, null, 6],
    [null, 7, 8],
  ]);
  expect(lines[0]?.high).toEqual([6, null, 7]);
});

test("a part of any axis is a part of the steps, whole buckets of it", () => {
  const one = series([0, 10, 20, 30], [1, 2, 3, 4], [1000, 2000, 3000, 4000]);
  expect(xOf(one, "clock", 1000)).toEqual([1, 2, 3, 4]);
  expect(xOf(one, "elapsed", 1000)).toEqual([0, 1, 2, 3]);
  expect(stepsOf([one], "step", 0, { from: 4.2, to: 9.9 })).toEqual({ from: 4, to: 10 });
  expect(stepsOf([one], "elapsed", 1000, { from: 0.5, to: 2.5 })).toEqual({ from: 10, to: 30 });
  expect(stepsOf([one], "clock", 1000, { from: 9, to: 10 })).toBeUndefined();
});

test("smoothing starts at the first value and leaves gaps", () => {
  expect(smoothed([2, null, 2], 0.9)).toEqual([2, null, 2]);
  const [first, second] = smoothed([0, 1], 0.5);
  expect([first, second]).toEqual([0, 2 / 3]);
  expect(smoothed([1, 5, 9], 0)).toEqual([1, 5, 9]);
});
