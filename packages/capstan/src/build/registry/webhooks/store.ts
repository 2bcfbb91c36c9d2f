import { type Change, type Database, insert, type Row } from "../../../base/storage/database.ts";
import type { Webhook, WebhookEvent, WebhookStatus } from "./model.ts";

type WebhookRow = {
  id: string;
  project: string;
  name: string;
  description: string | null;
  url: string;
  events: string;
  secret: string | null;
  status: string;
  created_ms: number;
  updated_ms: number;
};
const webhookOf = (row: WebhookRow): Webhook => ({
  id: row.id,
  project: row.project,
  name: row.name,
  description: row.description,
  url: row.url,
  events: JSON.parse(row.events) as WebhookEvent[],
  secret: row.secret,
  status: row.status as WebhookStatus,
  createdMs: row.created_ms,
  updatedMs: row.updated_ms,
});
const rowOf = (one: Webhook): Row => ({
  id: one.id,
  project: one.project,
  name: one.name,
  description: one.description,
  url: one.url,
  events: JSON.stringify(one.events),
  secret: one.secret,
  status: one.status,
  created_ms: one.createdMs,
  updated_ms: one.updatedMs,
});

export const createWebhookChange = (one: Webhook): Change => [insert("webhook", rowOf(one))];
/** Refused when it was changed since `before`. */
export const updateWebhookChange = (one: Webhook, before: Webhook): Change => {
  const { id, ...row } = rowOf(one);
  return [
    {
      sql: `update webhook set ${Object.keys(row)
        .map((column) => `${column} = ?`)
        .join(", ")} where id = ? and updated_ms = ?`,
      params: [...Object.values(row), id ?? null, before.updatedMs],
      guard: { rows: 1, noun: "webhook", name: one.id },
    },
  ];
};
export const deleteWebhookChange = (id: string): Change => [
  { sql: "delete from webhook where id = ?", params: [id], guard: { rows: 1, noun: "webhook", name: id } },
];

export const findWebhook = async (database: Database, project: string, id: string): Promise<Webhook | undefined> => {
  const row = await database.find<WebhookRow>("select * from webhook where project = ? and id = ?", [project, id]);
  return row && webhookOf(row);
};
/** In the order in which they were made. */
export const listWebhooks = async (database: Database, project: string, limit: number, after = ""): Promise<Webhook[]> =>
  (await database.all<WebhookRow>("select * from webhook where project = ? and id > ? order by id limit ?", [project, after, limit])).map(
    webhookOf,
  );
export const activeWebhooks = async (database: Database, project: string): Promise<Webhook[]> =>
  (await database.all<WebhookRow>("select * from webhook where project = ? and status = 'ACTIVE' order by id", [project])).map(webhookOf);
