import { expect, test } from "vitest";
import { smoothed } from "./curve-x.ts";

test("smoothing starts at the first value and leaves gaps", () => {
  expect(smoothed([2, null, 2], 0.9)).toEqual([2, null, 2]);
  const [first, second] = smoothed([0, 1], 0.5);
  expect([first, second]).toEqual([0, 2 / 3]);
  expect(smoothed([1, 5, 9], 0)).toEqual([1, 5, 9]);
});
