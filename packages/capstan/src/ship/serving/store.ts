import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import { type Change, type Database, insert, statement } from "../../base/storage/database.ts";
import type { ArmSpec, Label, RouteSettings, RouteTable, Segment } from "./model.ts";

type RouteRow = {
  project: string;
  route: string;
  model: string;
  key_name: string | null;
  log: string;
  answer_within_ms: number;
  fallback: string;
};
const settingsOf = (row: RouteRow): RouteSettings => ({
  project: row.project,
  route: row.route,
  model: row.model,
  key: row.key_name,
  log: row.log === "strict" ? "strict" : "fast",
  answerWithinMs: row.answer_within_ms,
  fallback: JSON.parse(row.fallback),
});

export const listRoutes = async (database: Database): Promise<RouteSettings[]> =>
  (await database.all<RouteRow>("select * from route order by route")).map(settingsOf);
/** New, or with other settings. The name is one in the whole store: the caller has made sure that it is this project's. */
export const putRoute = (settings: RouteSettings, entryId: string, nowMs: number): Change => [
  statement(
    `insert into route (route, project, model, key_name, log, answer_within_ms, fallback, entry_id, created_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (route) do update set model = excluded.model, key_name = excluded.key_name, log = excluded.log, answer_within_ms = excluded.answer_within_ms, fallback = excluded.fallback, entry_id = excluded.entry_id`,
    settings.route,
    settings.project,
    settings.model,
    settings.key,
    settings.log,
    settings.answerWithinMs,
    canonicalJson(settings.fallback as unknown as Json),
    entryId,
    nowMs,
  ),
];

type TableRow = {
  epoch: number;
  project: string;
  route: string;
  arms: string;
  back: string | null;
  salt: string;
  release: string | null;
  reason: string;
  at_ms: number;
  entry_id: string | null;
};
const tableOf = (row: TableRow): RouteTable => ({
  project: row.project,
  route: row.route,
  epoch: row.epoch,
  arms: JSON.parse(row.arms) as ArmSpec[],
  back: row.back === null ? null : (JSON.parse(row.back) as ArmSpec),
  salt: row.salt,
  release: row.release,
  reason: row.reason,
  atMs: row.at_ms,
  entryId: row.entry_id,
});
export const insertTable = (table: RouteTable): Change => [
  insert(
    "route_table",
    {
      epoch: table.epoch,
      project: table.project,
      route: table.route,
      arms: canonicalJson(table.arms as unknown as Json),
      back: table.back && canonicalJson(table.back as unknown as Json),
      salt: table.salt,
      release: table.release,
      reason: table.reason,
      at_ms: table.atMs,
      entry_id: table.entryId,
    },
    { exists: { noun: "route table", name: String(table.epoch) } },
  ),
];
/** The table in force of every route. */
export const currentTables = async (database: Database): Promise<RouteTable[]> =>
  (
    await database.all<TableRow>(
      "select t.* from route_table t join (select route, max(epoch) as epoch from route_table group by route) newest on newest.route = t.route and newest.epoch = t.epoch",
    )
  ).map(tableOf);
export const listTables = async (database: Database, route: string, limit: number): Promise<RouteTable[]> =>
  (await database.all<TableRow>("select * from route_table where route = ? order by epoch desc limit ?", [route, limit])).map(tableOf);

export const insertSegment = (segment: Segment): Change => [
  insert(
    "segment",
    {
      id: segment.id,
      project: segment.project,
      route: segment.route,
      row_count: segment.rows,
      digest: segment.digest,
      size_bytes: segment.sizeBytes,
      first_observed_ms: Math.floor(segment.firstObservedMs),
      last_observed_ms: Math.ceil(segment.lastObservedMs),
      opened_ms: segment.openedMs,
      closed_ms: segment.closedMs,
      entry_id: segment.entryId,
    },
    { exists: { noun: "segment", name: segment.id } },
  ),
];
export const hasSegment = async (database: Database, id: string): Promise<boolean> =>
  (await database.find("select id from segment where id = ?", [id])) !== undefined;
/** By id, which is by time of opening. */
export const listSegments = (database: Database, route: string): Promise<Segment[]> =>
  database.all<Segment>(
    `select project, route, id, row_count as "rows", digest, size_bytes as "sizeBytes", first_observed_ms as "firstObservedMs", last_observed_ms as "lastObservedMs", opened_ms as "openedMs", closed_ms as "closedMs", entry_id as "entryId"
     from segment where route = ? order by id`,
    [route],
  );

const labelsPerStatement = 500;
/** Idempotent by key and value; returns the keys that were new. */
export function insertLabels(project: string, route: string, labels: readonly Label[], receivedMs: number): Change {
  const change: Change[number][] = [];
  for (let start = 0; start < labels.length; start += labelsPerStatement) {
    const part = labels.slice(start, start + labelsPerStatement);
    change.push({
      sql: `insert into label (project, route, key, value, observed_ms, received_ms) values ${part.map(() => "(?, ?, ?, ?, ?, ?)").join(", ")} on conflict (route, key, value) do nothing returning key`,
      params: part.flatMap((label) => [project, route, label.key, label.value, label.observedMs, receivedMs]),
    });
  }
  return change;
}
export const countLabels = async (database: Database, route: string): Promise<number> =>
  Number((await database.find<{ n: number }>("select count(*) as n from label where route = ?", [route]))?.n ?? 0);
/** The newest label of each of these keys. */
export async function labelsOf(database: Database, route: string, keys: readonly string[]): Promise<Map<string, Label>> {
  const found = new Map<string, Label>();
  for (let start = 0; start < keys.length; start += labelsPerStatement) {
    const part = keys.slice(start, start + labelsPerStatement);
    const rows = await database.all<Label>(
      `select key, value, observed_ms as "observedMs" from label where route = ? and key in (${part.map(() => "?").join(", ")}) order by received_ms`,
      [route, ...part],
    );
    for (const row of rows) found.set(row.key, row);
  }
  return found;
}
/** A page of all labels of a route in key order, newest value last, for those who join them with segments. */
export const labelPage = (database: Database, route: string, after: string, limit: number): Promise<(Label & { receivedMs: number })[]> =>
  database.all(
    `select key, value, observed_ms as "observedMs", received_ms as "receivedMs" from label where route = ? and key > ? order by key, received_ms limit ?`,
    [route, after, limit],
  );
