import { expect, test } from "vitest";
import type { Comparison } from "../vocabulary.ts";
import { TextColumn } from "./column.ts";
import { keepTexts } from "./filtering.ts";
import { byText } from "./ordering.ts";

const rows = 80_000;
const all = Uint32Array.from({ length: rows }, (_, row) => row);
const textOf = (row: number): string => (row % 1000 === 7 ? "again" : `text ${row}`);

function filled(): TextColumn {
  const column = new TextColumn();
  column.reserve(rows);
  for (const row of all) if (row % 10 !== 3) column.set(row, textOf(row));
  return column;
}

test.each<[Comparison["operator"], string[]]>([
  ["=", ["again"]],
  ["!=", ["again"]],
  ["IN", ["again", "text 5", "text 70001", "nowhere"]],
  ["NOT IN", ["again", "text 5", "text 70001"]],
  ["LIKE", ["%99"]],
  ["IS NULL", []],
  ["IS NOT NULL", []],
])("a column of texts that nearly all differ answers %s as one whose texts are told apart", (operator, values) => {
  const [apart, united] = [filled(), filled()];
  united.unite();
  expect([apart.unique, united.unique]).toEqual([false, true]);
  const found = [apart, united].map((column) => {
    const kept = all.slice();
    return kept.subarray(0, keepTexts(column, { entity: "param", key: "note", position: 0, type: "text", operator, values })(kept, rows));
  });
  expect(found[0]).toEqual(found[1]);
  expect(found[0]?.length).toBeGreaterThan(0);
});

test("where nearly all texts differ, the same ones are equal in an order, and have one code once that is asked for", () => {
  const column = filled();
  expect(column.codes[7]).toBe(filled().codes[7]);
  expect(column.codes[78_007]).not.toBe(column.codes[79_007]);
  expect(byText(column, false, false).compare(78_007, 79_007)).toBe(0);
  const code = column.codeOf("again");
  expect(all.filter((row) => column.codes[row] === code).every((row) => textOf(row) === "again")).toBe(true);
  expect(column.codes[78_007]).toBe(code);
  expect(all.every((row) => (column.codes[row] === 0 ? row % 10 === 3 : column.texts[column.codes[row] as number] === textOf(row)))).toBe(
    true,
  );
});

test.each([false, true])("texts that no row says any more are let go, told apart: %s", (united) => {
  const column = filled();
  if (united) column.unite();
  for (let time = 0; time < 4; time++) for (const row of all) column.set(row, `time ${time} ${row}`);
  expect(column.unique).toBe(united);
  expect(column.texts.length).toBeLessThanOrEqual(2 * rows + 2);
  expect(all.every((row) => column.texts[column.codes[row] as number] === `time 3 ${row}`)).toBe(true);
});
