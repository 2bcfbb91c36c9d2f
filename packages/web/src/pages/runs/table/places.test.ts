import { expect, test } from "vitest";
import { placesOf } from "./places.ts";
import type { Row } from "./rows.ts";

const row = (id: string): Row => ({ id }) as Row;
const below = new Map([
  ["b", [row("b1"), row("b2")]],
  ["b2", [row("b2x")]],
  ["d", [row("d1")]],
]);
const lines = (opened: [string, number][]): string[] => {
  const places = placesOf(4, (at) => row("abcd"[at] ?? ""), new Map(opened), below);
  return Array.from({ length: places.count }, (_, i) => {
    const { row: found, depth } = places.line(i);
    return `${"-".repeat(depth)}${found?.id}`;
  });
};

test("children stand right below what was opened, at any depth", () => {
  expect(lines([])).toEqual(["a", "b", "c", "d"]);
  expect(lines([["b", 1]])).toEqual(["a", "b", "-b1", "-b2", "c", "d"]);
  expect(
    lines([
      ["d", 3],
      ["b", 1],
      ["b2", -1],
    ]),
  ).toEqual(["a", "b", "-b1", "-b2", "--b2x", "c", "d", "-d1"]);
  expect(lines([["not answered yet", 0]])).toEqual(["a", "b", "c", "d"]);
});
