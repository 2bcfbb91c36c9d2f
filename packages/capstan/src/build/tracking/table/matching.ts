import type { Database } from "../../../base/storage/database.ts";
import type { RunKind } from "../model.ts";
import { listOf } from "../rows.ts";
import { compared, comparedMetric, numberSql, type Sql, sql } from "../search/compile.ts";
import type { Comparison, Condition, Statistic } from "../search/vocabulary.ts";
import { noSteps, type StepRows, stepRows } from "./step-rows.ts";
import { attributeSql, type Column, type MetricColumn } from "./vocabulary.ts";

/** Which runs are meant. */
export type RunQuestion = {
  project: string;
  kinds: readonly RunKind[];
  experiment?: string | undefined;
  /** As it was written. */
  filter: string;
  /** Who asks, where the filter may speak of it. */
  me?: string;
  /** What it means at the moment of the question. */
  conditions: readonly Condition[];
  state: "active" | "deleted";
  roots: boolean;
  parent?: string | undefined;
};
type Dialect = Database["dialect"];
const metricColumn = { min: "min_value", max: "max_value" } as const;

const joined = (parts: readonly Sql[], by: string): Sql => ({
  sql: parts.map((one) => one.sql).join(by),
  params: parts.flatMap((one) => one.params),
});

/** A condition and what it is put together of. */
function condition(dialect: Dialect, one: Condition, steps: StepRows): Sql {
  const parts = (some: readonly Condition[], by: string): Sql => {
    const all = joined(
      some.map((each) => condition(dialect, each, steps)),
      by,
    );
    return { sql: `(${all.sql})`, params: all.params };
  };
  if ("all" in one) return parts(one.all, " and ");
  if ("any" in one) return parts(one.any, " or ");
  if (!("not" in one)) return comparison(dialect, one, steps);
  const held = condition(dialect, one.not, steps);
  // What is missing is no match of the comparison, and so one of its opposite.
  return { sql: `((${held.sql}) is not true)`, params: held.params };
}

/** Absent values match nothing, `!=` included; NaN differs from every number, and no other comparison holds of it. */
function comparison(dialect: Dialect, one: Comparison, steps: StepRows): Sql {
  if (one.entity === "attribute") return compared(dialect, attributeSql(one.key), one);
  if (one.entity === "dataset") {
    const column = one.key === "context" ? "i.context" : `d.${one.key}`;
    const asked = one.operator === "IS NULL" ? sql(`${column} is not null`) : compared(dialect, column, one);
    return sql(
      `${one.operator === "IS NULL" ? "not " : ""}exists (select 1 from dataset_input i join logged_dataset d on d.id = i.dataset_id where i.run_id = run.id and ${asked.sql})`,
      ...asked.params,
    );
  }
  if (one.statistic !== undefined && one.statistic !== "min" && one.statistic !== "max") {
    const rows = stepRows(steps, one.key, one.statistic);
    const isNull = one.operator === "IS NULL";
    const asked = isNull || one.operator === "IS NOT NULL" ? sql("1 = 1") : comparedMetric(dialect, "x", one);
    return sql(`run.id ${isNull ? "not " : ""}in (select x.run_id from ${rows.sql} x where ${asked.sql})`, ...rows.params, ...asked.params);
  }
  const table = one.entity === "metric" ? "metric_latest" : one.entity;
  const has = `exists (select 1 from ${table} x where x.run_id = run.id and x.key = ?`;
  // Of values that are none, no least and no greatest is known.
  const there = one.statistic === undefined ? "" : ` and x.${metricColumn[one.statistic]} is not null`;
  if (one.operator === "IS NULL") return sql(`not ${has}${there})`, one.key);
  if (one.operator === "IS NOT NULL") return sql(`${has}${there})`, one.key);
  const asked =
    one.statistic !== undefined
      ? compared(dialect, `x.${metricColumn[one.statistic]}`, one)
      : one.entity === "metric"
        ? comparedMetric(dialect, "x", one)
        : compared(dialect, one.type === "number" ? numberSql(dialect, "x.value") : "x.value", one);
  return sql(`${has} and ${asked.sql})`, one.key, ...asked.params);
}

/** The condition on `run` that a question is. */
export function matching(dialect: Dialect, question: RunQuestion, steps: StepRows = noSteps): Sql {
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
      ...question.conditions.map((one) => condition(dialect, one, steps)),
    ],
    " and ",
  );
}

/** A metric's value of one run as an expression over an alias of metric_latest, or of values at a step; null where it is NaN. */
export const metricValueSql = (alias: string, statistic: "last" | Statistic): string =>
  statistic === "min" || statistic === "max"
    ? `${alias}.${metricColumn[statistic]}`
    : `(case when ${alias}.is_nan = 1 then null else ${alias}.value end)`;

/** The rows that hold a metric, one per run, under `alias`, of the run whose id is `id`. */
export const metricJoin = ({ key, statistic }: MetricColumn, alias: string, id: string, steps: StepRows): Sql => {
  if (statistic === "last" || statistic === "min" || statistic === "max")
    return sql(`join metric_latest ${alias} on ${alias}.run_id = ${id} and ${alias}.key = ?`, key);
  const rows = stepRows(steps, key, statistic);
  return sql(`join ${rows.sql} ${alias} on ${alias}.run_id = ${id}`, ...rows.params);
};

/** What a column needs joined to `run` under `alias`, and its value. */
export function columnSql(column: Column, alias: string, steps: StepRows = noSteps): { join: Sql; value: string } {
  if (column.entity === "attribute") return { join: sql(""), value: attributeSql(column.key) };
  if (column.entity === "metric") {
    const { sql: text, params } = metricJoin(column, alias, "run.id", steps);
    return { join: sql(` left ${text}`, ...params), value: metricValueSql(alias, column.statistic) };
  }
  return {
    join: sql(` left join ${column.entity} ${alias} on ${alias}.run_id = run.id and ${alias}.key = ?`, column.key),
    value: `${alias}.value`,
  };
}
