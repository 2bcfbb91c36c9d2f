import type { Database } from "../../../base/storage/database.ts";
import type { LoggedModel } from "../model.ts";
import { type LoggedModelRow, loggedModelOf } from "../rows.ts";
import { bytewise, compared, comparedMetric, missingLast, type OrderPart, type Sql, sql } from "./compile.ts";
import { among, searchPage } from "./page.ts";
import { type Comparison, listText, numbers, type Order, typedFilter, typedOrders, type Vocabulary } from "./vocabulary.ts";

const vocabulary: Vocabulary = {
  entities: {
    metrics: "metric",
    metric: "metric",
    params: "param",
    param: "param",
    tags: "tag",
    tag: "tag",
    attributes: "attribute",
    attribute: "attribute",
  },
  open: { metric: numbers, param: listText, tag: listText },
  closed: {
    attribute: {
      name: listText,
      model_id: listText,
      model_type: listText,
      status: listText,
      source_run_id: listText,
      creation_timestamp: numbers,
      creation_timestamp_ms: { ...numbers, as: "creation_timestamp" },
      creation_time: { ...numbers, as: "creation_timestamp" },
      last_updated_timestamp: numbers,
      last_updated_timestamp_ms: { ...numbers, as: "last_updated_timestamp" },
      last_updated_time: { ...numbers, as: "last_updated_timestamp" },
    },
  },
};
const columns: Readonly<Record<string, string>> = {
  name: "m.name",
  model_id: "m.id",
  model_type: "m.model_type",
  status: "m.status",
  source_run_id: "m.source_run_id",
  creation_timestamp: "m.created_ms",
  last_updated_timestamp: "m.updated_ms",
};

type OnDataset = { name: string; digest?: string | undefined };
export type LoggedModelSearch = {
  experimentIds: readonly string[];
  filter?: string | undefined;
  /** Metrics count that were measured on any of them; all when there is none. */
  datasets?: readonly OnDataset[];
  orderBy?: readonly { field: string; ascending: boolean; dataset?: OnDataset | undefined }[];
  limit: number;
  pageToken?: string | undefined;
  projects?: readonly string[] | undefined;
};

const onDataset = (one: OnDataset): Sql =>
  one.digest === undefined
    ? sql("x.dataset_name = ?", one.name)
    : sql("(x.dataset_name = ? and x.dataset_digest = ?)", one.name, one.digest);

/** Logged models that a filter asks for, newest first unless asked otherwise; a metric orders by its latest value. */
export function createLoggedModelSearch(database: Database) {
  const { dialect } = database;

  function condition(one: Comparison, datasets: readonly OnDataset[]): Sql {
    if (one.entity === "attribute")
      return one.key === "status" && one.type === "text"
        ? compared(dialect, "m.status", { ...one, values: one.values.map((word) => word.replace(/^LOGGED_MODEL_/, "")) })
        : compared(dialect, columns[one.key] ?? "m.id", one);
    const asked = one.entity === "metric" ? comparedMetric(dialect, "x", one) : compared(dialect, "x.value", one);
    const on = one.entity === "metric" && datasets.length > 0 ? datasets.map(onDataset) : [];
    return {
      sql: `exists (select 1 from logged_model_${one.entity} x where x.model_id = m.id and x.key = ? and ${asked.sql}${on.length > 0 ? ` and (${on.map((part) => part.sql).join(" or ")})` : ""})`,
      params: [one.key, ...asked.params, ...on.flatMap((part) => part.params)],
    };
  }

  const measuredOn = (datasets: readonly OnDataset[]): Sql[] => {
    const on = datasets.map(onDataset);
    if (on.length === 0) return [];
    return [
      {
        sql: `exists (select 1 from logged_model_metric x where x.model_id = m.id and (${on.map((one) => one.sql).join(" or ")}))`,
        params: on.flatMap((one) => one.params),
      },
    ];
  };

  function part(order: Order, dataset: OnDataset | undefined): OrderPart[] {
    const { descending } = order;
    if (order.entity === "attribute") {
      const column = columns[order.key] ?? "m.id";
      if (order.type === "number") return [{ expression: sql(column), descending }];
      return missingLast(
        sql(`(case when ${column} is null then 1 else 0 end)`),
        sql(bytewise(dialect, `coalesce(${column}, '')`)),
        descending,
      );
    }
    const on = order.entity === "metric" && dataset ? onDataset(dataset) : undefined;
    const latest = order.entity === "metric" ? " order by x.time_ms desc, x.step desc" : "";
    const value = (what: string): Sql => ({
      sql: `(select ${what} from logged_model_${order.entity} x where x.model_id = m.id and x.key = ?${on ? ` and ${on.sql}` : ""}${latest} limit 1)`,
      params: [order.key, ...(on?.params ?? [])],
    });
    const wrapped = (inner: Sql, before: string, behindIt: string): Sql => ({
      sql: `${before}${inner.sql}${behindIt}`,
      params: inner.params,
    });
    return missingLast(
      wrapped(value(order.entity === "metric" ? "x.is_nan" : "0"), "coalesce(", ", 2)"),
      order.entity === "metric"
        ? wrapped(value("x.value"), "coalesce(", ", 0)")
        : wrapped(value("x.value"), "coalesce(", bytewise(dialect, ", '')")),
      descending,
    );
  }

  return async (search: LoggedModelSearch): Promise<{ models: LoggedModel[]; next: string | undefined }> => {
    const filter = typedFilter(search.filter ?? "", vocabulary);
    const asked = search.orderBy ?? [];
    const orders = typedOrders(
      asked.map((one) => `${one.field} ${one.ascending ? "ASC" : "DESC"}`),
      vocabulary,
    );
    const parts = orders.flatMap((one, i) => part(one, asked[i]?.dataset));
    if (!orders.some((one) => one.key === "creation_timestamp")) parts.push({ expression: sql("m.created_ms"), descending: true });
    parts.push({ expression: sql(bytewise(dialect, "m.id")), descending: false });
    const { page, next } = await searchPage<LoggedModelRow>(database, {
      table: "logged_model m",
      where: [
        ...among("m.experiment_id", search.experimentIds.map(Number)),
        sql("m.lifecycle = 'active'"),
        ...filter.map((one) => condition(one, search.datasets ?? [])),
        ...measuredOn(search.datasets ?? []),
        ...among("m.project", search.projects),
      ],
      order: parts,
      question: [[...search.experimentIds].sort(), search.filter ?? "", search.datasets ?? [], asked],
      limit: search.limit,
      pageToken: search.pageToken,
    });
    return { models: page.map(loggedModelOf), next };
  };
}
