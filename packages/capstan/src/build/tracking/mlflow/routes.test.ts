import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../../../base/foundation/caller.ts";
import { openMlflowServer } from "../../../testing/mlflow-server.ts";
import { person } from "../../../testing/person.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { trackingMigrations } from "../migrations.ts";
import { createTrackingService, type TrackingService } from "../service.ts";
import { mlflowRoutes } from "./routes.ts";

let open: TestStore;
let tracking: TrackingService;
let server: Awaited<ReturnType<typeof openMlflowServer>>;
let stepRun = "";

beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: open.store });
  const callerOf = (token: string | undefined): Caller =>
    token === "attempt"
      ? { ...person, via: "token", projects: ["flights"], attemptRun: stepRun }
      : token === "other"
        ? { ...person, via: "token", projects: ["other"] }
        : person;
  server = await openMlflowServer(mlflowRoutes({ tracking, store: open.store, home: "default" }), callerOf);
  stepRun = (
    await tracking.createRun(
      {
        project: "flights",
        experimentId: await tracking.ensureExperiment("flights", "late-arrival", person),
        kind: "step",
        step: "train",
        name: "train",
        startedMs: 1,
      },
      person,
    )
  ).id;
});
afterAll(async () => {
  await server.close();
  await open.close();
});

// oxlint-disable-next-line no-explicit-any
type Reply = { status: number; body: Record<string, any> };
async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") ? (JSON.parse(text) as Reply["body"]) : { text } };
}
const post = (path: string, body: unknown, headers?: Record<string, string>) => send("POST", `/api/2.0/mlflow/${path}`, body, headers);
const get = (path: string, headers?: Record<string, string>) => send("GET", `/api/2.0/mlflow/${path}`, undefined, headers);
const newRun = async (): Promise<string> => (await post("runs/create", { experiment_id: "0", start_time: 1000 })).body["run"].info.run_id;

describe("experiments", () => {
  test("0 is Default; names are taken once; unknown ones are 404", async () => {
    expect((await get("experiments/get?experiment_id=0")).body["experiment"]).toMatchObject({
      name: "Default",
      artifact_location: "mlflow-artifacts:/0",
      lifecycle_stage: "active",
    });
    const made = await post("experiments/create", { name: "mine", tags: [{ key: "a", value: "1" }] });
    expect(made.status).toBe(200);
    expect(await post("experiments/create", { name: "mine" })).toMatchObject({
      status: 400,
      body: { error_code: "RESOURCE_ALREADY_EXISTS" },
    });
    expect((await get("experiments/get-by-name?experiment_name=mine")).body["experiment"]).toMatchObject({
      experiment_id: made.body["experiment_id"],
      tags: [{ key: "a", value: "1" }],
    });
    expect(await get("experiments/get-by-name?experiment_name=nobody")).toMatchObject({
      status: 404,
      body: { error_code: "RESOURCE_DOES_NOT_EXIST" },
    });
    expect(await get("experiments/get?experiment_id=x")).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } });
    expect(await get("experiments/get?experiment_id=99999")).toMatchObject({ status: 404 });
    const page = await post("experiments/search", { max_results: "1", view_type: "ACTIVE_ONLY" });
    expect(page.body["experiments"]).toHaveLength(1);
    const next = await get(`experiments/search?max_results=1&page_token=${encodeURIComponent(page.body["next_page_token"])}`);
    expect(next.body["experiments"][0].experiment_id).not.toBe(page.body["experiments"][0].experiment_id);
    expect(await get("experiments/search?max_results=1&page_token=xx")).toMatchObject({ status: 400 });
  });
});

