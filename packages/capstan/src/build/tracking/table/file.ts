import { type RunRow } from "../rows.ts";
import { metricWord } from "../views.ts";
import type { Cell } from "./table.ts";
import type { Column } from "./vocabulary.ts";

/** What every line begins with. */
const lead = ["run_id", "name", "kind", "status", "started", "seconds"] as const;

const text = (value: string): string => (/[",\r\n]/.test(value) || value === "" ? `"${value.replaceAll('"', '""')}"` : value);
const said = (value: Cell): string => (value === null ? "" : typeof value === "number" ? String(metricWord(value)) : text(value));

/** Names of the columns of a file, each once, as they were asked. */
export const headOf = (keys: readonly string[]): string[] => [...lead, ...keys.filter((key) => !(lead as readonly string[]).includes(key))];
export const headLine = (keys: readonly string[]): string => `${headOf(keys).map(text).join(",")}\r\n`;

/** Values of one run in the order of the head. */
function valuesOf(run: RunRow, keys: readonly string[], cells: readonly Cell[]): Cell[] {
  const seconds = run.wall_seconds ?? (run.ended_ms === null ? null : (run.ended_ms - run.started_ms) / 1000);
  const values: Cell[] = [run.id, run.name, run.kind, run.status, new Date(run.started_ms).toISOString(), seconds];
  keys.forEach((key, i) => {
    if (!(lead as readonly string[]).includes(key)) values.push(cells[i] ?? null);
  });
  return values;
}

/** One run as a line. Nothing is an empty field, an empty text is two quotes. */
export const lineOf = (run: RunRow, keys: readonly string[], cells: readonly Cell[]): string =>
  `${valuesOf(run, keys, cells).map(said).join(",")}\r\n`;

/** One run as an object; what is missing is null, numbers that JSON has no word for are texts. */
export function objectOf(run: RunRow, head: readonly string[], keys: readonly string[], cells: readonly Cell[]): string {
  const values = valuesOf(run, keys, cells).map((value) => (typeof value === "number" ? metricWord(value) : value));
  return JSON.stringify(Object.fromEntries(head.map((name, i) => [name, values[i] ?? null])));
}

/** DuckDB's type of each column of the file. */
export const typesOf = (keys: readonly string[], columns: readonly Column[]): string[] =>
  headOf(keys).map((name) => {
    if (name === "started") return "TIMESTAMPTZ";
    if (name === "seconds") return "DOUBLE";
    const column = columns[keys.indexOf(name)];
    return column?.entity === "metric" ? "DOUBLE" : "VARCHAR";
  });
