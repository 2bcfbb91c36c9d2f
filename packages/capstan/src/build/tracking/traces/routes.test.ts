import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openMlflowServer } from "../../../testing/mlflow-server.ts";
import { person } from "../../../testing/person.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { trackingMigrations } from "../migrations.ts";
import { mlflowRoutes } from "../mlflow/routes.ts";
import { createTrackingService, type TrackingService } from "../service.ts";
import { traceRoutes } from "./routes.ts";

let open: TestStore;
let tracking: TrackingService;
let server: Awaited<ReturnType<typeof openMlflowServer>>;

beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: open.store });
  const surface = { tracking, store: open.store, home: "default" };
  server = await openMlflowServer([...mlflowRoutes(surface), ...traceRoutes(surface)], (token) =>
    token === "other" ? { ...person, via: "token", projects: ["other"] } : person,
  );
});
afterAll(async () => {
  await server.close();
  await open.close();
});

// oxlint-disable-next-line no-explicit-any
type Reply = { status: number; body: Record<string, any>; type: string | null };
async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(`${server.url}${path.startsWith("/") ? path : `/api/3.0/mlflow/${path}`}`, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text.startsWith("{") ? (JSON.parse(text) as Reply["body"]) : { text },
    type: response.headers.get("content-type"),
  };
}
let made = 0;
const experiment = async (): Promise<string> =>
  (await send("POST", "/api/2.0/mlflow/experiments/create", { name: `traced-${made++}` })).body["experiment_id"];
const hex = (length: number): string => (made++).toString(16).padStart(length, "0");
type Sent = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name?: string;
  attributes?: object[];
  status?: object;
  ms?: [number, number];
  events?: object[];
};
const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } });
const int = (key: string, intValue: number): object => ({ key, value: { intValue: String(intValue) } });
const request = (spans: readonly Sent[]): object => ({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: spans.map(({ ms = [1000, 3000], ...span }) => ({
            name: "span",
            ...span,
            startTimeUnixNano: `${ms[0]}000123`,
            endTimeUnixNano: `${ms[1]}000456`,
          })),
        },
      ],
    },
  ],
});
const otlp = (id: string, spans: readonly Sent[]): Promise<Reply> =>
  send("POST", "/v1/traces", request(spans), { "x-mlflow-experiment-id": id });
const search = async (id: string, filter = "", more: object = {}): Promise<string[]> => {
  const { status, body } = await send("POST", "traces/search", {
    locations: [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: id } }],
    filter,
    ...more,
  });
  if (status !== 200) throw new Error(body["message"]);
  return (body["traces"] ?? []).map((one: { trace_id: string }) => one.trace_id);
};
const info = (id: string, experimentId: string, more: object = {}): object => ({
  trace: {
    trace_info: {
      trace_id: id,
      trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } },
      request_time: "2026-01-02T03:04:05.678Z",
      execution_duration: "1.250s",
      state: "OK",
      ...more,
    },
  },
});

