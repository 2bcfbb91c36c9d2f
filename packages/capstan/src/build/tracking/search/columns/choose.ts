import type { SqlValue } from "../../../../base/storage/database.ts";
import type { Comparison, Condition, Order } from "../vocabulary.ts";
import type { Column, NumberColumn, TextColumn } from "./column.ts";
import {
  type Keep,
  keepAll,
  keepAny,
  keepColumnNumbers,
  keepEvery,
  keepIds,
  keepNumbers,
  keepTextNumbers,
  keepTexts,
} from "./filtering.ts";
import { byColumnNumber, byId, byMissingNumber, byNumber, byText, byTextAsNumber, firstOf, type Step } from "./ordering.ts";
import { columnOf, mayMiss, type Question } from "./question.ts";
import type { RunTable } from "./table.ts";

export type Chosen = { ids: string[]; packed?: Uint8Array<ArrayBuffer>; last: SqlValue[] | undefined; total: number | undefined };

/** The page of a question over a table that is up to date. Undefined when the page's beginning is none that these orders make. */
export function choose(table: RunTable, question: Question): Chosen | undefined {
  const steps = question.order.map((one): Step => stepOf(table, one, held(table, one)));
  const after = question.after && partsOf(question.order, question.after);
  if (after && !steps.every((step, i) => step.takes(after[i] ?? []))) return undefined;

  const { rows, count: found } = matching(table, question);
  let count = found;
  const total = question.total ? count : undefined;
  if (after) count = keepBehind(steps, after)(rows, count);
  const limit = question.packed && count <= question.packed.wholeUpTo ? count : question.limit;
  const first = firstOf(rows, count, Math.min(count, limit), steps);
  const last = count > limit ? first[first.length - 1] : undefined;
  return {
    ids: question.packed ? [] : Array.from(first, (row) => table.ids.text(row)),
    ...(question.packed && { packed: table.ids.packed(first) }),
    last: last === undefined ? undefined : steps.flatMap((step) => step.values(last)),
    total,
  };
}

const held = (table: RunTable, one: Comparison | Order): Column | undefined => {
  const name = columnOf(one);
  return name && table.column(name).column;
};

/** The rows that a question's filter finds: the first `count` of the list. */
export function matching(table: RunTable, question: Question): { rows: Uint32Array; count: number } {
  const rows = candidates(table, question);
  let count = rows.length;
  for (const one of question.filter) count = keepOf(table, one)(rows, count);
  return { rows, count };
}

function candidates(table: RunTable, question: Question): Uint32Array {
  const { lifecycles, kinds, projects, words } = table;
  const length = question.experiments.reduce((sum, { id }) => sum + (table.places.get(id)?.rows.length ?? 0), 0);
  const rows = new Uint32Array(length);
  const kind = new Uint8Array(256);
  for (const one of question.kinds) kind[words.kind.find(one)] = 1;
  const project = question.projects && new Set(question.projects.map((one) => words.project.find(one)));
  let count = 0;
  for (const { id, accepted } of question.experiments) {
    const all = table.places.get(id)?.rows.view() ?? new Uint32Array(0);
    const lifecycle = accepted === "all" ? -1 : words.lifecycle.find(accepted);
    if (accepted !== "all" && lifecycle < 0) continue;
    for (let i = 0; i < all.length; i++) {
      const row = all[i] as number;
      if (lifecycle >= 0 && lifecycles[row] !== lifecycle) continue;
      if (kind[kinds[row] as number] !== 1 || (project && !project.has(projects[row] as number))) continue;
      rows[count++] = row;
    }
  }
  return rows.subarray(0, count);
}

function keepOf(table: RunTable, one: Condition): Keep {
  if ("all" in one) return keepAll(one.all.map((each) => keepOf(table, each)));
  if ("any" in one)
    return keepAny(
      one.any.map((each) => keepOf(table, each)),
      table.ids.count,
    );
  if ("not" in one) return keepAny([keepOf(table, one.not)], table.ids.count, true);
  const column = held(table, one);
  if (column?.type === "number") return keepColumnNumbers(column, one);
  if (column) return one.type === "number" ? keepTextNumbers(column, one) : keepTexts(column, one);
  if (one.operator === "IS NULL" || one.operator === "IS NOT NULL") return keepEvery(one.operator === "IS NOT NULL");
  if (one.key === "start_time") return keepNumbers(table.startedMs, undefined, one);
  return one.key === "experiment" ? keepNumbers(table.experiments, undefined, one) : keepIds(table.ids, one);
}

function stepOf(table: RunTable, one: Order, column: Column | undefined): Step {
  if (one.entity === "attribute") {
    if (one.key === "run_id") return byId(table.ids, one.descending);
    if (one.key === "start_time") return byNumber(table.startedMs, one.descending);
    if (one.key === "experiment") return byNumber(table.experiments, one.descending);
    if (one.key === "end_time" || one.key === "seconds") return byMissingNumber(column as NumberColumn, one.descending);
  }
  if (one.entity === "metric") return byColumnNumber(column as NumberColumn, one.descending);
  return one.type === "number"
    ? byTextAsNumber(column as TextColumn, one.descending)
    : byText(column as TextColumn, one.descending, one.entity === "attribute");
}

/** The values of a page's last run, by step. */
function partsOf(order: readonly Order[], values: readonly SqlValue[]): SqlValue[][] {
  let at = 0;
  return order.map((one) => values.slice(at, (at += mayMiss(one) ? 2 : 1)));
}

const keepBehind =
  (steps: readonly Step[], after: readonly SqlValue[][]): Keep =>
  (rows, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      for (const [at, step] of steps.entries()) {
        const difference = step.compareTo(row, after[at] ?? []);
        if (difference === 0) continue;
        if (difference > 0) rows[kept++] = row;
        break;
      }
    }
    return kept;
  };
