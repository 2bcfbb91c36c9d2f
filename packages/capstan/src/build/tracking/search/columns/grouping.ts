import { matching } from "./choose.ts";
import { compareBytes, missing, NumberColumn, present, TextColumn } from "./column.ts";
import { columnOf, type ColumnName, type Group, type Groups, type GroupsAsked, type Question, type Spread } from "./question.ts";
import type { RunTable } from "./table.ts";

const statusName: ColumnName = { entity: "attribute", key: "status" };
const verdictName: ColumnName = { entity: "attribute", key: "verdict" };
const metricName = (one: GroupsAsked["metrics"][number]): ColumnName => ({ entity: "metric", ...one });

/** The columns that groups need besides those of the filter. */
export function namesOfGroups(asked: GroupsAsked): ColumnName[] {
  const by = columnOf(asked.by);
  return [...(by ? [by] : []), statusName, verdictName, ...asked.metrics.map(metricName)];
}

/** Codes of some words; those that no run has are left out. */
const codesOf = (column: TextColumn, words: readonly string[]): Set<number> => new Set(words.flatMap((word) => column.codeOf(word) ?? []));

/** All runs that a question finds, put together by the text of a column; the largest groups first, then by the bytes of their text, those without one last. */
export function grouped(table: RunTable, question: Question, asked: GroupsAsked): Groups {
  const { rows, count } = matching(table, question);
  const textOf = (name: ColumnName): TextColumn => {
    const { column } = table.column(name);
    if (!(column instanceof TextColumn)) throw new Error(`${name.entity} ${name.key} is no text`);
    return column;
  };
  const name = columnOf(asked.by);
  const by = name ? textOf(name) : experimentsOf(table, rows, count);
  by.unite();
  const [status, verdict] = [textOf(statusName), textOf(verdictName)];
  const [going, broken] = [codesOf(status, ["RUNNING", "SCHEDULED"]), codesOf(status, ["FAILED"])];
  const bad = codesOf(verdict, ["fail", "error"]);

  const size = by.texts.length;
  const [runs, running, failed, newest] = [new Float64Array(size), new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    const code = by.codes[row] as number;
    const began = table.startedMs[row] as number;
    if (runs[code] === 0 || began > (newest[code] as number)) newest[code] = began;
    runs[code] = (runs[code] as number) + 1;
    if (going.has(status.codes[row] as number)) running[code] = (running[code] as number) + 1;
    else if (broken.has(status.codes[row] as number) || bad.has(verdict.codes[row] as number)) failed[code] = (failed[code] as number) + 1;
  }
  const codes: number[] = [];
  for (let code = 0; code < size; code++) if ((runs[code] as number) > 0) codes.push(code);
  codes.sort(
    (a, b) =>
      (runs[b] as number) - (runs[a] as number) ||
      Number(a === missing) - Number(b === missing) ||
      compareBytes(by.texts[a] ?? "", by.texts[b] ?? ""),
  );
  const spreads = asked.metrics.map((one) => {
    const { column } = table.column(metricName(one));
    return column instanceof NumberColumn ? spreadOf(column, by, rows, count, size) : undefined;
  });
  const groups = codes.slice(0, asked.limit).map((code): Group => ({
    value: code === missing ? null : (by.texts[code] ?? ""),
    runs: runs[code] as number,
    running: running[code] as number,
    failed: failed[code] as number,
    newestMs: newest[code] as number,
    metrics: spreads.map((of) => of?.(code) ?? { count: 0, min: null, mean: null, max: null }),
  }));
  return { groups, total: codes.length, runs: count };
}

/** Experiments are no column: every row says its own. */
function experimentsOf(table: RunTable, rows: Uint32Array, count: number): TextColumn {
  const column = new TextColumn();
  column.reserve(table.ids.count);
  for (let i = 0; i < count; i++) column.set(rows[i] as number, String(table.experiments[rows[i] as number]));
  return column;
}

/** Least, mean and greatest of a metric's finite values, by code. */
function spreadOf(metric: NumberColumn, by: TextColumn, rows: Uint32Array, count: number, size: number): (code: number) => Spread {
  const [held, sum] = [new Float64Array(size), new Float64Array(size)];
  const [least, most] = [new Float64Array(size).fill(Number.POSITIVE_INFINITY), new Float64Array(size).fill(Number.NEGATIVE_INFINITY)];
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    const value = metric.values[row] as number;
    if (metric.states[row] !== present || !Number.isFinite(value)) continue;
    const code = by.codes[row] as number;
    held[code] = (held[code] as number) + 1;
    sum[code] = (sum[code] as number) + value;
    if (value < (least[code] as number)) least[code] = value;
    if (value > (most[code] as number)) most[code] = value;
  }
  return (code) => {
    const of = held[code] as number;
    return of === 0
      ? { count: 0, min: null, mean: null, max: null }
      : { count: of, min: least[code] as number, mean: (sum[code] as number) / of, max: most[code] as number };
  };
}
