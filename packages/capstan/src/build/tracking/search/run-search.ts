import type { Database, Row } from "../../../base/storage/database.ts";
import type { Run, RunKind } from "../model.ts";
import { inParts, listOf, type RunRow, runOf } from "../rows.ts";
import {
  afterOf,
  behind,
  bytewise,
  compared,
  fingerprint,
  missingLast,
  orderColumns,
  type OrderPart,
  orderText,
  pageOf,
  type Sql,
  sql,
} from "./compile.ts";
import { type Comparison, listText, nullableText, numbers, type Order, typedFilter, typedOrders, type Vocabulary } from "./vocabulary.ts";

export const runVocabulary: Vocabulary = {
  entities: {
    metric: "metric",
    metrics: "metric",
    param: "param",
    params: "param",
    parameter: "param",
    parameters: "param",
    tag: "tag",
    tags: "tag",
    attribute: "attribute",
    attributes: "attribute",
    attr: "attribute",
    run: "attribute",
    dataset: "dataset",
    datasets: "dataset",
  },
  open: { metric: numbers, param: nullableText, tag: nullableText },
  closed: {
    attribute: {
      run_id: listText,
      run_name: listText,
      "run name": { ...listText, as: "run_name" },
      "Run name": { ...listText, as: "run_name" },
      "Run Name": { ...listText, as: "run_name" },
      user_id: listText,
      status: listText,
      artifact_uri: listText,
      start_time: numbers,
      created: { ...numbers, as: "start_time" },
      Created: { ...numbers, as: "start_time" },
      end_time: numbers,
    },
    dataset: { name: listText, digest: listText, context: listText },
  },
  unordered: ["dataset"],
};

export type RunSearch = {
  experimentIds: readonly string[];
  filter?: string | undefined;
  orderBy?: readonly string[] | undefined;
  lifecycle: "active" | "deleted" | "all";
  limit: number;
  pageToken?: string | undefined;
  /** Any of them; all that there are when absent. */
  projects?: readonly string[] | undefined;
  kinds: readonly RunKind[];
  /** Where experiments without a place of their own keep artifacts. */
  artifactRoot: string;
};

const columns: Readonly<Record<string, string>> = {
  run_id: "run.id",
  run_name: "run.name",
  user_id: "run.by_name",
  status: "run.status",
  start_time: "run.started_ms",
  end_time: "run.ended_ms",
};

/** Runs that a filter asks for, in an order, a page at a time: one statement whatever the filter, and no cost for the pages before. */
export function createRunSearch(database: Database) {
  const { dialect } = database;

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
    const asked = compared(dialect, "x.value", one);
    return { sql: `${has} and ${asked.sql})`, params: [one.key, ...asked.params] };
  }

  /** Joins and parts of an order: values, then NaN, then what is missing; at last the newest, and the id, so that no two runs are equal. */
  function ordered(orders: readonly Order[], artifactRoot: string): { joins: Sql; parts: OrderPart[] } {
    const joins: Sql[] = [];
    const parts = orders.flatMap((order, i): OrderPart[] => {
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
    if (!orders.some((one) => one.key === "start_time" && one.entity === "attribute"))
      parts.push({ expression: sql("run.started_ms"), descending: true });
    parts.push({ expression: sql(bytewise(dialect, "run.id")), descending: false });
    return { joins: { sql: joins.map((one) => one.sql).join(" "), params: joins.flatMap((one) => one.params) }, parts };
  }

  /** Experiments by whether they are deleted: their runs count as deleted with them. */
  async function places(search: RunSearch): Promise<{ active: number[]; deleted: number[] }> {
    const found: { active: number[]; deleted: number[] } = { active: [], deleted: [] };
    if (search.experimentIds.length === 0) return found;
    const ids = listOf(search.experimentIds.map(Number));
    for (const row of await database.all<{ id: number; lifecycle: string }>(
      `select id, lifecycle from experiment where id in ${ids.sql}`,
      ids.params,
    ))
      found[row.lifecycle === "deleted" ? "deleted" : "active"].push(row.id);
    return found;
  }

  function among(search: RunSearch, { active, deleted }: { active: number[]; deleted: number[] }): Sql | undefined {
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

  async function rowsOf(ids: readonly string[]): Promise<Run[]> {
    const found = new Map<string, Run>();
    await inParts(ids, async (part) => {
      const list = listOf(part);
      for (const row of await database.all<RunRow>(`select * from run where id in ${list.sql}`, list.params)) found.set(row.id, runOf(row));
    });
    return ids.flatMap((id) => found.get(id) ?? []);
  }

  return {
    async search(search: RunSearch): Promise<{ runs: Run[]; next: string | undefined }> {
      const filter = typedFilter(search.filter ?? "", runVocabulary);
      const { joins, parts } = ordered(typedOrders(search.orderBy ?? [], runVocabulary), search.artifactRoot);
      const question = fingerprint([[...search.experimentIds].sort(), search.filter ?? "", search.orderBy ?? [], search.lifecycle]);
      const after = search.pageToken ? afterOf(search.pageToken, question, parts.length) : undefined;
      const place = among(search, await places(search));
      if (!place) return { runs: [], next: undefined };
      const where = [place, ...filter.map((one) => condition(one, search.artifactRoot)), ...(after ? [behind(parts, after)] : [])];
      const values = orderColumns(parts);
      // Ids alone are sorted: rows are wide, and only those of the page are read.
      const rows = await database.all<Row & { id: string }>(
        `select run.id, ${values.sql} from run ${joins.sql} where ${where.map((one) => one.sql).join(" and ")} order by ${orderText(parts)} limit ?`,
        [...values.params, ...joins.params, ...where.flatMap((one) => one.params), search.limit + 1],
      );
      const { page, next } = pageOf(rows, search.limit, question, parts);
      return { runs: await rowsOf(page.map((row) => row.id)), next };
    },
  };
}
