import type { SqlValue } from "../../../../base/storage/database.ts";
import { compareBytes, missing, notANumber, type NumberColumn, type TextColumn } from "./column.ts";
import type { Numbers } from "./filtering.ts";
import { sortByWeight } from "./radix.ts";
import type { RunIds } from "./run-ids.ts";

/** One step of an order over rows. */
export type Step = {
  /** Smaller comes first; rows of equal weight need `compare`. Undefined where there is no such number. */
  weight: ((row: number) => number) | undefined;
  compare(a: number, b: number): number;
  /** The row against the values of a page's last run: greater than 0 when it comes behind. */
  compareTo(row: number, after: readonly SqlValue[]): number;
  /** As the statement would name them: one value, or a number that says what is missing and the value. */
  values(row: number): SqlValue[];
  /** Whether `compareTo` can take these. */
  takes(after: readonly SqlValue[]): boolean;
};

const isNumber = (value: SqlValue | undefined): boolean => typeof value === "number" && !Number.isNaN(value);
const sign = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

/** Numbers that every run has. */
export const byNumber = (values: Numbers, descending: boolean): Step => {
  const turn = descending ? -1 : 1;
  const of = (row: number): number => values[row] as number;
  return {
    weight: (row) => turn * of(row),
    compare: (a, b) => turn * sign(of(a), of(b)),
    compareTo: (row, [value]) => turn * sign(of(row), value as number),
    values: (row) => [of(row)],
    takes: (after) => after.length === 1 && isNumber(after[0]),
  };
};

/** Numbers that may be missing: those there are, then NaN, then the missing ones. */
export const byColumnNumber = ({ values, states }: NumberColumn, descending: boolean): Step => {
  const turn = descending ? -1 : 1;
  const lack = (row: number): number => (states[row] === missing ? 2 : states[row] === notANumber ? 1 : 0);
  const of = (row: number): number => values[row] as number;
  return {
    weight: (row) => (lack(row) === 0 ? turn * of(row) : Number.POSITIVE_INFINITY),
    compare: (a, b) => lack(a) - lack(b) || turn * sign(of(a), of(b)),
    compareTo: (row, [lacking, value]) => lack(row) - (lacking as number) || turn * sign(of(row), value as number),
    values: (row) => [lack(row), of(row)],
    takes: (after) => after.length === 2 && after.every(isNumber),
  };
};

/** The time of an end, which cannot be NaN: missing is 1 there. */
export const byMissingNumber = (column: NumberColumn, descending: boolean): Step => {
  const step = byColumnNumber(column, descending);
  const lack = (row: number): number => (column.states[row] === missing ? 1 : 0);
  return {
    ...step,
    compareTo: (row, [lacking, value]) => lack(row) - (lacking as number) || step.compareTo(row, [2 * lack(row), value ?? 0]),
    values: (row) => [lack(row), column.values[row] as number],
  };
};

/** Texts by their bytes; `always` when every run has one. */
export const byText = (column: TextColumn, descending: boolean, always: boolean): Step => {
  const turn = descending ? -1 : 1;
  const { codes, texts, ranks } = column;
  const lack = (row: number): number => (codes[row] === missing ? 1 : 0);
  const text = (row: number): string => texts[codes[row] as number] as string;
  const compareTexts = (a: number, b: number): number => {
    const [x, y] = [codes[a] as number, codes[b] as number];
    if (x === y) return 0;
    return turn * (ranks ? (ranks[x] as number) - (ranks[y] as number) : compareBytes(texts[x] as string, texts[y] as string));
  };
  return {
    weight: ranks && ((row) => (codes[row] === missing ? Number.POSITIVE_INFINITY : turn * (ranks[codes[row] as number] as number))),
    compare: (a, b) => lack(a) - lack(b) || compareTexts(a, b),
    compareTo: (row, after) =>
      always
        ? turn * compareBytes(text(row), after[0] as string)
        : lack(row) - (after[0] as number) || turn * compareBytes(text(row), after[1] as string),
    values: (row) => (always ? [text(row)] : [lack(row), text(row)]),
    takes: (after) =>
      always
        ? after.length === 1 && typeof after[0] === "string"
        : after.length === 2 && isNumber(after[0]) && typeof after[1] === "string",
  };
};

/** Texts that are numbers by their size, then other texts by their bytes, then missing ones. No page token says where such an order goes on. */
export const byTextAsNumber = (column: TextColumn, descending: boolean): Step => {
  const step = byText(column, descending, false);
  const turn = descending ? -1 : 1;
  const { codes, numbers } = column;
  const lack = (row: number): number => (codes[row] === missing ? 2 : Number.isNaN(numbers[codes[row] as number]) ? 1 : 0);
  const of = (row: number): number => numbers[codes[row] as number] as number;
  const compare = (a: number, b: number): number =>
    lack(a) - lack(b) || (lack(a) === 0 ? turn * sign(of(a), of(b)) : 0) || step.compare(a, b);
  return {
    ...step,
    weight: (row) => (lack(row) === 0 ? turn * of(row) : Number.POSITIVE_INFINITY),
    compare,
    takes: () => false,
  };
};

export const byId = (ids: RunIds, descending: boolean): Step => {
  const turn = descending ? -1 : 1;
  return {
    weight: undefined,
    compare: (a, b) => turn * ids.compare(a, b),
    compareTo: (row, [id]) => turn * compareBytes(ids.text(row), id as string),
    values: (row) => [ids.text(row)],
    takes: (after) => after.length === 1 && typeof after[0] === "string",
  };
};

/** The steps one after the other. */
export const inOrder =
  (steps: readonly Step[]) =>
  (a: number, b: number): number => {
    for (const step of steps) {
      const difference = step.compare(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };

/** A longer page is cut from all rows in order. */
const mostInHeap = 5000;

/** The first `limit` of the rows, in order. The list is left in disorder. */
export function firstOf(rows: Uint32Array, count: number, limit: number, steps: readonly Step[]): Uint32Array {
  const compare = inOrder(steps);
  const weight = steps[0]?.weight;
  if (count <= limit || limit > mostInHeap) {
    const all = rows.subarray(0, count);
    sortByWeight(all, weight, compare);
    return all.slice(0, limit);
  }
  // A heap with the last one on top. What comes in already ordered the other way would replace it each time: then it is taken from the other end.
  const backwards = compare(rows[count - 1] as number, rows[0] as number) < 0;
  const heap = new Uint32Array(limit);
  let size = 0;
  let topWeight = Number.NaN;
  for (let i = 0; i < count; i++) {
    const row = rows[backwards ? count - 1 - i : i] as number;
    if (size < limit) {
      let at = size++;
      heap[at] = row;
      for (let up = (at - 1) >> 1; at > 0 && compare(heap[up] as number, row) < 0; up = (at - 1) >> 1) {
        heap[at] = heap[up] as number;
        heap[up] = row;
        at = up;
      }
      topWeight = weight ? weight(heap[0] as number) : 0;
      continue;
    }
    if (weight) {
      const own = weight(row);
      if (own > topWeight) continue;
      if (own === topWeight && compare(row, heap[0] as number) > 0) continue;
    } else if (compare(row, heap[0] as number) > 0) continue;
    sink(heap, row, compare);
    if (weight) topWeight = weight(heap[0] as number);
  }
  return heap.sort(compare);
}

/** `row` replaces the top and goes down to its place. */
function sink(heap: Uint32Array, row: number, compare: (a: number, b: number) => number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && compare(heap[child + 1] as number, heap[child] as number) > 0) child++;
    if (compare(heap[child] as number, row) <= 0) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = row;
}
