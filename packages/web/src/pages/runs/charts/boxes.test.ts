import { expect, test } from "vitest";
import { boxesOf } from "./boxes.ts";

const group = (name: string, ...values: number[]) => values.map((value) => ({ group: name, value }));

test("a box spans the middle half, whiskers what is near it, the rest stands alone", () => {
  const { boxes } = boxesOf(group("a", 1, 2, 3, 4, 5, 100), 5);
  expect(boxes).toEqual([{ name: "a", count: 6, low: 1, q1: 2.25, median: 3.5, q3: 4.75, high: 5, beyond: [100] }]);
  expect(boxesOf(group("b", 7), 5).boxes[0]).toMatchObject({ low: 7, q1: 7, median: 7, q3: 7, high: 7, beyond: [] });
});

test("the largest groups are kept, in the order of their names", () => {
  const { boxes, groups } = boxesOf([...group("10", 1, 2), ...group("9", 1, 2), ...group("2", 1)], 2);
  expect(boxes.map((one) => one.name)).toEqual(["9", "10"]);
  expect(groups).toBe(3);
  expect(boxesOf([...group("b", 1), ...group("a", 1)], 5).boxes.map((one) => one.name)).toEqual(["a", "b"]);
});
