import { setTimeout as pause } from "node:timers/promises";
import type { Json } from "../../../base/foundation/canonical-json.ts";
import type { Caller } from "../../../base/foundation/caller.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Outbound, OutboundReply } from "../../../base/foundation/outbound.ts";
import type { Store } from "../../../base/record/store.ts";
import type { Change } from "../../../base/storage/database.ts";
import type { Job, Jobs } from "../../../base/storage/jobs.ts";
import type { Announcer } from "../model.ts";
import { exampleOf } from "./examples.ts";
import type { TestResult, Webhook, WebhookChange, WebhookEvent, WebhookSettings } from "./model.ts";
import { type SecretBox, signatureOf } from "./secret.ts";
import { activeWebhooks, createWebhookChange, deleteWebhookChange, findWebhook, listWebhooks, updateWebhookChange } from "./store.ts";

const jobKind = "webhook.deliver";
/** A receiver that asks for more patience gets the next try of the job. */
const longestPauseMs = 30_000;

export type Webhooks = ReturnType<typeof createWebhooks>;
export type WebhooksDeps = {
  store: Store;
  outbound: Outbound;
  box: SecretBox;
  settings: WebhookSettings;
  /** Queues of their own, so that a long job elsewhere delays no delivery: as many as may be under way at once. */
  lanes: readonly Jobs[];
};

