import type { SqlValue } from "../../../../base/storage/database.ts";
import { type Condition, leavesOf, type Order, type Statistic } from "../vocabulary.ts";

/** Which runs of an experiment count, by their own lifecycle. */
export type Accepted = "active" | "deleted" | "all";

/** A search as the thread of columns is asked. All of it is data. */
export type Question = {
  /** `state`: what no stamp of a run says. Another one than last time means that rows of it may be gone, and all of them are read anew. */
  experiments: readonly { id: number; state: string; accepted: Accepted }[];
  kinds: readonly string[];
  projects: readonly string[] | undefined;
  filter: readonly Condition[];
  /** With what follows every order: `orderSteps`. */
  order: readonly Order[];
  /** Values of the last run of the page before, one or two per order as `valuesPerStep` says. */
  after: readonly SqlValue[] | undefined;
  limit: number;
  total: boolean;
  /** Ids as bytes: of all that are found where there are at most so many, else of the first `limit`. */
  packed?: { readonly wholeUpTo: number };
  /** Blocks and chunks of curves that may be read for values at a step; as usual unless said. */
  stepBlocks?: number;
  /** Instead of a page: the runs put together. */
  groups?: GroupsAsked;
};

/** By which column, with the spread of which metrics, and how many groups at most. */
export type GroupsAsked = {
  by: { entity: string; key: string };
  metrics: readonly { key: string; statistic?: Statistic }[];
  limit: number;
};
export type Spread = { count: number; min: number | null; mean: number | null; max: number | null };
export type Group = { value: string | null; runs: number; running: number; failed: number; newestMs: number; metrics: Spread[] };
/** The largest groups; how many there are in all, and of how many runs. */
export type Groups = { groups: Group[]; total: number; runs: number };

export type Answer = {
  ids: string[];
  /** Order values of the last run, when there are more behind it. */
  last: SqlValue[] | undefined;
  total: number | undefined;
  /** Sixteen bytes per id, in place of `ids`, where that was asked. */
  packed?: Uint8Array<ArrayBuffer>;
  groups?: Groups;
  /** What it cost, for figures: reading changes and new columns, then choosing. */
  readMs: number;
  chooseMs: number;
  bytes: number;
};

/** Columns cannot say; the statement must. */
export type Unanswered = { unanswered: string };
/** Nobody can say: it would be too much to read. */
export type Refused = { refused: { key: string; step: number } };
export type Said = Answer | Unanswered | Refused;

/** The orders that a caller asked for and those that follow: the newest first, and the id, so that no two runs are equal. */
export function orderSteps(orders: readonly Order[]): Order[] {
  const steps = [...orders];
  if (!orders.some((one) => one.key === "start_time" && one.entity === "attribute"))
    steps.push({ entity: "attribute", key: "start_time", type: "number", descending: true });
  steps.push({ entity: "attribute", key: "run_id", type: "text", descending: false });
  return steps;
}

/** Where a value may be missing, one number before it says so: 0 a value, then NaN of a metric, then missing. */
export const mayMiss = (step: Order): boolean => step.entity !== "attribute" || step.key === "end_time";

/** What columns hold of a run's own row, and where. */
const attributeColumns: Readonly<Record<string, string>> = {
  run_name: "name",
  user_id: "by_name",
  status: "status",
  end_time: "ended_ms",
  kind: "kind",
  step: "step",
  verdict: "verdict",
  parent: "parent_id",
  seconds: "seconds",
};
/** What the table holds of every run, and columns of its own row. */
const isHeld = (key: string): boolean =>
  key === "run_id" || key === "start_time" || key === "experiment" || Object.hasOwn(attributeColumns, key);

const mostPatternLength = 2000;

/** Why columns cannot answer, if so. Which of them there are does not depend on what is stored. */
export function unanswerable(filter: readonly Condition[], order: readonly Order[], dialect: "sqlite" | "postgres"): string | undefined {
  for (const one of leavesOf(filter)) {
    if (one.entity === "dataset") return "datasets";
    if (one.entity === "attribute" && !isHeld(one.key)) return one.key;
    if (one.operator === "LIKE" || one.operator === "ILIKE") {
      if (one.entity === "attribute" && one.key === "run_id") return "patterns of run_id";
      // What PostgreSQL takes for the same letter depends on its locale; of letters of ASCII that can be asked (`foldedOtherwise`).
      if (one.operator === "ILIKE" && dialect === "postgres" && !/^[\x20-\x7e]*$/.test(String(one.values[0]))) return "ILIKE";
      if (String(one.values[0]).length > mostPatternLength) return "a long pattern";
    }
  }
  return order.find((one) => one.entity === "attribute" && !isHeld(one.key))?.key;
}

/** Name of the column that a comparison or an order needs; undefined for what every row of the table has. */
export function columnOf(one: { entity: string; key: string; statistic?: Statistic }): ColumnName | undefined {
  if (one.entity === "metric" || one.entity === "param" || one.entity === "tag")
    return { entity: one.entity, key: one.key, ...(one.statistic !== undefined && { statistic: one.statistic }) };
  const column = Object.hasOwn(attributeColumns, one.key) ? attributeColumns[one.key] : undefined;
  return column === undefined ? undefined : { entity: "attribute", key: column };
}
export type ColumnName = { entity: "metric" | "param" | "tag" | "attribute"; key: string; /** Of a metric. */ statistic?: Statistic };
/** Equal for equal names. */
export const nameText = (name: ColumnName): string => `${name.entity} ${name.statistic ?? ""} ${name.key}`;