describe("transport", () => {
  test("numbers may be text, a GET may have a body, JSON may be wrapped in a text, unknown fields do nothing", async () => {
    const id = await newRun();
    expect(await post("runs/log-metric", { run_uuid: id, key: "m", value: "0.5", timestamp: "17", step: "3", more: {} })).toMatchObject({
      status: 200,
      body: {},
    });
    expect(
      await post("runs/log-metric", JSON.stringify(JSON.stringify({ run_id: id, key: "m", value: "Infinity", timestamp: 18 }))),
    ).toMatchObject({ status: 200 });
    const run = await get(`runs/get?run_id=${id}`);
    expect(run.body["run"].data.metrics).toEqual([{ key: "m", value: 0.5, timestamp: 17, step: 3 }]);
    expect(run.body["run"].info).toMatchObject({
      run_id: id,
      run_uuid: id,
      status: "RUNNING",
      artifact_uri: `mlflow-artifacts:/0/${id}/artifacts`,
    });
    expect("end_time" in run.body["run"].info).toBe(false);
    expect((await send("GET", `/ajax-api/2.0/mlflow/metrics/get-history?run_id=${id}&metric_key=m`)).body["metrics"]).toEqual([
      { key: "m", value: 0.5, timestamp: 17, step: 3 },
      { key: "m", value: Number.MAX_VALUE, timestamp: 18, step: 0 },
    ]);
  });

  test("errors are JSON with the codes that clients look for", async () => {
    const id = await newRun();
    const unknown = "f".repeat(32);
    for (const [reply, status, code, text] of [
      [
        await post("runs/log-metric", { run_id: id, key: "m", value: true, timestamp: 1 }),
        400,
        "INVALID_PARAMETER_VALUE",
        "Invalid value true for parameter 'value' supplied",
      ],
      [
        await post("runs/log-metric", { run_id: id, key: "m", value: 1 }),
        400,
        "INVALID_PARAMETER_VALUE",
        "Missing value for required parameter 'timestamp'",
      ],
      [await post("runs/log-metric", { run_id: id, key: "a//b", value: 1, timestamp: 1 }), 400, "INVALID_PARAMETER_VALUE", "Invalid value"],
      [await post("runs/log-metric", { run_id: id, key: "__proto__", value: 1, timestamp: 1 }), 400, "INVALID_PARAMETER_VALUE", ""],
      [
        await post("runs/log-metric", { run_id: unknown, key: "m", value: 1, timestamp: 1 }),
        404,
        "RESOURCE_DOES_NOT_EXIST",
        `Run with id=${unknown} not found`,
      ],
      [await post("runs/log-metric", "{broken"), 400, "INVALID_PARAMETER_VALUE", "Malformed JSON"],
      [await post("runs/log-metric", "[]"), 400, "INVALID_PARAMETER_VALUE", ""],
      [
        await send("POST", "/api/2.0/mlflow/runs/create", "{}", { "content-type": "text/plain" }),
        400,
        "INVALID_PARAMETER_VALUE",
        "Content-Type",
      ],
      [
        await post("runs/log-batch", {
          run_id: id,
          params: [
            { key: "a", value: "1" },
            { key: "a", value: "1" },
          ],
        }),
        400,
        "INVALID_PARAMETER_VALUE",
        "Duplicate parameter keys",
      ],
      [
        await post("runs/log-batch", { run_id: id, metrics: Array.from({ length: 1001 }, () => ({ key: "a", value: 1, timestamp: 1 })) }),
        400,
        "INVALID_PARAMETER_VALUE",
        "at most 1000 metrics",
      ],
      [await get("runs/nothing"), 404, "ENDPOINT_NOT_FOUND", ""],
      [await send("GET", "/api/3.0/mlflow/traces/x"), 404, "ENDPOINT_NOT_FOUND", ""],
      [await send("DELETE", "/api/2.0/mlflow/runs/get"), 404, "ENDPOINT_NOT_FOUND", ""],
    ] as const) {
      expect([reply.status, reply.body["error_code"]], JSON.stringify(reply.body)).toEqual([status, code]);
      expect(reply.body["message"]).toContain(text);
    }
    expect((await send("GET", "/version")).body["text"]).toMatch(/^3\.\d+\.\d+$/);
    expect((await send("GET", "/api/3.0/mlflow/server-info")).body).toEqual({ store_type: "SqlStore", workspaces_enabled: false });
  });
});

