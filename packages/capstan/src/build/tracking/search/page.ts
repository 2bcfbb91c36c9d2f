import type { Database, Row } from "../../../base/storage/database.ts";
import { listOf } from "../rows.ts";
import { afterOf, behind, fingerprint, orderColumns, type OrderPart, orderText, pageOf, type Sql, sql } from "./compile.ts";

/** A column that must be one of some values; nothing is asked where there is no list, and an empty one finds nothing. */
export function among(column: string, values: readonly (string | number)[] | undefined): Sql[] {
  if (values === undefined) return [];
  if (values.length === 0) return [sql("1 = 0")];
  const list = listOf(values);
  return [{ sql: `${column} in ${list.sql}`, params: list.params }];
}

export type PageAsked = {
  /** Such as `experiment e`; all columns of its last word are read. */
  table: string;
  where: readonly Sql[];
  /** They make every row's place one of its own. */
  order: readonly OrderPart[];
  /** All that makes this search another one than others: their tokens are refused. */
  question: unknown;
  limit: number;
  pageToken: string | undefined;
};

/** Rows that meet every condition, in an order, behind the row that the token names; and the token of the next page, where there is one. */
export async function searchPage<T>(database: Database, asked: PageAsked): Promise<{ page: (T & Row)[]; next: string | undefined }> {
  const { table, order, limit, pageToken } = asked;
  const question = fingerprint(asked.question);
  const where = pageToken ? [...asked.where, behind(order, afterOf(pageToken, question, order.length))] : asked.where;
  const columns = orderColumns(order);
  const conditions = where.length > 0 ? ` where ${where.map((one) => one.sql).join(" and ")}` : "";
  const rows = await database.all<T & Row>(
    `select ${table.slice(table.lastIndexOf(" ") + 1)}.*, ${columns.sql} from ${table}${conditions} order by ${orderText(order)} limit ?`,
    [...columns.params, ...where.flatMap((one) => one.params), limit + 1],
  );
  return pageOf(rows, limit, question, order);
}
