import type { Database } from "../../../base/storage/database.ts";
import type { RunKind } from "../model.ts";
import { listOf } from "../rows.ts";
import { compared, comparedMetric, type Sql, sql } from "../search/compile.ts";
import type { Comparison, Condition } from "../search/vocabulary.ts";
import { attributeSql, type Column } from "./vocabulary.ts";

/** Which runs are meant. */
export type RunQuestion = {
  project: string;
  kinds: readonly RunKind[];
  experiment?: string | undefined;
  /** As it was written. */
  filter: string;
  /** What it means at the moment of the question. */
  conditions: readonly Condition[];
  state: "active" | "deleted";
  roots: boolean;
  parent?: string | undefined;
};
type Dialect = Database["dialect"];
const metricColumn = { last: "value", min: "min_value", max: "max_value" } as const;

const joined = (parts: readonly Sql[], by: string): Sql => ({
  sql: parts.map((one) => one.sql).join(by),
  params: parts.flatMap((one) => one.params),
});

/** A condition and what it is put together of. */
function condition(dialect: Dialect, one: Condition): Sql {
  const parts = (some: readonly Condition[], by: string): Sql => {
    const all = joined(
      some.map((each) => condition(dialect, each)),
      by,
    );
    return { sql: `(${all.sql})`, params: all.params };
  };
  if ("all" in one) return parts(one.all, " and ");
  if ("any" in one) return parts(one.any, " or ");
  if (!("not" in one)) return comparison(dialect, one);
  const held = condition(dialect, one.not);
  // What is missing is no match of the comparison, and so one of its opposite.
  return { sql: `((${held.sql}) is not true)`, params: held.params };
}

/** Absent values match nothing, `!=` included; NaN differs from every number, and no other comparison holds of it. */
function comparison(dialect: Dialect, one: Comparison): Sql {
  if (one.entity === "attribute") return compared(dialect, attributeSql(one.key), one);
  if (one.entity === "dataset") {
    const column = one.key === "context" ? "i.context" : `d.${one.key}`;
    const asked = one.operator === "IS NULL" ? sql(`${column} is not null`) : compared(dialect, column, one);
    return sql(
      `${one.operator === "IS NULL" ? "not " : ""}exists (select 1 from dataset_input i join logged_dataset d on d.id = i.dataset_id where i.run_id = run.id and ${asked.sql})`,
      ...asked.params,
    );
  }
  const table = one.entity === "metric" ? "metric_latest" : one.entity;
  const has = `exists (select 1 from ${table} x where x.run_id = run.id and x.key = ?`;
  if (one.operator === "IS NULL") return sql(`not ${has})`, one.key);
  if (one.operator === "IS NOT NULL") return sql(`${has})`, one.key);
  const asked =
    one.statistic !== undefined
      ? compared(dialect, `x.${metricColumn[one.statistic]}`, one)
      : one.entity === "metric"
        ? comparedMetric(dialect, "x", one)
        : compared(dialect, "x.value", one);
  return sql(`${has} and ${asked.sql})`, one.key, ...asked.params);
}

/** The condition on `run` that a question is. */
export function matching(dialect: Dialect, question: RunQuestion): Sql {
  const kinds = listOf<string>(question.kinds);
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
      ...question.conditions.map((one) => condition(dialect, one)),
    ],
    " and ",
  );
}

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