describe("runs", () => {
  test("have a name in field and tag, are renamed, ended, deleted and restored", async () => {
    expect(await post("runs/create", { run_name: "a", tags: [{ key: "mlflow.runName", value: "b" }] })).toMatchObject({ status: 400 });
    const run = (await post("runs/create", { run_name: "first", user_id: "u" })).body["run"];
    expect(run.data.tags).toEqual([{ key: "mlflow.runName", value: "first" }]);
    const id = run.info.run_id as string;
    await post("runs/set-tag", { run_id: id, key: "mlflow.runName", value: "second" });
    expect((await get(`runs/get?run_id=${id}`)).body["run"].info.run_name).toBe("second");
    const ended = await post("runs/update", { run_id: id, status: "FINISHED", end_time: 5000, run_name: "third" });
    expect(ended.body["run_info"]).toMatchObject({ status: "FINISHED", end_time: 5000, run_name: "third", user_id: "u" });
    expect((await tracking.getRun(id)).seal).toMatch(/^[0-9a-f]{64}$/);
    await post("runs/delete", { run_id: id });
    expect(await post("runs/set-tag", { run_id: id, key: "a", value: "1" })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("must be in the 'active' state") },
    });
    await post("runs/restore", { run_id: id });
    expect(await post("runs/set-tag", { run_id: id, key: "a", value: "1" })).toMatchObject({ status: 200 });
    expect(await post("runs/delete-tag", { run_id: id, key: "a" })).toMatchObject({ status: 200 });
    expect(await post("runs/delete-tag", { run_id: id, key: "a" })).toMatchObject({ status: 404 });
    expect(await tracking.verifySeal(id)).toMatchObject({ verdict: "pass" });
  });

  test("keep the first value of a param and cut long ones", async () => {
    const id = await newRun();
    await post("runs/log-parameter", { run_id: id, key: "p", value: "x".repeat(7000) });
    expect(await post("runs/log-parameter", { run_id: id, key: "p", value: "y" })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("Changing param values is not allowed") },
    });
    await post("runs/log-parameter", { run_id: id, key: "empty", value: "" });
    const { params } = (await get(`runs/get?run_id=${id}`)).body["run"].data;
    expect(params.map((one: { key: string; value: string }) => [one.key, one.value.length])).toEqual([
      ["empty", 0],
      ["p", 6000],
    ]);
  });

  test("are searched newest first, page by page, without those of checks", async () => {
    const experiment_id = (await post("experiments/create", { name: "searched" })).body["experiment_id"] as string;
    for (let i = 0; i < 5; i++) await post("runs/create", { experiment_id, run_name: `r${i}`, start_time: 1000 + i });
    await tracking.createRun({ project: "default", experimentId: experiment_id, kind: "check", name: "c", startedMs: 9999 }, person);
    const names: string[] = [];
    let page_token: string | undefined;
    do {
      const page: Reply = await post("runs/search", {
        experiment_ids: [experiment_id],
        max_results: 2,
        ...(page_token && { page_token }),
        order_by: ["attributes.start_time DESC"],
      });
      names.push(...(page.body["runs"] ?? []).map((run: { info: { run_name: string } }) => run.info.run_name));
      page_token = page.body["next_page_token"];
    } while (page_token);
    expect(names).toEqual(["r4", "r3", "r2", "r1", "r0"]);
    expect((await post("runs/search", { experiment_ids: [experiment_id], run_view_type: "DELETED_ONLY" })).body).toEqual({});
  });

  test("come in one answer however many they are, as in short pages", async () => {
    const experiment_id = (await post("experiments/create", { name: "long" })).body["experiment_id"] as string;
    await Promise.all(
      Array.from({ length: 600 }, (_, i) =>
        tracking.createRun(
          { project: "default", experimentId: experiment_id, kind: "user", name: `r${i}`, startedMs: i, params: { i: String(i) } },
          person,
        ),
      ),
    );
    const short: object[] = [];
    let page_token: string | undefined;
    do {
      const page: Reply = await post("runs/search", {
        experiment_ids: [experiment_id],
        max_results: 100,
        ...(page_token && { page_token }),
      });
      short.push(...page.body["runs"]);
      page_token = page.body["next_page_token"];
    } while (page_token);
    const long = await post("runs/search", { experiment_ids: [experiment_id] });
    expect(long.body).toEqual({ runs: short });
    const some = await post("runs/search", { experiment_ids: [experiment_id], max_results: 599 });
    const rest = await post("runs/search", { experiment_ids: [experiment_id], page_token: some.body["next_page_token"] });
    expect([...some.body["runs"], ...rest.body["runs"]]).toEqual(short);
  });

  test("of a step's token become its children, in its project and experiment", async () => {
    const headers = { authorization: "Bearer attempt" };
    const run = (await post("runs/create", { run_name: "mine" }, headers)).body["run"];
    expect(run.data.tags).toContainEqual({ key: "mlflow.parentRunId", value: stepRun });
    const stored = await tracking.getRun(run.info.run_id);
    expect(stored).toMatchObject({ parentId: stepRun, project: "flights" });
    await post("runs/update", { run_id: stepRun, status: "FINISHED" }, headers);
    expect((await tracking.getRun(stepRun)).status).toBe("RUNNING");
    expect(await get(`runs/get?run_id=${run.info.run_id}`, { authorization: "Bearer other" })).toMatchObject({ status: 404 });
    expect(await post("runs/set-tag", { run_id: run.info.run_id, key: "a", value: "1" }, { authorization: "Bearer other" })).toMatchObject({
      status: 404,
    });
  });
});

