import type { Database } from "../../../base/storage/database.ts";
import { integer, text, texts } from "../../tracking/mlflow/fields.ts";
import { invalid } from "../../tracking/mlflow/failures.ts";
import type { Input } from "../../tracking/mlflow/model.ts";
import { bytewise, compared, type OrderPart, sql } from "../../tracking/search/compile.ts";
import { searchPage } from "../../tracking/search/page.ts";
import {
  type Comparison,
  listText,
  numbers,
  type Order,
  textWord,
  typedFilter,
  typedOrders,
  type Vocabulary,
} from "../../tracking/search/vocabulary.ts";
import type { Model, ModelVersion } from "../model.ts";
import { modelOf, type ModelRow } from "../model-store.ts";
import { promptTag } from "../notices.ts";
import { type VersionRow, versionOf } from "../store.ts";

const entities = { attribute: "attribute", attributes: "attribute", attr: "attribute", tag: "tag", tags: "tag" };
const open = { tag: textWord };
const timestamps = { timestamp: { ...numbers, as: "updated_ms" }, last_updated_timestamp: { ...numbers, as: "updated_ms" } };

/** One noun that is searched: its table, the columns of its names, and how its tags are found. */
type Searched<T> = {
  table: string;
  of(row: never): T;
  filters: Vocabulary;
  orders: Vocabulary;
  columns: Readonly<Record<string, string>>;
  tags: string;
  /** Joins a tag to its row of the table, and to a row of the same model. */
  sameRow: string;
  sameModel: string;
  /** The order when none is asked for, and what every order ends with. */
  usual: readonly Order[];
  lasting: readonly Order[];
  limit: { usual: number; most: number };
};
const byName: Order = { entity: "attribute", key: "name", type: "text", descending: false };

export const searchedModels: Searched<Model> = {
  table: "model",
  of: (row: ModelRow) => modelOf(row),
  filters: { entities, open, closed: { attribute: { name: listText } } },
  orders: { entities, open: {}, closed: { attribute: { name: textWord, ...timestamps } }, unordered: ["tag"] },
  columns: { name: "name", updated_ms: "updated_ms" },
  tags: "model_tag",
  sameRow: "held.project = one.project and held.model = one.name",
  sameModel: "held.project = one.project and held.model = one.name",
  usual: [],
  lasting: [byName],
  limit: { usual: 100, most: 1000 },
};
export const searchedVersions: Searched<ModelVersion> = {
  table: "model_version",
  of: (row: VersionRow) => versionOf(row),
  filters: {
    entities,
    open,
    closed: { attribute: { name: listText, run_id: listText, source_path: textWord, version_number: { ...numbers, quoted: true } } },
  },
  orders: {
    entities,
    open: {},
    closed: { attribute: { name: textWord, version_number: numbers, creation_timestamp: numbers, ...timestamps } },
    unordered: ["tag"],
  },
  columns: {
    name: "model",
    run_id: "stated_run",
    source_path: "source",
    version_number: "number",
    creation_timestamp: "created_ms",
    updated_ms: "updated_ms",
  },
  tags: "model_version_tag",
  sameRow: "held.project = one.project and held.model = one.model and held.number = one.number",
  sameModel: "held.project = one.project and held.model = one.model",
  usual: [{ entity: "attribute", key: "updated_ms", type: "number", descending: true }],
  lasting: [byName, { entity: "attribute", key: "version_number", type: "number", descending: true }],
  limit: { usual: 10_000, most: 200_000 },
};

/** Prompts are found only when the filter asks for them. */
const asksPrompts = (filter: readonly Comparison[]): boolean =>
  filter.some((one) => {
    if (one.entity !== "tag" || one.key !== promptTag) return false;
    const value = String(one.values[0]).toLowerCase();
    return (one.operator === "=" && value === "true") || (one.operator === "!=" && value === "false");
  });

/** One page of rows, in order, and the token of the next. */
export async function searched<T>(
  database: Database,
  what: Searched<T>,
  project: string,
  input: Input,
): Promise<{ found: T[]; token?: string }> {
  const limit = integer(input, "max_results") ?? what.limit.usual;
  if (limit < 1 || limit > what.limit.most)
    throw invalid(
      `Invalid value for request parameter max_results. It must be at least 1 and at most ${what.limit.most}, but got value ${limit}`,
    );
  const filterText = text(input, "filter") ?? "";
  const orderTexts = texts(input, "order_by");
  const filter = typedFilter(filterText, what.filters);
  const asked = typedOrders(orderTexts, what.orders);
  const orders = asked.length > 0 ? asked : what.usual;
  const where = [sql("one.project = ?", project), ...(what.table === "model" ? [sql("one.deleted_ms is null")] : [])];
  const prompts = asksPrompts(filter);
  if (!prompts)
    where.push(
      sql(`not exists (select 1 from ${what.tags} held where ${what.sameModel} and held.key = ? and held.value = 'true')`, promptTag),
    );
  for (const one of filter) {
    if (one.entity === "tag") {
      if (one.key === promptTag && !prompts) continue;
      const inner = compared(database.dialect, "held.value", one);
      where.push(
        sql(`exists (select 1 from ${what.tags} held where ${what.sameRow} and held.key = ? and ${inner.sql})`, one.key, ...inner.params),
      );
    } else where.push(compared(database.dialect, `one.${what.columns[one.key] ?? "number"}`, one));
  }
  const named = new Set(orders.map((one) => one.key));
  const parts: OrderPart[] = [...orders, ...what.lasting.filter((one) => !named.has(one.key))].map((one) => {
    const column = `one.${what.columns[one.key] ?? "number"}`;
    return { expression: sql(one.type === "text" ? bytewise(database.dialect, column) : column), descending: one.descending };
  });
  const { page, next } = await searchPage(database, {
    table: `${what.table} one`,
    where,
    order: parts,
    question: [what.table, project, filterText, orderTexts],
    limit,
    pageToken: text(input, "page_token"),
  });
  return {
    found: page.map((row) => what.of(row as never)),
    ...(next !== undefined && { token: next }),
  };
}