describe("OpenTelemetry's way in", () => {
  test("spans in JSON become a trace with its times, state, previews and tokens; times keep their nanoseconds", async () => {
    const id = await experiment();
    const [trace, root, child] = [hex(32), hex(16), hex(16)];
    const usage = (input: number, output: number) => [int("gen_ai.usage.input_tokens", input), int("gen_ai.usage.output_tokens", output)];
    const reply = await otlp(id, [
      { traceId: trace, spanId: child, parentSpanId: root, name: "call", attributes: usage(1, 2), ms: [1500, 4000] },
      {
        traceId: trace,
        spanId: root,
        name: "root",
        attributes: [text("input.value", "hello"), ...usage(10, 20)],
        status: { code: 2, message: "late" },
      },
    ]);
    expect([reply.status, reply.type]).toEqual([200, "application/x-protobuf"]);
    const { body } = await send("GET", `traces/get?trace_id=tr-${trace}`);
    expect(body["trace"].trace_info).toMatchObject({
      state: "ERROR",
      request_time: "1970-01-01T00:00:01.000Z",
      execution_duration: "3s",
      request_preview: '"hello"',
      trace_metadata: { "mlflow.trace.tokenUsage": '{"input_tokens":11,"output_tokens":22,"total_tokens":33}' },
      tags: { "mlflow.trace.spansLocation": "TRACKING_STORE" },
    });
    expect(body["trace"].spans.map((one: { name: string }) => one.name)).toEqual(["root", "call"]);
    expect(body["trace"].spans[0]).toMatchObject({ start_time_unix_nano: "1000000123", status: { code: 2, message: "late" } });
    // Sent again, it is the same trace.
    await otlp(id, [{ traceId: trace, spanId: child, parentSpanId: root, name: "call", attributes: usage(1, 2), ms: [1500, 4000] }]);
    const again = await send("GET", `traces/get?trace_id=tr-${trace}`);
    expect(again.body["trace"].trace_info.trace_metadata["mlflow.trace.tokenUsage"]).toBe(
      '{"input_tokens":11,"output_tokens":22,"total_tokens":33}',
    );
  });

  test("protobuf, compressed", async () => {
    const id = await experiment();
    const bytes = (number: number, value: Uint8Array): Buffer => Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), value]);
    const time = (number: number, ns: bigint): Buffer => {
      const buffer = Buffer.alloc(9);
      buffer[0] = (number << 3) | 1;
      buffer.writeBigUInt64LE(ns, 1);
      return buffer;
    };
    const trace = hex(32);
    const attribute = bytes(9, Buffer.concat([bytes(1, Buffer.from("n")), bytes(2, Buffer.from([0x18, 0x2a]))]));
    const span = Buffer.concat([
      bytes(1, Buffer.from(trace, "hex")),
      bytes(2, Buffer.from(hex(16), "hex")),
      bytes(5, Buffer.from("packed")),
      time(7, 1_700_000_000_000_000_001n),
      time(8, 1_700_000_000_500_000_000n),
      attribute,
    ]);
    const body = gzipSync(bytes(1, bytes(2, bytes(2, span))));
    const headers = { "content-type": "application/x-protobuf", "content-encoding": "gzip", "x-mlflow-experiment-id": id };
    expect((await send("POST", "/v1/traces", body, headers)).status).toBe(200);
    const { body: found } = await send("GET", `traces/get?trace_id=tr-${trace}`);
    expect(found["trace"].spans[0]).toMatchObject({ name: "packed", start_time_unix_nano: "1700000000000000001" });
    expect(found["trace"].spans[0].attributes).toContainEqual({ key: "n", value: { int_value: 42 } });
  });

  test("what cannot be read is refused, and nothing of it is kept", async () => {
    const id = await experiment();
    const header = { "x-mlflow-experiment-id": id };
    const good: Sent = { traceId: hex(32), spanId: hex(16) };
    expect((await send("POST", "/v1/traces", request([good]))).status).toBe(422);
    expect((await send("POST", "/v1/traces", "x", { ...header, "content-type": "text/plain" })).status).toBe(400);
    for (const body of ["{", "[]", '{"resourceSpans": 3}', "{}", '{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "zz"}]}]}]}'])
      expect([body, (await send("POST", "/v1/traces", body, header)).status]).toEqual([body, 400]);
    for (const bytes of ["this is not protobuf", "\x0a\xff\xff\xff\xff\x7f", ""])
      expect([
        bytes,
        (await send("POST", "/v1/traces", Buffer.from(bytes, "latin1"), { ...header, "content-type": "application/x-protobuf" })).status,
      ]).toEqual([bytes, 400]);
    expect((await otlp(id, [good, { traceId: hex(32), spanId: "00" }])).status).toBe(422);
    expect((await otlp("999999", [good])).status).toBe(404);
    expect(await search(id)).toEqual([]);
  });

  test("another project's trace is not written to", async () => {
    const id = await experiment();
    const foreign = await tracking.experiments.create({ project: "elsewhere", name: "x" }, person);
    const trace = hex(32);
    await otlp(id, [{ traceId: trace, spanId: hex(16), name: "mine" }]);
    expect((await otlp(foreign, [{ traceId: trace, spanId: hex(16) }])).status).toBe(409);
    expect((await send("GET", `traces/tr-${trace}`, undefined, { authorization: "Bearer other" })).status).toBe(404);
  });
});

