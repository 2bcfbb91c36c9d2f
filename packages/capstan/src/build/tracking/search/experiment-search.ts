import type { Database } from "../../../base/storage/database.ts";
import type { Experiment } from "../model.ts";
import type { ExperimentRow } from "../rows.ts";
import { bytewise, compared, type OrderPart, type Sql, sql } from "./compile.ts";
import { among, searchPage } from "./page.ts";
import { type Comparison, nullableText, numbers, textWord, typedFilter, typedOrders, type Vocabulary } from "./vocabulary.ts";

const filters: Vocabulary = {
  entities: { attribute: "attribute", attributes: "attribute", tag: "tag", tags: "tag" },
  open: { tag: nullableText },
  closed: { attribute: { name: textWord, creation_time: numbers, last_update_time: numbers } },
};
const orders: Vocabulary = {
  entities: { attribute: "attribute", attributes: "attribute" },
  open: {},
  closed: { attribute: { name: textWord, experiment_id: numbers, creation_time: numbers, last_update_time: numbers } },
};
const columns: Readonly<Record<string, string>> = {
  name: "e.name",
  experiment_id: "e.id",
  creation_time: "e.created_ms",
  last_update_time: "e.updated_ms",
};

export type ExperimentSearch = {
  filter?: string | undefined;
  orderBy?: readonly string[] | undefined;
  lifecycle: "active" | "deleted" | "all";
  limit: number;
  pageToken?: string | undefined;
  /** Any of them; all that there are when absent. */
  projects?: readonly string[] | undefined;
};

/** Experiments that a filter asks for, in an order, a page at a time; newest first unless asked otherwise. */
export function createExperimentSearch(database: Database, withTags: (rows: readonly ExperimentRow[]) => Promise<Experiment[]>) {
  const { dialect } = database;

  function condition(one: Comparison): Sql {
    if (one.entity === "attribute") return compared(dialect, columns[one.key] ?? "e.id", one);
    const has = "exists (select 1 from experiment_tag x where x.experiment_id = e.id and x.key = ?";
    if (one.operator === "IS NULL") return sql(`not ${has})`, one.key);
    if (one.operator === "IS NOT NULL") return sql(`${has})`, one.key);
    const asked = compared(dialect, "x.value", one);
    return { sql: `${has} and ${asked.sql})`, params: [one.key, ...asked.params] };
  }

  return async (search: ExperimentSearch): Promise<{ experiments: Experiment[]; next: string | undefined }> => {
    const filter = typedFilter(search.filter ?? "", filters);
    const asked = typedOrders(search.orderBy ?? [], orders);
    const parts = (asked.length > 0 ? asked : [{ key: "creation_time", type: "number", descending: true }]).map((one): OrderPart => {
      const column = columns[one.key] ?? "e.id";
      return { expression: sql(one.type === "text" ? bytewise(dialect, column) : column), descending: one.descending };
    });
    if (!asked.some((one) => one.key === "experiment_id")) parts.push({ expression: sql("e.id"), descending: true });
    const { page, next } = await searchPage<ExperimentRow>(database, {
      table: "experiment e",
      where: [
        ...filter.map(condition),
        ...(search.lifecycle === "all" ? [] : [sql("e.lifecycle = ?", search.lifecycle)]),
        ...among("e.project", search.projects),
      ],
      order: parts,
      question: [search.filter ?? "", search.orderBy ?? [], search.lifecycle],
      limit: search.limit,
      pageToken: search.pageToken,
    });
    return { experiments: await withTags(page), next };
  };
}
