import type { Comparison } from "../vocabulary.ts";
import { missing, notANumber, type NumberColumn, present, type TextColumn } from "./column.ts";
import { patternOf } from "./pattern.ts";
import type { RunIds } from "./run-ids.ts";

export type Numbers = { readonly [row: number]: number };
/** Filters keep those rows of a list that hold, in place and order, and answer how many they are. */
export type Keep = (rows: Uint32Array, count: number) => number;

type Signs = { less: boolean; equal: boolean; more: boolean };
const signsOf = (operator: string): Signs => ({
  less: operator === "<" || operator === "<=" || operator === "!=",
  equal: operator === "=" || operator === "<=" || operator === ">=",
  more: operator === ">" || operator === ">=" || operator === "!=",
});

/** NaN differs from every number, and no other comparison holds of it. */
export function keepNumbers(values: Numbers, states: Uint8Array | undefined, comparison: Comparison): Keep {
  const { less, equal, more } = signsOf(comparison.operator);
  const asked = Number(comparison.values[0]);
  return (rows, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      if (states !== undefined && states[row] !== present) {
        if (states[row] === notANumber && less && more) rows[kept++] = row;
        continue;
      }
      const value = values[row] as number;
      if (value < asked ? less : value > asked ? more : equal) rows[kept++] = row;
    }
    return kept;
  };
}

export const keepColumnNumbers = ({ values, states }: NumberColumn, comparison: Comparison): Keep =>
  comparison.operator === "IS NULL" || comparison.operator === "IS NOT NULL"
    ? keepThere(states, comparison.operator === "IS NOT NULL")
    : keepNumbers(values, states, comparison);

const keepThere =
  (states: Uint8Array, wanted: boolean): Keep =>
  (rows, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      if ((states[row] !== missing) === wanted) rows[kept++] = row;
    }
    return kept;
  };

/** All filters one after the other. */
export const keepAll =
  (all: readonly Keep[]): Keep =>
  (rows, count) => {
    let left = count;
    for (const keep of all) left = keep(rows, left);
    return left;
  };

/** Rows that any of the filters keeps; with `not`, those that none does. `most`: one more than the greatest row. */
export const keepAny =
  (any: readonly Keep[], most: number, not = false): Keep =>
  (rows, count) => {
    const held = new Uint8Array(most);
    for (const keep of any) {
      const own = rows.slice(0, count);
      const left = keep(own, count);
      for (let i = 0; i < left; i++) held[own[i] as number] = 1;
    }
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      if ((held[row] === 1) !== not) rows[kept++] = row;
    }
    return kept;
  };

/** Whether a text holds; of one that is missing only IS NULL does. */
function textTest({ operator, values }: Comparison): (text: string) => boolean {
  const texts = values as readonly string[];
  const [first = ""] = texts;
  const listed = new Set(texts);
  switch (operator) {
    case "=":
      return (text) => text === first;
    case "!=":
      return (text) => text !== first;
    case "IN":
      return (text) => listed.has(text);
    case "NOT IN":
      return (text) => !listed.has(text);
    case "LIKE":
    case "ILIKE":
      return patternOf(first, operator === "ILIKE");
    case "IS NOT NULL":
      return () => true;
    default:
      return () => false;
  }
}

export function keepTexts(column: TextColumn, comparison: Comparison): Keep {
  return (rows, count) => {
    const { codes } = column;
    const { verdicts, others } = verdictsOf(column, comparison, count);
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const code = codes[row] as number;
      if (others !== undefined ? code !== missing && others(code) : verdicts[code] === 1) rows[kept++] = row;
    }
    return kept;
  };
}

/** Whether each code holds; `others` instead where there are more texts than rows to look at. */
function verdictsOf(
  column: TextColumn,
  comparison: Comparison,
  count: number,
): { verdicts: Uint8Array; others: ((code: number) => boolean) | undefined } {
  const { texts } = column;
  const { operator, values } = comparison;
  const verdicts = new Uint8Array(texts.length);
  const equals = operator === "=" || operator === "IN";
  if (column.unique && (equals || operator === "!=" || operator === "NOT IN")) {
    if (!equals) verdicts.fill(1);
    for (const value of values) {
      const code = column.codeOf(String(value));
      if (code !== undefined) verdicts[code] = equals ? 1 : 0;
    }
    verdicts[missing] = 0;
    return { verdicts, others: undefined };
  }
  if (operator === "IS NULL" || operator === "IS NOT NULL") {
    verdicts.fill(operator === "IS NULL" ? 0 : 1);
    verdicts[missing] = operator === "IS NULL" ? 1 : 0;
    return { verdicts, others: undefined };
  }
  const test = textTest(comparison);
  if (texts.length > count) return { verdicts, others: (code) => test(texts[code] as string) };
  for (let code = present; code < texts.length; code++) verdicts[code] = test(texts[code] as string) ? 1 : 0;
  return { verdicts, others: undefined };
}

/** Texts that are numbers, by their size; other texts and missing ones do not match. */
export const keepTextNumbers = (column: TextColumn, comparison: Comparison): Keep => {
  const { less, equal, more } = signsOf(comparison.operator);
  const asked = Number(comparison.values[0]);
  return (rows, count) => {
    const { codes, numbers } = column;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const value = numbers[codes[row] as number] as number;
      if (value < asked ? less : value > asked ? more : value === asked && equal) rows[kept++] = row;
    }
    return kept;
  };
};

/** What every run has, or none. */
export const keepEvery =
  (every: boolean): Keep =>
  (_rows, count) =>
    every ? count : 0;

/** Comparisons of `run_id`: few ids against many rows, each found once. */
export function keepIds(ids: RunIds, { operator, values }: Comparison): Keep {
  const wanted = new Set(values.map((value) => ids.find(String(value))));
  const inside = operator === "=" || operator === "IN";
  return (rows, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) if (wanted.has(rows[i] as number) === inside) rows[kept++] = rows[i] as number;
    return kept;
  };
}

/** Whether a text has a letter whose small form is one of ASCII: databases that fold by their locale find it behind a pattern of ASCII. */
export const foldsIntoAscii = (column: TextColumn): boolean => column.texts.some((text) => /[\u0130\u212a]/.test(text));