describe("MLflow's endpoints", () => {
  test("what the client says of its trace counts, whether before or after its spans", async () => {
    const id = await experiment();
    const trace = hex(32);
    await otlp(id, [{ traceId: trace, spanId: hex(16), name: "root", attributes: [text("output.value", "bye")] }]);
    const started = await send("POST", "traces", info(`tr-${trace}`, id, { tags: { a: "1" }, trace_metadata: { m: "2" } }));
    expect(started.body["trace"].trace_info).toMatchObject({
      request_time: "2026-01-02T03:04:05.678Z",
      execution_duration: "1.250s",
      response_preview: '"bye"',
      tags: { a: "1" },
      trace_metadata: { m: "2", "mlflow.trace.infoFinalized": "true" },
    });
    await otlp(id, [{ traceId: trace, spanId: hex(16), name: "late", ms: [1, 9_000_000] }]);
    expect((await send("GET", `traces/tr-${trace}`)).body["trace"].trace_info).toMatchObject({ execution_duration: "1.250s", state: "OK" });
  });

  test("search: grammar over traces, spans, tags and assessments, in pages", async () => {
    const id = await experiment();
    const names: string[] = [];
    for (let i = 0; i < 3; i++) {
      const trace = hex(32);
      names.push(`tr-${trace}`);
      await otlp(id, [
        {
          traceId: trace,
          spanId: hex(16),
          name: `step-${i}`,
          attributes: [
            text("city", i === 2 ? 'Ulm "x"' : "Bonn"),
            int("tries", i),
            text("openinference.span.kind", i === 0 ? "TOOL" : "LLM"),
          ],
          ms: [1000 * (i + 1), 1000 * (i + 1) + 100 * i],
          ...(i === 1 && { status: { code: "STATUS_CODE_ERROR" } }),
        },
      ]);
    }
    const [first = "", second = "", third = ""] = names;
    await send("PATCH", `/api/2.0/mlflow/traces/${first}/tags`, { key: "env", value: "prod" });
    await send("POST", `traces/${second}/assessments`, {
      assessment: { assessment_name: "ok", feedback: { value: "no" }, source: { source_type: "HUMAN", source_id: "a" } },
    });
    expect(await search(id)).toEqual([third, second, first]);
    expect(await search(id, "", { order_by: ["execution_time DESC"] })).toEqual([third, second, first]);
    expect(await search(id, "", { order_by: ["timestamp ASC"] })).toEqual([first, second, third]);
    for (const [filter, found] of [
      ["status = 'ERROR'", [second]],
      ["trace.status IN ('OK', 'ERROR') AND timestamp_ms > 1500", [third, second]],
      ["tags.env = 'prod'", [first]],
      ["tag.env IS NULL", [third, second]],
      ["span.name LIKE 'step-%' AND span.type = 'LLM'", [third, second]],
      ["span.attributes.city = 'Bonn'", [second, first]],
      ["span.attributes.city != 'Bonn'", [third]],
      ["span.attributes.city LIKE '%lm%'", [third]],
      ["span.attributes.tries = '1'", [second]],
      ["span.attributes.tries LIKE '%'", [third, second, first]],
      ["span.attributes.`tries` RLIKE '^[02]$'", [third, first]],
      ["trace.text ILIKE '%BONN%'", [second, first]],
      ["span.name RLIKE '^step-[12]$'", [third, second]],
      ["span.name RLIKE '(?i)^STEP' AND span.name RLIKE '(0|2)'", [third, first]],
      ["span.attributes.city RLIKE '^U.*\"x\"$'", [third]],
      ["tag.env RLIKE 'pr?od'", [first]],
      ["feedback.ok RLIKE '^no$'", [second]],
      [`request_id RLIKE '^${first}'`, [first]],
      ["feedback.ok = 'no'", [second]],
      ["feedback.ok IS NULL", [third, first]],
      ["execution_time_ms >= 100", [third, second]],
    ] as const)
      expect([filter, await search(id, filter)]).toEqual([filter, found]);
    const page = await send("POST", "traces/search", { locations: [{ mlflow_experiment: { experiment_id: id } }], max_results: 2 });
    expect(await search(id, "", { page_token: page.body["next_page_token"] })).toEqual([first]);
    await expect(search(id, "nothing.x = 'y'")).rejects.toThrow(/Invalid entity type 'nothing'/);
    await expect(search(id, "span.depth = 'y'")).rejects.toThrow(/at character 1/);
    await expect(search(id, "name RLIKE '(a'")).rejects.toThrow(
      /Invalid pattern behind RLIKE: a \( is not closed, at character 3 of it.*at character 1/,
    );
    await expect(search(id, "span.content RLIKE 'a'")).rejects.toThrow(/Invalid span attribute 'content'/);
    await expect(search(id, "", { max_results: 501 })).rejects.toThrow(/at most 500/);
  });

  test("a client that sends its trace with what was said of it, and again, keeps their ids and has them once", async () => {
    const id = await experiment();
    const said = (assessment_id: string, value: unknown, more: object = {}) => ({
      ...{ assessment_id, assessment_name: "q", feedback: { value }, source: { source_type: "HUMAN" } },
      ...more,
    });
    const assessments = [said("a-first", "no"), said("a-second", "yes", { overrides: "a-first" })];
    for (let i = 0; i < 2; i++) expect((await send("POST", "traces", info("tr-said", id, { assessments }))).status).toBe(200);
    const trace = (await send("GET", "traces/tr-said")).body["trace"].trace_info;
    expect(trace.assessments.map((one: Record<string, unknown>) => [one["assessment_id"], one["valid"]])).toEqual([
      ["a-first", false],
      ["a-second", true],
    ]);
  });

  test("conditions on spans are met by one of them, those on feedback by what is valid", async () => {
    const id = await experiment();
    const trace = hex(32);
    await otlp(id, [
      { traceId: trace, spanId: hex(16), name: "outer", attributes: [text("openinference.span.kind", "CHAIN")] },
      { traceId: trace, spanId: hex(16), name: "inner", attributes: [text("openinference.span.kind", "LLM")] },
    ]);
    const at = `traces/tr-${trace}/assessments`;
    const assess = async (value: unknown, more: object = {}) =>
      (await send("POST", at, { assessment: { assessment_name: "q", feedback: { value }, source: { source_type: "HUMAN" }, ...more } }))
        .body["assessment"];
    const first = await assess("good");
    await assess(0.75, { assessment_name: "score" });
    await assess(["a", "b"], { overrides: first.assessment_id });
    for (const [filter, found] of [
      ["span.name = 'inner' AND span.type = 'LLM'", 1],
      ["span.name = 'inner' AND span.type = 'CHAIN'", 0],
      ["trace.text LIKE '%inner%' AND trace.text LIKE '%outer%'", 1],
      ["feedback.q = 'good'", 0],
      [`feedback.q = '["a", "b"]'`, 1],
      ["feedback.score > 0.5 AND feedback.score = 0.75", 1],
      ["feedback.score < 0.5", 0],
      ["feedback.score != 'x'", 1],
    ] as const)
      expect([filter, (await search(id, filter)).length]).toEqual([filter, found]);
    await send("PATCH", `/api/2.0/mlflow/traces/tr-${trace}/tags`, { key: "rank", value: "9" });
    const other = hex(32);
    await otlp(id, [{ traceId: other, spanId: hex(16) }]);
    expect(await search(id, "", { order_by: ["tags.rank DESC"] })).toEqual([`tr-${trace}`, `tr-${other}`]);
  });

  test("an assessment that replaces another makes it invalid until it is deleted; each step is an entry", async () => {
    const id = await experiment();
    await send("POST", "traces", info("tr-assessed", id));
    const at = "traces/tr-assessed/assessments";
    const source = { source_type: "HUMAN", source_id: "someone" };
    const first = (await send("POST", at, { assessment: { assessment_name: "q", feedback: { value: { rating: 4 } }, source } })).body[
      "assessment"
    ];
    expect(first).toMatchObject({ valid: true, feedback: { value: { rating: 4 } }, source });
    const second = (
      await send("POST", at, {
        assessment: { assessment_name: "q", expectation: { value: [1, { a: true }] }, overrides: first.assessment_id },
      })
    ).body["assessment"];
    expect(JSON.parse(second.expectation.serialized_value.value)).toEqual([1, { a: true }]);
    const validOf = async (): Promise<boolean> => (await send("GET", `${at}/${first.assessment_id}`)).body["assessment"].valid;
    expect(await validOf()).toBe(false);
    const changed = await send("PATCH", `${at}/${first.assessment_id}`, { assessment: { rationale: "because" }, update_mask: "rationale" });
    expect(changed.body["assessment"].rationale).toBe("because");
    expect((await send("DELETE", `${at}/${second.assessment_id}`)).status).toBe(200);
    expect(await validOf()).toBe(true);
    expect((await send("GET", `${at}/${second.assessment_id}`)).status).toBe(404);
    expect((await send("POST", at, { assessment: { assessment_name: "q", feedback: { value: 1 }, overrides: "a-none" } })).status).toBe(
      404,
    );
    const entries = await open.store.database.all<{ action: string }>(
      "select action from entry where subject_id = 'tr-assessed' order by at_ms, id",
    );
    expect(entries.map((one) => one.action).sort()).toEqual([
      "trace.assessed",
      "trace.assessed",
      "trace.assessment.changed",
      "trace.assessment.deleted",
    ]);
  });

  test("deletion by time, number and name, with an entry", async () => {
    const id = await experiment();
    const ids = [1, 2, 3, 4].map((i) => `tr-del-${id}-${i}`);
    for (const [i, trace] of ids.entries())
      await send("POST", "traces", info(trace, id, { request_time: new Date(1000 * (i + 1)).toISOString() }));
    const remove = (more: object) => send("POST", "traces/delete-traces", { experiment_id: id, ...more });
    expect((await remove({})).status).toBe(400);
    expect((await remove({ max_timestamp_millis: 9, request_ids: ["x"] })).status).toBe(400);
    expect((await remove({ max_timestamp_millis: "2000000", max_traces: 1 })).body).toEqual({ traces_deleted: 1 });
    expect(await search(id)).toEqual([ids[3], ids[2], ids[1]]);
    expect((await remove({ request_ids: [ids[2], "tr-unknown"] })).body).toEqual({ traces_deleted: 1 });
    expect((await remove({ max_timestamp_millis: 2000 })).body).toEqual({ traces_deleted: 1 });
    expect(await search(id)).toEqual([ids[3]]);
    const entries = await open.store.database.all("select 1 from entry where action = 'trace.deleted' and subject_id = ?", [id]);
    expect(entries).toHaveLength(3);
  });

  test("linked runs find their traces; the old form begins and ends in two requests", async () => {
    const id = await experiment();
    const run = (await send("POST", "/api/2.0/mlflow/runs/create", { experiment_id: id, start_time: 1 })).body["run"].info.run_id;
    const begun = await send("POST", "/api/2.0/mlflow/traces", { experiment_id: id, timestamp_ms: 1000, tags: [{ key: "t", value: "1" }] });
    const trace = begun.body["trace_info"].request_id;
    expect(begun.body["trace_info"].status).toBe("IN_PROGRESS");
    const ended = await send("PATCH", `/api/2.0/mlflow/traces/${trace}`, {
      timestamp_ms: 3000,
      status: "OK",
      tags: [{ key: "u", value: "2" }],
    });
    expect(ended.body["trace_info"]).toMatchObject({ execution_time_ms: 2000, status: "OK" });
    await send("POST", "/api/2.0/mlflow/traces/link-to-run", { trace_ids: [trace], run_id: run });
    expect(await search(id, `attributes.run_id = '${run}'`)).toEqual([trace]);
    await send("POST", "/api/2.0/mlflow/traces/link-prompts", { trace_id: trace, prompt_versions: [{ name: "p", version: "1" }] });
    expect(await search(id, "prompt = 'p/1'")).toEqual([trace]);
    expect((await send("GET", `/api/2.0/mlflow/traces?experiment_ids=${id}`)).body["traces"]).toHaveLength(1);
  });

  test("figures by dimension, and how two filters go together", async () => {
    const id = await experiment();
    for (let i = 0; i < 4; i++) {
      await send(
        "POST",
        "traces",
        info(`tr-fig-${id}-${i}`, id, { state: i === 0 ? "ERROR" : "OK", execution_duration: `${i}s`, tags: { k: i < 2 ? "a" : "b" } }),
      );
    }
    const { body } = await send("POST", "traces/metrics", {
      experiment_ids: [id],
      view_type: "TRACES",
      metric_name: "latency",
      aggregations: [{ aggregation_type: "AVG" }, { aggregation_type: "PERCENTILE", percentile_value: 50 }, { aggregation_type: "COUNT" }],
      dimensions: ["trace_status"],
    });
    expect(body["data_points"]).toEqual([
      { metric_name: "latency", dimensions: { trace_status: "ERROR" }, values: { AVG: 0, P50: 0, COUNT: 1 } },
      { metric_name: "latency", dimensions: { trace_status: "OK" }, values: { AVG: 2000, P50: 2000, COUNT: 3 } },
    ]);
    const pair = await send("POST", "traces/calculate-filter-correlation", {
      experiment_ids: [id],
      filter_string1: "tags.k = 'a'",
      filter_string2: "status = 'ERROR'",
    });
    expect(pair.body).toMatchObject({ total_count: 4, filter1_count: 2, filter2_count: 1, joint_count: 1, npmi: 0.5 });
    expect(
      (await send("POST", "traces/metrics", { experiment_ids: [id], view_type: "TRACES", metric_name: "x", aggregations: [] })).status,
    ).toBe(400);
  });
});
