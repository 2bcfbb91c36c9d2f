import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../../../base/foundation/caller.ts";
import { createOutbound } from "../../../base/foundation/outbound.ts";
import { createJobs, jobMigrations } from "../../../base/storage/jobs.ts";
import { openMlflowServer } from "../../../testing/mlflow-server.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { logisticModel } from "../../inference/tiny-onnx.ts";
import { trackingMigrations } from "../../tracking/migrations.ts";
import { mlflowRoutes } from "../../tracking/mlflow/routes.ts";
import { createTrackingService, type TrackingService } from "../../tracking/service.ts";
import { registryMigrations } from "../migrations.ts";
import { createRegistryService, type Registry } from "../service.ts";
import { livePart } from "../store.ts";
import { createSecretBox } from "../webhooks/secret.ts";
import { createWebhooks } from "../webhooks/service.ts";
import { registryRoutes } from "./routes.ts";

const person: Caller = {
  actor: { kind: "person", name: "local:someone" },
  via: "session",
  roles: [],
  capabilities: new Set(["read", "log", "admin"]),
};
let open: TestStore;
let tracking: TrackingService;
let registry: Registry;
let server: Awaited<ReturnType<typeof openMlflowServer>>;

beforeAll(async () => {
  open = await openTestStore([...jobMigrations, ...trackingMigrations, ...registryMigrations]);
  const { store } = open;
  tracking = createTrackingService({ store });
  const webhooks = createWebhooks({
    store,
    outbound: createOutbound({ schemes: ["https"], allowPrivate: false }),
    box: createSecretBox(() => "key"),
    settings: { timeoutMs: 1000, retries: 0 },
    lanes: [createJobs(store)],
  });
  registry = createRegistryService({ store, announcer: webhooks.announcer });
  const surface = { tracking, store, home: "default" };
  const routes = [...mlflowRoutes(surface), ...registryRoutes({ ...surface, registry, webhooks })];
  server = await openMlflowServer(routes, (token) => (token === "other" ? { ...person, via: "token", projects: ["other"] } : person));
});
afterAll(async () => {
  await server.close();
  await open.close();
});

// oxlint-disable-next-line no-explicit-any
type Reply = { status: number; body: Record<string, any> };
async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(`${server.url}${path.startsWith("/") ? path : `/api/2.0/mlflow/${path}`}`, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") ? (JSON.parse(text) as Reply["body"]) : { text } };
}
const post = (path: string, body: unknown) => send("POST", path, body);
const get = (path: string) => send("GET", path);
const model = async (name: string, more: object = {}): Promise<string> => {
  expect((await post("registered-models/create", { name, ...more })).status).toBe(200);
  return name;
};
const version = async (name: string, source = "s3://bucket/model", more: object = {}): Promise<string> =>
  (await post("model-versions/create", { name, source, ...more })).body["model_version"].version;
const newRun = async (): Promise<{ id: string; uri: string }> => {
  const { info } = (await post("runs/create", { experiment_id: "0", start_time: 1000 })).body["run"];
  return { id: info.run_id, uri: info.artifact_uri };
};
/** What the record says happened to it, by name. */
const actions = async (subject: string): Promise<string[]> =>
  (await open.store.database.all<{ action: string }>("select action from entry where subject_id = ?", [subject]))
    .map((one) => one.action)
    .sort();

