import type { Database } from "../../../base/storage/database.ts";
import type { GroupsAsked } from "../search/columns/question.ts";
import type { TypedSearch } from "../search/run-search.ts";
import type { Comparison, Order } from "../search/vocabulary.ts";
import type { RunQuestion } from "./matching.ts";
import { askedOf, type Column, columnOf } from "./vocabulary.ts";

const keyOf: Readonly<Record<string, string>> = {
  id: "run_id",
  name: "run_name",
  user: "user_id",
  started: "start_time",
  ended: "end_time",
};
const held = (column: { key: string }): string => keyOf[column.key] ?? column.key;

/** An order as columns know it: texts of params that are numbers go by their size. Undefined for what they do not hold. */
function orderOf(text: string): Order | undefined {
  const column = columnOf(text.replace(/^-/, ""), "order");
  const descending = text.startsWith("-");
  if (column.entity === "metric")
    return column.statistic === "last" ? { entity: "metric", key: column.key, type: "number", descending } : undefined;
  if (column.entity !== "attribute") return { entity: column.entity, key: column.key, type: "number", descending };
  return {
    entity: "attribute",
    key: held(column),
    type: column.key === "started" || column.key === "ended" ? "number" : "text",
    descending,
  };
}

/** By what columns can put runs together. */
export function groupsOf(by: Column, metrics: readonly Column[], limit: number): GroupsAsked | undefined {
  if (by.entity === "metric" || (by.entity === "attribute" && ["started", "ended", "id", "seconds", "experiment"].includes(by.key)))
    return undefined;
  if (!metrics.every((one) => one.entity === "metric" && one.statistic === "last")) return undefined;
  return { by: { entity: by.entity, key: by.entity === "attribute" ? held(by) : by.key }, metrics: metrics.map((one) => one.key), limit };
}

/** A question of the table as a search by columns; undefined when an order of it is none that they know. */
export async function typedSearchOf(database: Database, question: RunQuestion, order: readonly string[]): Promise<TypedSearch | undefined> {
  const orders = order.map(orderOf);
  if (!orders.every((one) => one !== undefined)) return undefined;
  const text = (key: string, operator: Comparison["operator"], values: readonly string[]): Comparison => ({
    entity: "attribute",
    key,
    operator,
    position: 1,
    type: "text",
    values,
  });
  const experimentIds =
    question.experiment !== undefined
      ? [question.experiment]
      : (await database.all<{ id: number }>("select id from experiment where project = ?", [question.project])).map((row) =>
          String(row.id),
        );
  return {
    experimentIds,
    projects: [question.project],
    kinds: question.kinds,
    lifecycle: question.state,
    filter: [
      ...askedOf(question.filter),
      ...(question.roots ? [text("parent", "IS NULL", [])] : []),
      ...(question.parent === undefined ? [] : [text("parent", "=", [question.parent])]),
    ],
    order: orders,
  };
}
