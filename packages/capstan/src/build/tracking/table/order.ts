import { createHash } from "node:crypto";
import type { Database } from "../../../base/storage/database.ts";
import { bytewise, numberSql } from "../search/compile.ts";
import type { TrackingService } from "../service.ts";
import { columnSql, matching, type RunQuestion } from "./matching.ts";
import { stepRowsOf } from "./step-reading.ts";
import { typedSearchOf } from "./typed-search.ts";
import { attributes, columnOf } from "./vocabulary.ts";

const idBytes = 16;
/** All snapshots together; the one that was used longest ago goes first. */
const budgetBytes = 64 * 1024 * 1024;

export type Snapshot = { name: string; total: number; slice(from: number, to: number): string[] };
type Ids = { bytes: Buffer; total: number };

/**
 * The ids of a question's runs in an order, kept as 16 bytes each, so that any page is found at once and scrolling neither repeats nor leaves out a run.
 * Of very many runs the first some thousands are put in order, and all of them once somebody looks further. A snapshot that was forgotten is made anew: it then has
 * another name.
 */
export function createOrders(
  database: Database,
  byColumns: TrackingService["runIds"],
  valuesAtStep: TrackingService["valuesAtStep"],
  { firstIds = 5000, wholeUpTo = 100_000 }: { firstIds?: number; wholeUpTo?: number } = {},
) {
  const { dialect } = database;
  const kept = new Map<string, Ids>();
  let held = 0;
  let made = 0;

  const snapshotOf = (name: string, { bytes, total }: Ids): Snapshot => ({
    name,
    total,
    slice: (from, to) => {
      const ids: string[] = [];
      for (let at = from * idBytes; at < Math.min(to * idBytes, bytes.length); at += idBytes)
        ids.push(bytes.toString("hex", at, at + idBytes));
      return ids;
    },
  });

  async function idsOf(question: RunQuestion, order: readonly string[], until: number): Promise<Ids> {
    const limit = until <= firstIds ? firstIds : Number.MAX_SAFE_INTEGER;
    const found = await byColumns(await typedSearchOf(database, question, order), { limit, wholeUpTo });
    if (found) return { bytes: Buffer.from(found.ids.buffer, found.ids.byteOffset, found.ids.byteLength), total: found.total };
    const bytes = await byStatement(question, order);
    return { bytes, total: bytes.length / idBytes };
  }

  const reaches = ({ bytes, total }: Ids, until: number): boolean => bytes.length >= Math.min(until, total) * idBytes;
  const keep = (name: string, ids: Ids): void => {
    held += ids.bytes.length - (kept.get(name)?.bytes.length ?? 0);
    kept.delete(name);
    kept.set(name, ids);
    for (const [oldest, { bytes }] of kept) {
      if (held <= budgetBytes || oldest === name) break;
      kept.delete(oldest);
      held -= bytes.length;
    }
  };

  async function byStatement(question: RunQuestion, order: readonly string[]): Promise<Buffer> {
    const columns = order.map((one) => columnOf(one.replace(/^-/, ""), "order"));
    const steps = await stepRowsOf(database, question, columns, valuesAtStep);
    const where = matching(dialect, question, steps);
    const parts = columns.map((column, i) => {
      const descending = order[i]?.startsWith("-") ?? false;
      const { join, value } = columnSql(column, `j${i}`, steps);
      const text = column.entity === "attribute" ? attributes[column.key].text : column.entity !== "metric";
      // A param that holds a number is ordered as one.
      const number = column.entity === "param" || column.entity === "tag" ? `${numberSql(dialect, value)} ` : undefined;
      const lack =
        column.entity === "metric" && column.statistic !== "min" && column.statistic !== "max"
          ? `case when j${i}.value is null then 2 when j${i}.is_nan = 1 then 1 else 0 end`
          : `case when ${value} is null then 2 else 0 end`;
      return { join, value: text ? bytewise(dialect, value) : value, lack, number, direction: descending ? "desc" : "asc" };
    });
    const terms = parts.flatMap((one) => [
      one.lack,
      ...(one.number === undefined ? [] : [`${one.number} is null`, `${one.number} ${one.direction}`]),
      `${one.value} ${one.direction}`,
    ]);
    if (!order.some((one) => one.replace(/^-/, "") === "started")) terms.push("run.started_ms desc");
    terms.push("run.id");
    const all = await database.find<{ ids: string | null }>(
      `select ${dialect === "sqlite" ? "group_concat" : "string_agg"}(id, '') as ids from (select run.id as id from run${parts.map((one) => one.join.sql).join("")} where ${where.sql} order by ${terms.join(", ")}) found`,
      [...parts.flatMap((one) => one.join.params), ...where.params],
    );
    return Buffer.from(all?.ids ?? "", "hex");
  }

  return {
    /** `until`: how many of its runs are looked at. */
    async snapshot(
      question: RunQuestion,
      order: readonly string[],
      name: string | undefined,
      until = Number.POSITIVE_INFINITY,
    ): Promise<Snapshot> {
      // By the text: a snapshot stands still while the time that it speaks of goes on.
      const asked = createHash("sha256")
        .update(JSON.stringify([{ ...question, conditions: undefined }, order]))
        .digest("base64url")
        .slice(0, 22);
      const known = name?.startsWith(`${asked}.`) ? kept.get(name) : undefined;
      const ids = known && reaches(known, until) ? known : await idsOf(question, order, until);
      const same = known && name !== undefined ? name : `${asked}.${(++made).toString(36)}`;
      keep(same, ids);
      return snapshotOf(same, ids);
    },
  };
}