describe("registered models", () => {
  test("are made once, described, renamed and deleted, with an entry each", async () => {
    await model("first", { description: "d", tags: [{ key: "a", value: "1" }] });
    expect(await post("registered-models/create", { name: "first" })).toMatchObject({
      status: 400,
      body: { error_code: "RESOURCE_ALREADY_EXISTS" },
    });
    await send("PATCH", "registered-models/update", { name: "first", description: "e" });
    expect((await get("registered-models/get?name=first")).body["registered_model"]).toMatchObject({
      description: "e",
      tags: [{ key: "a", value: "1" }],
    });
    await version("first");
    await post("registered-models/alias", { name: "first", alias: "best", version: "1" });
    expect((await post("registered-models/rename", { name: "first", new_name: "second" })).body["registered_model"]).toMatchObject({
      name: "second",
      aliases: [{ alias: "best", version: "1" }],
    });
    expect(await get("registered-models/get?name=first")).toMatchObject({
      status: 404,
      body: { message: "Registered Model with name=first not found" },
    });
    expect(await send("DELETE", "registered-models/delete", { name: "second" })).toMatchObject({ status: 200 });
    expect((await get("registered-models/get?name=second")).status).toBe(404);
    expect(await actions("first")).toEqual(["model.created", "model.described", "model.renamed"]);
    // Numbers are never given twice, even to a model of the same name.
    await model("second");
    expect(await version("second")).toBe("2");
  });

  test.each(["", "  ", "a/b", "a:b", ".", "..", "x".repeat(300)])("%j is no name", async (name) => {
    expect(await post("registered-models/create", { name })).toMatchObject({
      status: 400,
      body: { error_code: "INVALID_PARAMETER_VALUE" },
    });
  });

  test("tags and aliases that are not there are removed without complaint; unknown aliases are 400", async () => {
    await model("quiet");
    expect((await send("DELETE", "registered-models/delete-tag", { name: "quiet", key: "x" })).status).toBe(200);
    expect((await send("DELETE", "registered-models/alias", { name: "quiet", alias: "x" })).status).toBe(200);
    expect(await get("registered-models/alias?name=quiet&alias=x")).toMatchObject({
      status: 400,
      body: { message: "Registered model alias x not found." },
    });
    expect(await actions("quiet")).toEqual(["model.created"]);
    for (const alias of ["v1", "latest", "a b", ""])
      expect([alias, (await post("registered-models/alias", { name: "quiet", alias, version: "1" })).status]).toEqual([alias, 400]);
  });

  test("another project's caller sees none of them", async () => {
    await model("mine");
    const seen = await send("GET", "registered-models/get?name=mine", undefined, { authorization: "Bearer other" });
    expect(seen.status).toBe(404);
  });

  test("search filters, orders, pages, and leaves prompts out", async () => {
    for (const name of ["find-b", "find-a", "Find-c"]) await model(name, { tags: [{ key: "team", value: name === "find-a" ? "x" : "y" }] });
    await model("find-prompt", { tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }] });
    const names = async (query: object): Promise<string[]> =>
      ((await post("registered-models/search", query)).body["registered_models"] ?? []).map((one: { name: string }) => one.name);
    expect(await names({ filter: "name LIKE 'find-%'" })).toEqual(["find-a", "find-b"]);
    expect(await names({ filter: "name ILIKE 'find-%'", order_by: ["name DESC"] })).toEqual(["find-b", "find-a", "Find-c"]);
    expect(await names({ filter: "tags.team = 'x'" })).toEqual(["find-a"]);
    expect(await names({ filter: "name LIKE 'find-%' AND tags.`mlflow.prompt.is_prompt` = 'true'" })).toEqual(["find-prompt"]);
    const page = (await post("registered-models/search", { filter: "name LIKE 'find-%'", max_results: 1 })).body;
    expect(await names({ filter: "name LIKE 'find-%'", max_results: 1, page_token: page["next_page_token"] })).toEqual(["find-b"]);
    expect(await post("registered-models/search", { max_results: 1001 })).toMatchObject({ status: 400 });
    expect((await post("registered-models/search", { filter: "name = = 'x'" })).body["message"]).toMatch(/at character 8/);
  });
});

