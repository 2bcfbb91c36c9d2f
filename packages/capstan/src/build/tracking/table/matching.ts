import type { Database } from "../../../base/storage/database.ts";
import type { RunKind } from "../model.ts";
import { listOf } from "../rows.ts";
import { compared, type Sql, sql } from "../search/compile.ts";
import type { Comparison } from "../search/vocabulary.ts";
import { askedOf, attributeSql, type Column } from "./vocabulary.ts";

/** Which runs are meant. */
export type RunQuestion = {
  project: string;
  kinds: readonly RunKind[];
  experiment?: string | undefined;
  filter: string;
  state: "active" | "deleted";
  roots: boolean;
  parent?: string | undefined;
};
type Dialect = Database["dialect"];

const joined = (parts: readonly Sql[], by: string): Sql => ({
  sql: parts.map((one) => one.sql).join(by),
  params: parts.flatMap((one) => one.params),
});

/** Absent values match nothing, `!=` included; NaN compares as 0, as everywhere in the search. */
function condition(dialect: Dialect, one: Comparison): Sql {
  if (one.entity === "attribute") return compared(dialect, attributeSql(one.key), one);
  if (one.entity === "dataset") {
    const asked = compared(dialect, one.key === "context" ? "i.context" : `d.${one.key}`, one);
    return sql(
      `exists (select 1 from dataset_input i join logged_dataset d on d.id = i.dataset_id where i.run_id = run.id and ${asked.sql})`,
      ...asked.params,
    );
  }
  const table = one.entity === "metric" ? "metric_latest" : one.entity;
  const has = `exists (select 1 from ${table} x where x.run_id = run.id and x.key = ?`;
  if (one.operator === "IS NULL") return sql(`not ${has})`, one.key);
  if (one.operator === "IS NOT NULL") return sql(`${has})`, one.key);
  const asked = compared(dialect, "x.value", one);
  return sql(`${has} and ${asked.sql})`, one.key, ...asked.params);
}

/** The condition on `run` that a question is. */
export function matching(dialect: Dialect, question: RunQuestion): Sql {
  const kinds = listOf<string>(question.kinds);
  const asked = askedOf(question.filter);
  return joined(
    [
      ...(question.experiment === undefined ? [] : [sql("run.experiment_id = ?", Number(question.experiment))]),
      // Runs of a deleted experiment count as deleted with it.
      question.state === "active"
        ? sql("run.lifecycle = 'active' and run.experiment_id not in (select id from experiment where lifecycle = 'deleted')")
        : sql("(run.lifecycle = 'deleted' or run.experiment_id in (select id from experiment where lifecycle = 'deleted'))"),
      sql("run.project = ?", question.project),
      sql(`run.kind in ${kinds.sql}`, ...kinds.params),
      ...(question.parent === undefined ? [] : [sql("run.parent_id = ?", question.parent)]),
      ...(question.roots ? [sql("run.parent_id is null")] : []),
      ...asked.map((one) => condition(dialect, one)),
    ],
    " and ",
  );
}

const metricColumn = { last: "value", min: "min_value", max: "max_value" } as const;

/** A metric's value of one run as an expression over an alias of metric_latest; null where it is NaN. */
export const metricValueSql = (alias: string, statistic: "last" | "min" | "max"): string =>
  statistic === "last" ? `(case when ${alias}.is_nan = 1 then null else ${alias}.value end)` : `${alias}.${metricColumn[statistic]}`;

/** What a column needs joined to `run` under `alias`, and its value. */
export function columnSql(column: Column, alias: string): { join: Sql; value: string } {
  if (column.entity === "attribute") return { join: sql(""), value: attributeSql(column.key) };
  const table = column.entity === "metric" ? "metric_latest" : column.entity;
  return {
    join: sql(` left join ${table} ${alias} on ${alias}.run_id = run.id and ${alias}.key = ?`, column.key),
    value: column.entity === "metric" ? metricValueSql(alias, column.statistic) : `${alias}.value`,
  };
}
