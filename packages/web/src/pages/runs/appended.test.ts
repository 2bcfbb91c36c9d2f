import { expect, test } from "vitest";
import { appended } from "./appended.ts";

const series = {
  run: "r",
  key: "loss",
  exact: true,
  points: 2,
  nonFinite: 0,
  step: [0, 1],
  timeMs: [10, 11],
  first: [5, 4],
  min: [5, 4],
  max: [5, 4],
  last: [5, 4],
  count: [1, 1],
};

test("points that came after the last one are added; those it has, those before and those of others are not", () => {
  const now = appended(series, [
    ["loss", 1, 11, 4],
    ["loss", 2, 12, 3],
    ["other", 3, 13, 9],
    ["loss", 3, 13, "NaN"],
    ["loss", 2, 14, 8],
  ]);
  expect(now).toMatchObject({
    points: 4,
    nonFinite: 1,
    step: [0, 1, 2, 3],
    timeMs: [10, 11, 12, 13],
    last: [5, 4, 3, null],
    count: [1, 1, 1, 1],
  });
  expect(appended(series, [["loss", 1, 11, 4]])).toBe(series);
});