describe("history", () => {
  test("comes in pages or whole, ordered by time, step and value", async () => {
    const id = await newRun();
    for (let batch = 0; batch < 10; batch++) {
      await post("runs/log-batch", {
        run_id: id,
        metrics: Array.from({ length: 1000 }, (_, i) => ({
          key: "loss",
          value: i === 7 ? "NaN" : i,
          timestamp: batch * 1000 + i,
          step: batch * 1000 + i,
        })),
      });
    }
    await post("runs/log-metric", { run_id: id, key: "loss", value: 5, timestamp: 5, step: 5 });
    const whole = await get(`metrics/get-history?run_id=${id}&metric_key=loss`);
    expect(whole.body["metrics"]).toHaveLength(10_000);
    expect(whole.body["metrics"][7]).toEqual({ key: "loss", value: "NaN", timestamp: 7, step: 7 });
    const steps: number[] = [];
    let page_token: string | undefined;
    do {
      const page: Reply = await get(
        `metrics/get-history?run_id=${id}&metric_key=loss&max_results=3333${page_token ? `&page_token=${encodeURIComponent(page_token)}` : ""}`,
      );
      steps.push(...page.body["metrics"].map((one: { step: number }) => one.step));
      page_token = page.body["next_page_token"];
    } while (page_token);
    expect(steps).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect((await get(`metrics/get-history?run_id=${id}&metric_key=none`)).body).toEqual({});
    const bulk = await get(`metrics/get-history-bulk-interval?run_ids=${id}&run_ids=${await newRun()}&metric_key=loss&max_results=320`);
    expect(bulk.body["metrics"].length).toBeGreaterThanOrEqual(320);
    expect(bulk.body["metrics"].length).toBeLessThanOrEqual(322);
    expect(bulk.body["metrics"].at(-1)).toMatchObject({ step: 9999, run_id: id });
  });
});

describe("artifacts", () => {
  test("go up and come back, whole and in parts, and are listed by run and service", async () => {
    const id = await newRun();
    const base = `${server.url}/api/2.0/mlflow-artifacts/artifacts`;
    const bytes = Buffer.alloc(3 << 20, "abcdefghij");
    const put = await fetch(`${base}/0/${id}/artifacts/model/data%20file.bin`, {
      method: "PUT",
      body: bytes,
      headers: { "content-type": "application/octet-stream" },
    });
    expect([put.status, await put.json()]).toEqual([200, {}]);
    const got = await fetch(`${base}/0/${id}/artifacts/model/data%20file.bin`);
    expect(got.headers.get("content-disposition")).toContain("attachment");
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
    const part = await fetch(`${base}/0/${id}/artifacts/model/data%20file.bin`, { headers: { range: "bytes=10-19" } });
    expect([part.status, await part.text()]).toEqual([206, "abcdefghij"]);
    expect((await fetch(`${base}/0/${id}/artifacts/model/data%20file.bin`, { headers: { range: `bytes=${bytes.length}-` } })).status).toBe(
      416,
    );
    expect((await get(`artifacts/list?run_id=${id}`)).body).toEqual({
      root_uri: `mlflow-artifacts:/0/${id}/artifacts`,
      files: [{ path: "model", is_dir: true }],
    });
    expect((await get(`artifacts/list?run_id=${id}&path=model`)).body["files"]).toEqual([
      { path: "model/data file.bin", is_dir: false, file_size: bytes.length },
    ]);
    expect((await send("GET", `/api/2.0/mlflow-artifacts/artifacts?path=0/${id}/artifacts/model`)).body["files"]).toEqual([
      { path: "data file.bin", is_dir: false, file_size: bytes.length },
    ]);
    const plain = await fetch(`${server.url}/get-artifact?run_id=${id}&path=${encodeURIComponent("model/data file.bin")}`);
    expect([plain.status, plain.headers.get("x-content-type-options")]).toEqual([200, "nosniff"]);
    await plain.body?.cancel();
    const native = await fetch(`${server.url}/api/v1/p/default/runs/${id}/files/model/data%20file.bin`);
    expect([native.status, native.headers.get("content-security-policy")]).toEqual([200, expect.stringContaining("sandbox")]);
    await native.body?.cancel();
  });

  test("have no way out of their run", async () => {
    const id = await newRun();
    for (const path of [
      "..%2f..%2fsecret",
      "%252e%252e%252fsecret",
      "a%5c..%5cb",
      "a%23b",
      "a%00b",
      "file:%2f%2f%2fetc%2fpasswd",
      "C:%5Cx",
    ]) {
      for (const method of ["GET", "PUT"]) {
        const reply = await send(
          method,
          `/api/2.0/mlflow-artifacts/artifacts/0/${id}/artifacts/${path}`,
          method === "PUT" ? "x" : undefined,
        );
        expect([reply.status, reply.body["error_code"]], `${method} ${path}`).toEqual([400, "INVALID_PARAMETER_VALUE"]);
      }
      // NUL is replaced in the fields of a message, so that it only names nothing there.
      if (!path.includes("%00")) expect((await get(`artifacts/list?run_id=${id}&path=${path}`)).status).toBe(400);
    }
    // What belongs to no run is a file of its own.
    expect((await send("PUT", "/api/2.0/mlflow-artifacts/artifacts/elsewhere/x", "x")).status).toBe(200);
    expect((await get(`artifacts/list?run_id=${id}`)).body).not.toHaveProperty("files");
    expect((await send("GET", `/api/2.0/mlflow-artifacts/artifacts/0/${id}/artifacts/../../../x`)).body["error_code"]).toMatch(
      /NOT|INVALID/,
    );
  });
});
