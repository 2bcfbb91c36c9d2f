import type { Database } from "../../../base/storage/database.ts";
import type { GroupsAsked } from "../search/columns/question.ts";
import type { TypedSearch } from "../search/run-search.ts";
import type { Comparison, Order, Statistic } from "../search/vocabulary.ts";
import type { RunQuestion } from "./matching.ts";
import { type Column, columnOf, type MetricColumn } from "./vocabulary.ts";

const keyOf: Readonly<Record<string, string>> = {
  id: "run_id",
  name: "run_name",
  user: "user_id",
  started: "start_time",
  ended: "end_time",
};
const held = (column: { key: string }): string => keyOf[column.key] ?? column.key;

const numeric = new Set(["started", "ended", "seconds", "experiment"]);

const metricOf = ({ key, statistic }: MetricColumn): { entity: "metric"; key: string; statistic?: Statistic } => ({
  entity: "metric",
  key,
  ...(statistic !== "last" && { statistic }),
});

/** An order as columns know it: texts of params that are numbers go by their size. */
function orderOf(text: string): Order {
  const column = columnOf(text.replace(/^-/, ""), "order");
  const descending = text.startsWith("-");
  if (column.entity === "metric") return { ...metricOf(column), type: "number", descending };
  if (column.entity !== "attribute") return { entity: column.entity, key: column.key, type: "number", descending };
  return {
    entity: "attribute",
    key: held(column),
    type: numeric.has(column.key) ? "number" : "text",
    descending,
  };
}

/** By what columns can put runs together. */
export function groupsOf(by: Column, metrics: readonly Column[], limit: number): GroupsAsked | undefined {
  if (by.entity === "metric" || (by.entity === "attribute" && ["started", "ended", "id", "seconds"].includes(by.key))) return undefined;
  const spread = metrics.filter((one): one is MetricColumn => one.entity === "metric");
  return { by: { entity: by.entity, key: by.entity === "attribute" ? held(by) : by.key }, metrics: spread.map(metricOf), limit };
}

/** A question of the table as a search by columns. */
export async function typedSearchOf(database: Database, question: RunQuestion, order: readonly string[]): Promise<TypedSearch> {
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
      ...question.conditions,
      ...(question.roots ? [text("parent", "IS NULL", [])] : []),
      ...(question.parent === undefined ? [] : [text("parent", "=", [question.parent])]),
    ],
    order: order.map(orderOf),
  };
}
