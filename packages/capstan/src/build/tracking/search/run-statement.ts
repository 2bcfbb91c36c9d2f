import type { Database, SqlValue } from "../../../base/storage/database.ts";
import { listOf } from "../rows.ts";
import {
  behind,
  bytewise,
  compared,
  comparedMetric,
  missingLast,
  orderColumns,
  type OrderPart,
  orderText,
  type Sql,
  sql,
} from "./compile.ts";
import type { RunSearch } from "./run-search.ts";
import type { Comparison, Order } from "./vocabulary.ts";

/** An experiment that a search names, as it is now. */
export type SearchedExperiment = { id: number; lifecycle: string; created_ms: number; runs_left: number };

const columns: Readonly<Record<string, string>> = {
  run_id: "run.id",
  run_name: "run.name",
  user_id: "run.by_name",
  status: "run.status",
  start_time: "run.started_ms",
  end_time: "run.ended_ms",
};

/** A search of runs as one statement, whatever its filter; no cost for the pages before. */
export function createRunStatement(dialect: Database["dialect"]) {
  const column = (key: string, artifactRoot: string): Sql =>
    key === "artifact_uri"
      ? sql(
          "(select coalesce(e.artifact_location, ? || cast(e.id as TEXT)) || '/' || run.id || '/artifacts' from experiment e where e.id = run.experiment_id)",
          `${artifactRoot.replace(/\/+$/, "")}/`,
        )
      : sql(columns[key] ?? "run.id");

  function condition(one: Comparison, artifactRoot: string): Sql {
    if (one.entity === "attribute") {
      const of = column(one.key, artifactRoot);
      const asked = compared(dialect, of.sql, one);
      return { sql: asked.sql, params: [...of.params, ...asked.params] };
    }
    if (one.entity === "dataset") {
      const asked = compared(dialect, one.key === "context" ? "i.context" : `d.${one.key}`, one);
      return {
        sql: `exists (select 1 from dataset_input i join logged_dataset d on d.id = i.dataset_id where i.run_id = run.id and ${asked.sql})`,
        params: asked.params,
      };
    }
    const table = one.entity === "metric" ? "metric_latest" : one.entity;
    const has = `exists (select 1 from ${table} x where x.run_id = run.id and x.key = ?`;
    if (one.operator === "IS NULL") return sql(`not ${has})`, one.key);
    if (one.operator === "IS NOT NULL") return sql(`${has})`, one.key);
    const asked = one.entity === "metric" ? comparedMetric(dialect, "x", one) : compared(dialect, "x.value", one);
    return { sql: `${has} and ${asked.sql})`, params: [one.key, ...asked.params] };
  }

  /** Joins and parts of an order: values, then NaN, then what is missing; at last the newest, and the id, so that no two runs are equal. */
  function ordered(steps: readonly Order[], artifactRoot: string): { joins: Sql; parts: OrderPart[] } {
    const joins: Sql[] = [];
    const parts = steps.flatMap((order, i): OrderPart[] => {
      const { descending } = order;
      if (order.entity === "attribute") {
        const of = column(order.key, artifactRoot);
        if (order.key === "end_time")
          return missingLast(sql("(case when run.ended_ms is null then 1 else 0 end)"), sql("coalesce(run.ended_ms, 0)"), descending);
        return [{ expression: order.type === "text" ? { ...of, sql: bytewise(dialect, of.sql) } : of, descending }];
      }
      const table = order.entity === "metric" ? "metric_latest" : order.entity;
      joins.push(sql(`left join ${table} j${i} on j${i}.run_id = run.id and j${i}.key = ?`, order.key));
      return order.entity === "metric"
        ? missingLast(
            sql(`(case when j${i}.is_nan = 1 then 1 when j${i}.value is null then 2 else 0 end)`),
            sql(`coalesce(j${i}.value, 0)`),
            descending,
          )
        : missingLast(
            sql(`(case when j${i}.value is null then 1 else 0 end)`),
            sql(bytewise(dialect, `coalesce(j${i}.value, '')`)),
            descending,
          );
    });
    return { joins: { sql: joins.map((one) => one.sql).join(" "), params: joins.flatMap((one) => one.params) }, parts };
  }

  /** Runs of a deleted experiment count as deleted with it. */
  function among(search: RunSearch, experiments: readonly SearchedExperiment[]): Sql | undefined {
    const active = experiments.filter((one) => one.lifecycle !== "deleted").map((one) => one.id);
    const deleted = experiments.filter((one) => one.lifecycle === "deleted").map((one) => one.id);
    const alternatives: Sql[] = [];
    const inExperiments = (ids: readonly number[], lifecycle: "active" | "deleted" | undefined): void => {
      if (ids.length === 0) return;
      const list = listOf(ids);
      const place =
        ids.length === 1
          ? { sql: "run.experiment_id = ?", params: [...ids] }
          : { sql: `run.experiment_id in ${list.sql}`, params: list.params };
      alternatives.push(
        lifecycle === undefined
          ? { sql: `(${place.sql} and run.lifecycle in ('active', 'deleted'))`, params: place.params }
          : { sql: `(${place.sql} and run.lifecycle = ?)`, params: [...place.params, lifecycle] },
      );
    };
    if (search.lifecycle === "active") inExperiments(active, "active");
    else if (search.lifecycle === "deleted") {
      inExperiments(active, "deleted");
      inExperiments(deleted, undefined);
    } else inExperiments([...active, ...deleted], undefined);
    if (alternatives.length === 0) return undefined;
    const parts = [
      {
        sql: alternatives.length === 1 ? (alternatives[0]?.sql ?? "") : `(${alternatives.map((one) => one.sql).join(" or ")})`,
        params: alternatives.flatMap((one) => one.params),
      },
    ];
    for (const [name, values] of [
      ["run.kind", search.kinds],
      ["run.project", search.projects],
    ] as const) {
      if (values === undefined) continue;
      if (values.length === 0) return undefined;
      const list = listOf<string>(values);
      parts.push({ sql: `${name} in ${list.sql}`, params: list.params });
    }
    return { sql: parts.map((one) => one.sql).join(" and "), params: parts.flatMap((one) => one.params) };
  }

  const whereOf = (all: readonly Sql[]): Sql => ({
    sql: all.map((one) => one.sql).join(" and "),
    params: all.flatMap((one) => one.params),
  });

  return {
    among,
    ordered,
    /** Ids with the values of their order, one more than the page holds. Ids alone are sorted: rows are wide, and only those of the page are read. */
    page(
      place: Sql,
      filter: readonly Comparison[],
      order: ReturnType<typeof ordered>,
      after: readonly SqlValue[] | undefined,
      search: RunSearch,
    ): Sql {
      const { joins, parts } = order;
      const where = whereOf([place, ...filter.map((one) => condition(one, search.artifactRoot)), ...(after ? [behind(parts, after)] : [])]);
      const values = orderColumns(parts);
      return {
        sql: `select run.id, ${values.sql} from run ${joins.sql} where ${where.sql} order by ${orderText(parts)} limit ?`,
        params: [...values.params, ...joins.params, ...where.params, search.limit + 1],
      };
    },
    count(place: Sql, filter: readonly Comparison[], search: RunSearch): Sql {
      const where = whereOf([place, ...filter.map((one) => condition(one, search.artifactRoot))]);
      return { sql: `select count(*) as n from run where ${where.sql}`, params: where.params };
    },
  };
}