/** Places outside that are told of the registry. What is to be sent is a job in the transaction of the change it tells of. */
export function createWebhooks({ store, outbound, box, settings, lanes }: WebhooksDeps) {
  const { database, recorder, clock } = store;

  const bodyOf = (event: WebhookEvent, data: { readonly [key: string]: Json }): string =>
    JSON.stringify({
      entity: event.entity.toLowerCase(),
      action: event.action.toLowerCase(),
      timestamp: new Date(clock.nowMs()).toISOString(),
      data,
    });

  async function send(webhook: Webhook, deliveryId: string, body: string, signal?: AbortSignal): Promise<OutboundReply> {
    const timestamp = String(Math.floor(clock.nowMs() / 1000));
    const secret = webhook.secret === null ? undefined : box.open(webhook.secret);
    if (webhook.secret !== null && secret === undefined)
      throw new CapstanError("CAP-OUT-001", { url: webhook.url, problem: "its secret was kept under another key; set it again" });
    return outbound.send({
      method: "POST",
      url: webhook.url,
      body,
      timeoutMs: settings.timeoutMs,
      headers: {
        "content-type": "application/json",
        "x-mlflow-delivery-id": deliveryId,
        "x-mlflow-timestamp": timestamp,
        ...(secret !== undefined && { "x-mlflow-signature": signatureOf(secret, deliveryId, timestamp, body) }),
      },
      ...(signal && { signal }),
    });
  }

  /** Tries once. 429, 5xx and no answer are worth another try; any other answer is the receiver's last word. */
  async function deliver(job: Job, signal: AbortSignal): Promise<Json> {
    const { webhook: id, delivery, body } = job.payload as { webhook: string; delivery: string; body: string };
    const webhook = await findWebhook(database, job.project, id);
    if (!webhook || webhook.status !== "ACTIVE") return { skipped: true };
    const reply = await send(webhook, delivery, body, signal);
    if (reply.status !== 429 && reply.status < 500) return { status: reply.status };
    const askedMs = Number(reply.headers["retry-after"]) * 1000;
    const backOffMs = 1000 * 2 ** (job.attempts - 1);
    if (askedMs > backOffMs && job.attempts < job.maxAttempts)
      await pause(Math.min(askedMs - backOffMs, longestPauseMs), undefined, { signal, ref: false });
    throw new Error(`${webhook.name} answered ${reply.status}`);
  }
  for (const lane of lanes) lane.register(jobKind, deliver);

  async function get(project: string, id: string): Promise<Webhook> {
    const found = await findWebhook(database, project, id);
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "webhook", name: id });
    return found;
  }
  async function commit(webhook: Webhook, change: Change, action: string, caller: Caller): Promise<void> {
    await recorder.commit(change, [
      {
        action,
        subject: { type: "webhook", id: webhook.id },
        project: webhook.project,
        actor: caller.actor,
        ...(caller.because !== undefined && { because: caller.because }),
        payload: {
          name: webhook.name,
          url: webhook.url,
          events: webhook.events.map((one) => `${one.entity} ${one.action}`),
          status: webhook.status,
          signed: webhook.secret !== null,
        },
      },
    ]);
    store.events.emit("changed", { project: webhook.project, kind: "webhook", id: webhook.id });
  }

  const announcer: Announcer = {
    async statements(project, notices) {
      const [lane] = lanes;
      if (notices.length === 0 || !lane) return [];
      const webhooks = await activeWebhooks(database, project);
      return webhooks.flatMap((webhook) =>
        notices
          .filter((one) => webhook.events.some((event) => event.entity === one.entity && event.action === one.action))
          .map((one) =>
            lane.enqueue({
              project,
              kind: jobKind,
              payload: { webhook: webhook.id, delivery: store.ids.hex(), body: bodyOf(one, one.data) },
              maxAttempts: settings.retries + 1,
            }),
          ),
      );
    },
    told() {
      for (const lane of lanes) lane.runDue().catch((error: unknown) => store.log.error("webhooks", { error: String(error) }));
    },
  };

  return {
    announcer,
    get,
    list: (project: string, limit: number, after?: string): Promise<Webhook[]> => listWebhooks(database, project, limit, after),
    async create(
      one: { project: string; url: string } & Required<Pick<WebhookChange, "name" | "description" | "events" | "status">> & {
          secret?: string;
        },
      caller: Caller,
    ): Promise<Webhook> {
      outbound.checked(one.url);
      const nowMs = clock.nowMs();
      const { secret, ...rest } = one;
      const webhook: Webhook = {
        id: store.ids.ulid(),
        ...rest,
        secret: secret === undefined ? null : box.close(secret),
        createdMs: nowMs,
        updatedMs: nowMs,
      };
      await commit(webhook, createWebhookChange(webhook), "webhook.created", caller);
      return webhook;
    },
    async update(project: string, id: string, change: WebhookChange, caller: Caller): Promise<Webhook> {
      if (change.url !== undefined) outbound.checked(change.url);
      const before = await get(project, id);
      const { secret, ...rest } = change;
      const webhook: Webhook = {
        ...before,
        ...rest,
        ...(secret !== undefined && { secret: box.close(secret) }),
        // Grows with every change, whatever the clock does.
        updatedMs: Math.max(clock.nowMs(), before.updatedMs + 1),
      };
      await commit(webhook, updateWebhookChange(webhook, before), "webhook.changed", caller);
      return webhook;
    },
    async remove(project: string, id: string, caller: Caller): Promise<void> {
      const webhook = await get(project, id);
      await commit(webhook, deleteWebhookChange(id), "webhook.deleted", caller);
    },
    /** Sends an example at once, and says what came back. */
    async test(project: string, id: string, asked?: WebhookEvent): Promise<TestResult> {
      const webhook = await get(project, id);
      const event = asked ?? webhook.events[0];
      const data = event && exampleOf(event.entity, event.action);
      if (!event || !data) return { success: false, problem: "There is no example of this event." };
      try {
        const reply = await send(webhook, store.ids.hex(), bodyOf(event, data));
        return { success: reply.status < 400, status: reply.status, body: reply.text };
      } catch (error) {
        return { success: false, problem: `Failed to test webhook: ${error instanceof Error ? error.message : String(error)}` };
      }
    },
    start(): void {
      for (const lane of lanes) lane.start();
    },
    async stop(): Promise<void> {
      await Promise.all(lanes.map((lane) => lane.stop()));
    },
  };
}
