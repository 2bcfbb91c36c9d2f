import { number, table, visible } from "./format.ts";

const mostRows = 20;
const mostWords = 12;
const widest = 150;
/** What names a thing stands first in its table, sentences about it last. */
const first = ["id", "name", "label", "step", "at", "key", "verdict", "state", "kind"];
const last = ["title", "detail", "text", "bound", "observed", "clauses"];
const rank = (key: string): number => (first.includes(key) ? first.indexOf(key) - first.length : last.indexOf(key) + 1);

/** Facts as an indented outline: members as lines, things of one kind as a table. What is left out for its length says so; `--json` has all. */
export function outline(facts: Record<string, unknown>, depth = 0): string[] {
  const indent = "  ".repeat(depth);
  return Object.entries(facts).flatMap(([key, one]): string[] => {
    if (isNothing(one)) return [];
    if (Array.isArray(one))
      return isWords(one) ? [`${indent}${key.padEnd(18 - depth)} ${words(one)}`] : [`${indent}${key}`, ...things(one, depth + 1)];
    if (typeof one === "object") return [`${indent}${key}`, ...outline(one as Record<string, unknown>, depth + 1)];
    return [`${indent}${key.padEnd(18 - depth)} ${cell(one)}`];
  });
}

const isNothing = (value: unknown): boolean =>
  value === null || value === undefined || value === "" || (typeof value === "object" && Object.keys(value).length === 0);
const isWords = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null);
const words = (all: readonly unknown[]): string =>
  `${all.slice(0, mostWords).map(cell).join(" ")}${all.length > mostWords ? ` … ${all.length} in all` : ""}`;

function cell(value: unknown): string {
  if (isNothing(value)) return "";
  if (isWords(value)) return words(value);
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : number(value);
  // Enough of a digest to know it by.
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : String(value);
}

/** Columns are the members that are words everywhere, as many as fit; a thing without any is an outline of its own. */
function things(all: readonly unknown[], depth: number): string[] {
  const indent = "  ".repeat(depth);
  const shown = all.slice(0, mostRows) as Record<string, unknown>[];
  const rest = all.length > shown.length ? [`${indent}… ${all.length} in all; --json shows them`] : [];
  const keys = [...new Set(shown.flatMap((one) => Object.keys(one)))].filter(
    (key) =>
      shown.some((one) => !isNothing(one[key])) &&
      shown.every((one) => typeof one[key] !== "object" || one[key] === null || isWords(one[key])),
  );
  if (keys.length === 0) return [...shown.flatMap((one) => [`${indent}-`, ...outline(one, depth + 1)]), ...rest];
  const columns = keys.toSorted((a, b) => rank(a) - rank(b)).map((key) => [key, ...shown.map((one) => cell(one[key]))]);
  let width = indent.length;
  const fitting = columns.filter((column, i) => {
    width += Math.max(...column.map(visible)) + 2;
    return i === 0 || width <= widest;
  });
  return [
    ...table(
      [0, ...shown.map((_, i) => i + 1)].map((row) => fitting.map((column) => column[row] ?? "")),
      indent,
    ),
    ...rest,
  ];
}