describe("model versions", () => {
  test("are numbered, and deleted numbers stay taken", async () => {
    await model("counted");
    expect([await version("counted"), await version("counted")]).toEqual(["1", "2"]);
    expect((await send("DELETE", "model-versions/delete", { name: "counted", version: "2" })).status).toBe(200);
    expect(await get("model-versions/get?name=counted&version=2")).toMatchObject({
      status: 404,
      body: { message: "Model Version (name=counted, version=2) not found" },
    });
    expect(await version("counted")).toBe("3");
    expect(await actions("counted@v2")).toEqual(["model.version.deleted", "model.version.registered"]);
  });

  test("many at once get a number each", async () => {
    await model("busy");
    const all = await Promise.all(Array.from({ length: 12 }, () => version("busy")));
    expect(all.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });

  test("an ONNX file among the artifacts of a run is what the version is, and can be served", async () => {
    await model("servable");
    const { id, uri } = await newRun();
    const bytes = logisticModel({ a: 1, b: 2 }, 0);
    const path = `${uri.replace("mlflow-artifacts:/", "")}/model`;
    for (const [name, body] of [
      ["MLmodel", "flavors:\n  onnx:\n    data: model.onnx\n"],
      ["model.onnx", bytes],
    ] as const)
      expect((await fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts/${path}/${name}`, { method: "PUT", body })).status).toBe(200);
    const made = await post("model-versions/create", { name: "servable", source: `${uri}/model`, run_id: id });
    expect(made.body["model_version"]).toMatchObject({ version: "1", run_id: id, status: "READY", current_stage: "None" });
    const ours = await registry.get("default", "servable", "v1");
    expect(ours.signature.inputs.map((one) => one.name)).toEqual(["a", "b"]);
    expect(ours.runId).toBe(id);
    const file = await fetch(`${server.url}/model-versions/get-artifact?name=servable&version=1&path=model.onnx`);
    expect(Buffer.from(await file.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
    expect(file.headers.get("content-disposition")).toMatch(/^attachment/);
    for (const path of ["../model.onnx", "%2e%2e/x", "nothing", "/etc/passwd"])
      expect((await get(`/model-versions/get-artifact?name=servable&version=1&path=${encodeURIComponent(path)}`)).status).toBeOneOf([
        400, 404,
      ]);
    const copied = await post("model-versions/create", { name: await model("copied"), source: "models:/servable/1" });
    expect(copied.body["model_version"].source).toBe("models:/servable/1");
    expect((await get("model-versions/get-download-uri?name=copied&version=1")).body).toEqual({ artifact_uri: `${uri}/model` });
    const edges = await open.store.database.all("select to_id, relation from lineage_edge where from_id = ? order by to_id", [
      "model:copied@v1",
    ]);
    expect(edges).toContainEqual({ to_id: "model:servable@v1", relation: "copy of" });
  });

  test("a version that copies another has its run and its logged model", async () => {
    const loggedModel = (await post("logged-models", { experiment_id: "0", name: "m" })).body["model"].info.model_id;
    await model("original");
    await version("original", "s3://b/one", { run_id: "run-o", model_id: loggedModel });
    await model("other");
    const copied = (await post("model-versions/create", { name: "other", source: "models:/original/1" })).body["model_version"];
    expect(copied).toMatchObject({ run_id: "run-o", model_id: loggedModel });
  });

  test("a path that leads out is refused before anything is looked up", async () => {
    const refused = await get(`/model-versions/get-artifact?name=nothing-of-it&version=1&path=${encodeURIComponent("../path")}`);
    expect(refused).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE", message: "Invalid path" } });
  });

  test("a file that was registered without MLflow is read through it, too", async () => {
    const bytes = logisticModel({ a: 3, b: 4 }, 0);
    const { digest } = await open.store.blobs.putBytes(bytes);
    await registry.register({ project: "default", model: "native", digest }, person);
    expect((await get("model-versions/get?name=native&version=1")).body["model_version"]).toMatchObject({ version: "1", status: "READY" });
    const file = await fetch(`${server.url}/model-versions/get-artifact?name=native&version=1&path=model.onnx`);
    expect(Buffer.from(await file.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
  });

  test("stages are labels; archiving moves the others of the stage", async () => {
    await model("staged");
    await version("staged");
    await version("staged");
    const move = (number: string, stage: string, archive = false) =>
      post("model-versions/transition-stage", { name: "staged", version: number, stage, archive_existing_versions: archive });
    expect((await move("1", "production")).body["model_version"].current_stage).toBe("Production");
    expect((await move("2", "Production", true)).status).toBe(200);
    const latest = (await post("registered-models/get-latest-versions", { name: "staged" })).body["model_versions"];
    expect(latest.map((one: { version: string; current_stage: string }) => [one.version, one.current_stage])).toEqual([
      ["1", "Archived"],
      ["2", "Production"],
    ]);
    expect(await move("1", "nowhere")).toMatchObject({ status: 400 });
    expect(await move("1", "None", true)).toMatchObject({ status: 400 });
  });

  test("live is what a release says: it is read, not set, and its version stays", async () => {
    await model("moving");
    await version("moving");
    const refused = await post("registered-models/alias", { name: "moving", alias: "live", version: "1" });
    expect(refused).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } });
    expect(refused.body["message"]).toContain("`capstan release moving@v1`");
    await open.store.database.commit(livePart("default", { model: "moving", route: "moving", number: 1, sinceMs: 5, entryId: "E" }));
    expect((await get("registered-models/alias?name=moving&alias=live")).body["model_version"].version).toBe("1");
    expect((await send("DELETE", "registered-models/alias", { name: "moving", alias: "live" })).status).toBe(400);
    expect((await send("DELETE", "model-versions/delete", { name: "moving", version: "1" })).status).toBe(400);
    expect((await post("registered-models/rename", { name: "moving", new_name: "moved" })).status).toBe(400);
    expect((await send("DELETE", "registered-models/delete", { name: "moving" })).status).toBe(400);
  });

  test.each([
    "mlflow-artifacts://host:9000/models/../../../",
    "http://host:9000/models/..%2f..%2fartifacts",
    "http://host/models/%252e%252e/x",
    "mlflow-artifacts://host:9000/models/artifact%00",
    "s3://bucket/a/./b",
    "/etc/passwd",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "relative/path",
  ])("%s is no source", async (source) => {
    const name = await model(`tricky-${Buffer.from(source).toString("hex").slice(-40)}`);
    expect(await post("model-versions/create", { name, source })).toMatchObject({
      status: 400,
      body: { error_code: "INVALID_PARAMETER_VALUE" },
    });
    expect(await registry.versions("default", name)).toEqual([]);
  });

  test("search by run, source, number and tag", async () => {
    await model("sought");
    await version("sought", "s3://b/one", { run_id: "run-a", tags: [{ key: "k", value: "v" }] });
    await version("sought", "s3://b/two", { run_id: "run-b" });
    const numbers = async (filter: string): Promise<string[]> =>
      ((await get(`model-versions/search?filter=${encodeURIComponent(filter)}`)).body["model_versions"] ?? []).map(
        (one: { version: string }) => one.version,
      );
    expect(await numbers("name = 'sought'")).toEqual(["2", "1"]);
    expect(await numbers("run_id IN ('run-a', 'run-c')")).toEqual(["1"]);
    expect(await numbers("run_id IN ('run-a',)")).toEqual(["1"]);
    expect(await numbers("name IN ('sought') and version_number = '2'")).toEqual(["2"]);
    expect(await numbers("source_path = 's3://b/two'")).toEqual(["2"]);
    expect(await numbers("name = 'sought' and version_number > 1")).toEqual(["2"]);
    expect(await numbers("tags.k = 'v'")).toEqual(["1"]);
  });
});
