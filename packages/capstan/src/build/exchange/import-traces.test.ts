import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ImportWorld, openImportWorld } from "../../testing/import-world.ts";
import { filledTraces, fillMlflowDatabase, fillMlflowTraces, runIdOf, writeFiles } from "../../testing/mlflow-sources.ts";
import { heldTraces } from "../tracking/imported/traces.ts";
import { pythonJson } from "../tracking/traces/values.ts";

let { here, folder, file, database, bring, entries, close } = {} as ImportWorld;

beforeEach(async () => void ({ here, folder, file, database, bring, entries, close } = await openImportWorld()));
afterEach(() => close());

const noted = async (id: string) => (await heldTraces(here.store, [id]))[0];

test("traces come with spans to the last digit, what was said of them, and the runs that they are linked to", async () => {
  fillMlflowDatabase(database, folder, 2);
  fillMlflowTraces(database, folder);
  const result = await bring(file);
  expect(result).toMatchObject({ taken: { traces: 2, spans: 3, assessments: 2 }, conflicts: [], differing: 0 });
  expect(result.left.map((one) => one.what)).toEqual(["aliases", "scorers"]);
  const [first, second] = [await noted(filledTraces[0]), await noted(filledTraces[1])];
  expect(first).toMatchObject({
    experimentId: "7",
    requestMs: 5000,
    durationMs: 250,
    clientRequestId: "client-1",
    tags: { env: "prod", "mlflow.traceName": "named", "mlflow.trace.spansLocation": "TRACKING_STORE" },
    metadata: { "mlflow.sourceRun": runIdOf(1), "mlflow.trace.session": "talk" },
    runs: [runIdOf(2)],
  });
  expect(JSON.parse(first?.metadata["mlflow.trace.tokenUsage"] ?? "")).toEqual({ input_tokens: 3, output_tokens: 4, total_tokens: 7 });
  expect(first?.assessments.map((one) => [one.id, one.value, one.valid, one.overrides, one.createdMs, one.metadata])).toEqual([
    ["a-1", "no", false, null, 6000, { k: "v" }],
    ["a-2", 0.5, true, "a-1", 6000, { k: "v" }],
  ]);
  const [root] = first?.spans ?? [];
  expect(root).toMatchObject({ startNs: "1795260853117197344", parentId: null, status: { code: 1 } });
  expect(root?.attributes.map((one) => [one.key, pythonJson(one.value)])).toEqual([
    ["mlflow.spanType", '"LLM"'],
    ["mlflow.spanInputs", '{"a": 1.0, "b": [null, true, 1234567890123456789]}'],
    ["plain", '"no json"'],
  ]);
  expect(second).toMatchObject({ state: "IN_PROGRESS", durationMs: null, spans: [{ spanId: "cc".repeat(8) }] });
  expect(await entries("trace.imported")).toBe(1);
});

test("of traces a second import brings what went on at the source, and leaves what was changed here, too", async () => {
  fillMlflowDatabase(database, folder, 2);
  fillMlflowTraces(database, folder);
  await bring(file);
  expect(await bring(file)).toMatchObject({ taken: {}, updated: {}, same: { traces: 2 }, entry: null });
  const [first, second] = filledTraces;
  database.exec(`update trace_info set status = 'OK', execution_time_ms = 9 where request_id = '${second}'`);
  expect(await bring(file)).toMatchObject({ updated: { traces: 1 }, conflicts: [], differing: 0 });
  expect(await noted(second)).toMatchObject({ state: "OK", durationMs: 9, spans: [{}] });
  await here.store.database.commit([{ sql: "update trace set state = 'ERROR' where id = ?", params: [first] }]);
  database.exec(`update trace_info set session_id = 'other' where request_id = '${first}'`);
  expect(await bring(file)).toMatchObject({ conflicts: [{ noun: "trace", id: first, code: "CAP-EXISTS-001" }] });
  expect((await noted(first))?.metadata["mlflow.trace.session"]).toBe("talk");
});

test("a trace of an mlruns folder comes as MLflow writes it, or wrote it before", async () => {
  const root = join(folder, "mlruns");
  writeFiles(join(root, "5"), {
    "meta.yaml": "experiment_id: '5'\nname: files\nlifecycle_stage: active\ncreation_time: 1\nlast_update_time: 1\n",
  });
  writeFiles(join(root, ".trash"), { none: "" });
  const [id, older, lost] = ["1", "2", "3"].map((digit) => `tr-${digit.repeat(32)}`);
  writeFiles(join(root, "5", "traces", id ?? ""), {
    "trace_info.yaml": `client_request_id: '007'
execution_duration_ms: 250
request_preview: '{"q": "why?"}'
request_time: '2026-01-02T03:04:05.678Z'
state: OK
trace_id: ${id}
trace_location:
  mlflow_experiment:
    experiment_id: '5'
  type: MLFLOW_EXPERIMENT
`,
    "request_metadata/mlflow.trace.session": "talk",
    "tags/env": "prod",
    "tags/mlflow.artifactLocation": "file:///elsewhere",
    "assessments/a-1.yaml": `assessment_id: a-1
assessment_name: share
create_time: '2026-01-02T03:04:06Z'
feedback:
  value:
    digits: '0.5'
    parts:
    - 1.0e-05
    - true
    - null
    - 1e5
last_update_time: '2026-01-02T03:04:07Z'
metadata:
  count: '3'
rationale: 'two

  lines'
source:
  source_id: ada
  source_type: HUMAN
trace_id: ${id}
valid: false
`,
    "artifacts/traces.json": `{"spans": [{"trace_id": "${id}", "span_id": "${"ab".repeat(8)}", "parent_span_id": null, "name": "step", "start_time_unix_nano": 5, "end_time_unix_nano": 6, "events": [], "status": {"code": "OK", "message": ""}, "attributes": {"n": "1.0"}}]}`,
  });
  writeFiles(join(root, "5", "traces", older ?? ""), {
    "trace_info.yaml": `execution_time_ms: 9\nexperiment_id: '5'\nrequest_id: ${older}\nstatus: ERROR\ntimestamp_ms: 5000\n`,
  });
  writeFiles(join(root, "5", "traces", lost ?? ""), { "tags/env": "prod" });
  const result = await bring(root);
  expect(result).toMatchObject({ taken: { traces: 2, spans: 1, assessments: 1 }, conflicts: [], differing: 0 });
  expect(result.left).toEqual([
    { what: "spans of traces", count: 1, why: expect.any(String) },
    { what: "traces", count: 1, why: expect.stringContaining("trace_info.yaml") },
  ]);
  expect(await noted(id ?? "")).toMatchObject({
    experimentId: "5",
    clientRequestId: "007",
    requestPreview: '{"q": "why?"}',
    responsePreview: null,
    requestMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    durationMs: 250,
    state: "OK",
    tags: { env: "prod" },
    metadata: { "mlflow.trace.session": "talk" },
    assessments: [
      {
        value: { digits: "0.5", parts: [1e-5, true, null, "1e5"] },
        valid: false,
        rationale: "two\nlines",
        metadata: { count: "3" },
        sourceId: "ada",
      },
    ],
    spans: [{ traceId: "1".repeat(32), spanId: "ab".repeat(8), parentId: null, startNs: "5", status: { code: 1 } }],
  });
  expect(await noted(older ?? "")).toMatchObject({ state: "ERROR", requestMs: 5000, durationMs: 9, spans: [] });
  expect(await bring(root)).toMatchObject({ taken: {}, updated: {}, unread: { traces: 1 }, entry: null });
});
