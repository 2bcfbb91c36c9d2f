import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Caller } from "../../../base/foundation/caller.ts";
import { createOutbound } from "../../../base/foundation/outbound.ts";
import { createJobs, jobMigrations, type Jobs } from "../../../base/storage/jobs.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { registryMigrations } from "../migrations.ts";
import { createRegistryService, type Registry } from "../service.ts";
import { createSecretBox } from "./secret.ts";
import { createWebhooks, type Webhooks } from "./service.ts";

const ada: Caller = { actor: { kind: "person", name: "local:ada" }, via: "session", roles: [], capabilities: new Set() };
let open: TestStore;
let nowMs = 1_700_000_000_000;
let jobs: Jobs;
let webhooks: Webhooks;
let registry: Registry;
let receiver: Server;
let url: string;
let answers: number[];
let received: { headers: IncomingHttpHeaders; body: string }[];

beforeEach(async () => {
  open = await openTestStore([...jobMigrations, ...registryMigrations], { clock: { nowMs: () => nowMs } });
  answers = [];
  received = [];
  receiver = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
      response.writeHead(answers.shift() ?? 200).end("heard");
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const { store } = open;
  jobs = createJobs(store);
  webhooks = createWebhooks({
    store,
    outbound: createOutbound({ schemes: ["http"], allowPrivate: true }),
    box: createSecretBox(() => "key"),
    settings: { timeoutMs: 5000, retries: 2 },
    lanes: [jobs],
  });
  registry = createRegistryService({ store, announcer: webhooks.announcer });
});
afterEach(async () => {
  await jobs.stop();
  await new Promise((resolve) => receiver.close(resolve));
  await open.close();
});

const hook = (more: object = {}) =>
  webhooks.create(
    {
      project: "default",
      name: "hook",
      url,
      description: null,
      status: "ACTIVE",
      events: [{ entity: "REGISTERED_MODEL", action: "CREATED" }],
      ...more,
    },
    ada,
  );
const createModel = (model: string) => registry.catalogue.create({ project: "default", model, description: null, tags: {} }, ada);

test("a change and what is to be sent of it happen together; the signature covers id, time and body", async () => {
  const made = await hook({ secret: "s3cret" });
  await createModel("told");
  await jobs.runDue();
  expect(received).toHaveLength(1);
  const [{ headers, body }] = received as [(typeof received)[0]];
  expect(JSON.parse(body)).toMatchObject({
    entity: "registered_model",
    action: "created",
    data: { name: "told", tags: {}, description: null },
  });
  const signed = `${headers["x-mlflow-delivery-id"]}.${headers["x-mlflow-timestamp"]}.${body}`;
  expect(headers["x-mlflow-signature"]).toBe(`v1,${createHmac("sha256", "s3cret").update(signed).digest("base64")}`);
  const rows = await open.store.database.all<{ secret: string }>("select secret from webhook");
  expect(rows[0]?.secret).not.toContain("s3cret");
  expect(made.secret).not.toContain("s3cret");
  const actions = await open.store.database.all<{ action: string }>("select action from entry");
  expect(actions.map((one) => one.action).sort()).toEqual(["model.created", "webhook.created"]);
});

test("5xx and 429 are tried again under the same delivery id, other refusals are not", async () => {
  await hook();
  answers = [500, 429, 200];
  await createModel("again");
  for (let turn = 0; turn < 4; turn++) {
    await jobs.runDue();
    nowMs += 60_000;
  }
  expect(received).toHaveLength(3);
  expect(new Set(received.map((one) => one.headers["x-mlflow-delivery-id"])).size).toBe(1);
  received = [];
  answers = [404];
  await createModel("once");
  for (let turn = 0; turn < 3; turn++) {
    await jobs.runDue();
    nowMs += 60_000;
  }
  expect(received).toHaveLength(1);
});

test("a disabled or deleted webhook is told nothing, and only of its events", async () => {
  const other = await hook({ events: [{ entity: "MODEL_VERSION", action: "CREATED" }] });
  const disabled = await hook({ status: "DISABLED" });
  await createModel("quiet");
  await webhooks.update("default", disabled.id, { status: "ACTIVE" }, ada);
  await webhooks.remove("default", other.id, ada);
  await jobs.runDue();
  expect(received).toEqual([]);
});

test("a test sends the example at once and says what came back", async () => {
  const { id } = await hook();
  answers = [401];
  expect(await webhooks.test("default", id)).toEqual({ success: false, status: 401, body: "heard" });
  expect(JSON.parse(received[0]?.body ?? "{}").data).toMatchObject({ name: "example_model" });
  expect(await webhooks.test("default", id, { entity: "NOTHING", action: "CREATED" })).toMatchObject({ success: false });
});

test("a secret that was kept under another key is said, not sent wrongly", async () => {
  const { id } = await hook({ secret: "one" });
  await open.store.database.commit([{ sql: "update webhook set secret = ?", params: [createSecretBox(() => "other").close("one")] }]);
  const answer = await webhooks.test("default", id);
  expect(answer.success).toBe(false);
  expect(answer.problem).toMatch(/another key/);
  expect(received).toEqual([]);
});
