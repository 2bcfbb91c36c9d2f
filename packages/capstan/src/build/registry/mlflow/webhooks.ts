import { integer, messages, requiredText, text } from "../../tracking/mlflow/fields.ts";
import { invalid, WireFailure } from "../../tracking/mlflow/failures.ts";
import type { Input } from "../../tracking/mlflow/model.ts";
import type { Surface } from "../../tracking/mlflow/surface.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { exampleOf } from "../webhooks/examples.ts";
import { type Webhook, type WebhookEvent, type WebhookStatus, webhookStatuses } from "../webhooks/model.ts";
import type { Webhooks } from "../webhooks/service.ts";
import type { Answer, Described } from "./route.ts";

const messageOf = (one: Webhook): object => ({
  webhook_id: one.id,
  name: one.name,
  ...(one.description !== null && { description: one.description }),
  url: one.url,
  events: one.events,
  status: one.status,
  creation_timestamp: one.createdMs,
  last_updated_timestamp: one.updatedMs,
});

function eventOf(input: Input): WebhookEvent {
  const [entity, action] = [requiredText(input, "entity"), requiredText(input, "action")];
  if (!exampleOf(entity, action)) throw invalid(`Invalid action '${action.slice(0, 50)}' for entity '${entity.slice(0, 50)}'.`);
  return { entity, action };
}
function eventsOf(input: Input): WebhookEvent[] {
  const events = new Map(
    messages(input, "events")
      .map(eventOf)
      .map((one) => [`${one.entity} ${one.action}`, one]),
  );
  return [...events.values()];
}
function nameOf(input: Input): string | undefined {
  const name = text(input, "name");
  if (name === undefined) return undefined;
  if (!/^[a-zA-Z0-9](?:[a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?$/.test(name))
    throw invalid(
      `Webhook name must start and end with a letter or digit, contain only letters, digits, underscores (_), hyphens (-) and dots (.), and have 1 to 63 characters. Got: ${JSON.stringify(name.slice(0, 100))}`,
    );
  return name;
}
function urlOf(input: Input): string | undefined {
  const url = text(input, "url");
  if (url === undefined) return undefined;
  if (url.trim() === "") throw invalid(`Webhook URL cannot be empty or just whitespace: ${JSON.stringify(url)}`);
  return url;
}
function statusOf(input: Input): WebhookStatus | undefined {
  const status = text(input, "status");
  if (status === undefined) return undefined;
  const found = webhookStatuses.find((one, i) => one === status.toUpperCase() || String(i + 1) === status);
  if (!found) throw invalid(`Invalid webhook status '${status.slice(0, 50)}'. It is ACTIVE or DISABLED.`);
  return found;
}

/** Webhooks of the registry. Whoever may make one can have the server send requests: an administrator. */
export function webhookRoutes(surface: Surface, webhooks: Webhooks): Described[] {
  const worded =
    (answer: (project: string, id: string, request: Parameters<Answer>[0]) => Promise<object>): Answer =>
    async (request) => {
      const id = request.params["webhook"] ?? "";
      try {
        return await answer(await surface.project(request.caller), id, request);
      } catch (error) {
        if (!(error instanceof CapstanError)) throw error;
        if (error.code === "CAP-NOT-FOUND-001") throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `Webhook with ID ${id} not found.`);
        if (error.code === "CAP-OUT-001")
          throw invalid(
            `${/ its scheme /.test(error.message) ? "Invalid webhook URL scheme" : "Invalid webhook URL"}: ${error.message} (${error.remedy})`,
          );
        throw error;
      }
    };
  const given = (input: Input) => {
    const [name, description, url, secret, status] = [
      nameOf(input),
      text(input, "description"),
      urlOf(input),
      text(input, "secret"),
      statusOf(input),
    ];
    const events = eventsOf(input);
    return {
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
      ...(url !== undefined && { url }),
      ...(events.length > 0 && { events }),
      ...(secret !== undefined && secret !== "" && { secret }),
      ...(status !== undefined && { status }),
    };
  };

  return [
    [
      "POST",
      "webhooks",
      "admin",
      worded(async (project, _id, { input, caller }) => {
        requiredText(input, "name");
        requiredText(input, "url");
        const { name = "", url = "", events = [], description = null, status = "ACTIVE" as const, secret } = given(input);
        if (events.length === 0)
          throw invalid("Missing value for required parameter 'events'. See the API docs for more information about request parameters.");
        const made = await webhooks.create(
          { project, name, url, events, description, status, ...(secret !== undefined && { secret }) },
          caller,
        );
        return { webhook: messageOf(made) };
      }),
    ],
    [
      "GET",
      "webhooks",
      "admin",
      worded(async (project, _id, { input }) => {
        const limit = integer(input, "max_results") ?? 100;
        if (limit < 1 || limit > 1000)
          throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied: It must be at least 1 and at most 1000.`);
        const token = text(input, "page_token") || undefined;
        const after = token === undefined ? "" : Buffer.from(token, "base64url").toString();
        if (token !== undefined && !/^[0-9A-Z]{26}$/.test(after)) throw invalid("Invalid page token, it is none that this server gave");
        const found = await webhooks.list(project, limit + 1, after);
        const page = found.slice(0, limit);
        const last = page[page.length - 1];
        return {
          ...(page.length > 0 && { webhooks: page.map(messageOf) }),
          ...(found.length > limit && last && { next_page_token: Buffer.from(last.id).toString("base64url") }),
        };
      }),
    ],
    ["GET", "webhooks/{webhook}", "admin", worded(async (project, id) => ({ webhook: messageOf(await webhooks.get(project, id)) }))],
    [
      "PATCH",
      "webhooks/{webhook}",
      "admin",
      worded(async (project, id, { input, caller }) => ({
        webhook: messageOf(await webhooks.update(project, id, given(input), caller)),
      })),
    ],
    ["DELETE", "webhooks/{webhook}", "admin", worded(async (project, id, { caller }) => (await webhooks.remove(project, id, caller), {}))],
    [
      "POST",
      "webhooks/{webhook}/test",
      "admin",
      worded(async (project, id, { input }) => {
        const event = input["event"];
        const asked = typeof event === "object" && event !== null && !Array.isArray(event) ? eventOf(event as Input) : undefined;
        const { success, status, body, problem } = await webhooks.test(project, id, asked);
        return {
          result: {
            success,
            ...(status !== undefined && { response_status: status }),
            ...(body !== undefined && { response_body: body }),
            ...(problem !== undefined && { error_message: problem }),
          },
        };
      }),
    ],
  ];
}
