import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A database with the tables of MLflow that an import reads, in the form of a recent version. */
export function openMlflowDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec(mlflowTables);
  return database;
}

export const mlflowTables = `
create table experiments (experiment_id INTEGER primary key, name TEXT, artifact_location TEXT, lifecycle_stage TEXT, creation_time BIGINT, last_update_time BIGINT);
create table experiment_tags (key TEXT, value TEXT, experiment_id INTEGER);
create table runs (run_uuid TEXT primary key, name TEXT, user_id TEXT, status TEXT, start_time BIGINT, end_time BIGINT, lifecycle_stage TEXT, artifact_uri TEXT, experiment_id INTEGER);
create table metrics (key TEXT, value DOUBLE PRECISION, timestamp BIGINT, run_uuid TEXT, step BIGINT, is_nan BOOLEAN);
create index metrics_by_run on metrics (run_uuid);
create table params (key TEXT, value TEXT, run_uuid TEXT);
create table tags (key TEXT, value TEXT, run_uuid TEXT);
create table datasets (dataset_uuid TEXT, experiment_id INTEGER, name TEXT, digest TEXT, dataset_source_type TEXT, dataset_source TEXT, dataset_schema TEXT, dataset_profile TEXT);
create table inputs (input_uuid TEXT, source_type TEXT, source_id TEXT, destination_type TEXT, destination_id TEXT, step BIGINT);
create table input_tags (input_uuid TEXT, name TEXT, value TEXT);
create table logged_models (model_id TEXT, experiment_id INTEGER, name TEXT, artifact_location TEXT, creation_timestamp_ms BIGINT, last_updated_timestamp_ms BIGINT, status INTEGER, lifecycle_stage TEXT, model_type TEXT, source_run_id TEXT);
create table logged_model_params (model_id TEXT, param_key TEXT, param_value TEXT);
create table logged_model_tags (model_id TEXT, tag_key TEXT, tag_value TEXT);
create table logged_model_metrics (model_id TEXT, metric_name TEXT, metric_timestamp_ms BIGINT, metric_step BIGINT, metric_value DOUBLE PRECISION, run_id TEXT, dataset_name TEXT, dataset_digest TEXT);
create table registered_models (name TEXT, creation_time BIGINT, last_updated_time BIGINT, description TEXT);
create table registered_model_tags (key TEXT, value TEXT, name TEXT);
create table registered_model_aliases (alias TEXT, version INTEGER, name TEXT);
create table model_versions (name TEXT, version INTEGER, creation_time BIGINT, last_updated_time BIGINT, description TEXT, current_stage TEXT, source TEXT, run_id TEXT, run_link TEXT, storage_location TEXT);
create table model_version_tags (key TEXT, value TEXT, name TEXT, version INTEGER);
create table trace_info (request_id TEXT primary key, experiment_id INTEGER, timestamp_ms BIGINT, execution_time_ms BIGINT, status TEXT, client_request_id TEXT, request_preview TEXT, response_preview TEXT, trace_name TEXT, session_id TEXT, input_tokens BIGINT, output_tokens BIGINT, total_tokens BIGINT);
create table trace_tags (key TEXT, value TEXT, request_id TEXT);
create table trace_request_metadata (key TEXT, value TEXT, request_id TEXT);
create table spans (trace_id TEXT, experiment_id INTEGER, span_id TEXT, parent_span_id TEXT, name TEXT, type TEXT, status TEXT, start_time_unix_nano BIGINT, end_time_unix_nano BIGINT, content TEXT);
create table assessments (assessment_id TEXT, trace_id TEXT, name TEXT, assessment_type TEXT, value TEXT, error TEXT, created_timestamp BIGINT, last_updated_timestamp BIGINT, source_type TEXT, source_id TEXT, run_id TEXT, span_id TEXT, rationale TEXT, overrides TEXT, valid BOOLEAN, assessment_metadata TEXT);
create table entity_associations (association_id TEXT, source_type TEXT, source_id TEXT, destination_type TEXT, destination_id TEXT, created_time BIGINT);
create table evaluation_datasets (dataset_id TEXT primary key, name TEXT, schema TEXT, profile TEXT, digest TEXT, created_time BIGINT, last_update_time BIGINT, created_by TEXT, last_updated_by TEXT);
create table evaluation_dataset_tags (dataset_id TEXT, key TEXT, value TEXT);
create table evaluation_dataset_records (dataset_record_id TEXT primary key, dataset_id TEXT, inputs TEXT, outputs TEXT, expectations TEXT, tags TEXT, source TEXT, created_time BIGINT, last_update_time BIGINT, created_by TEXT, last_updated_by TEXT);
create table webhooks (webhook_id TEXT, secret TEXT, deleted_timestamp BIGINT);
create table scorers (scorer_id TEXT)`;

/** Ids of the traces that a filled database has: the first with its spans in rows, the other with one in a file. */
export const filledTraces = [`tr-${"1".repeat(32)}`, `tr-${"2".repeat(32)}`] as const;

/** Two traces in experiment 7, the first with all that can be said of one, in the form of a new version. */
export function fillMlflowTraces(database: DatabaseSync, folder: string): void {
  const put = (table: string, ...values: (string | number | bigint | null)[]): void =>
    void database.prepare(`insert into ${table} values (${values.map(() => "?").join(", ")})`).run(...values);
  const [first, second] = filledTraces;
  const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");
  const span = (trace: string, id: string, parent: string | null, more: string): string =>
    `{"trace_id": "${base64(trace.slice(3))}", "span_id": "${base64(id)}", "parent_span_id": ${parent === null ? "null" : `"${base64(parent)}"`}, "name": "step", "start_time_unix_nano": 1795260853117197344, "end_time_unix_nano": 1795260853117737825, "events": [{"name": "ev", "time_unix_nano": 1795260853117585664, "attributes": {"q": 1, "r": 2.0}}], "status": {"code": "STATUS_CODE_OK", "message": ""}, "links": []${more}}`;
  const attributes = `, "attributes": {"mlflow.spanType": "\\"LLM\\"", "mlflow.spanInputs": "{\\"a\\": 1.0, \\"b\\": [null, true, 1234567890123456789]}", "plain": "no json"}`;
  put("trace_info", first, 7, 5000, 250, "OK", "client-1", "in", "out", "named", "talk", 3, 4, 7);
  put("trace_tags", "env", "prod", first);
  put("trace_tags", "mlflow.trace.spansLocation", "TRACKING_STORE", first);
  put("trace_request_metadata", "mlflow.sourceRun", runIdOf(1), first);
  const nanos = 1795260853117197344n;
  put("spans", first, 7, "aa".repeat(8), null, "step", "LLM", "OK", nanos, nanos, span(first, "aa".repeat(8), null, attributes));
  put(
    "spans",
    first,
    7,
    "bb".repeat(8),
    "aa".repeat(8),
    "step",
    null,
    "OK",
    nanos,
    nanos,
    span(first, "bb".repeat(8), "aa".repeat(8), attributes),
  );
  const said = (id: string, value: string, overrides: string | null, valid: number): void =>
    put(
      "assessments",
      id,
      first,
      "good",
      "feedback",
      value,
      null,
      6000,
      6001,
      "HUMAN",
      "ada",
      null,
      null,
      "clear",
      overrides,
      valid,
      '{"k": "v"}',
    );
  said("a-1", '"no"', null, 0);
  said("a-2", "0.5", "a-1", 1);
  put("entity_associations", "e1", "trace", first, "run", runIdOf(2), 1);
  put("trace_info", second, 7, 6000, null, "IN_PROGRESS", null, null, null, null, null, null, null, null);
  const place = join(folder, "mlruns", "7", "traces", second, "artifacts");
  put("trace_tags", "mlflow.artifactLocation", place, second);
  writeFiles(place, { "traces.json": `{"spans": [${span(second, "cc".repeat(8), null, ', "attributes": {}')}]}` });
}

export const filledEvaluationDataset = `d-${"4".repeat(32)}`;

/** An evaluation dataset of experiment 7 with one record that has everything and one that has inputs only; two webhooks, one of them deleted. */
export function fillMlflowEvaluation(database: DatabaseSync): void {
  const put = (table: string, ...values: (string | number | null)[]): void =>
    void database.prepare(`insert into ${table} values (${values.map(() => "?").join(", ")})`).run(...values);
  const id = filledEvaluationDataset;
  put("evaluation_datasets", id, "questions", '{"inputs": {"q": "string"}}', '{"num_records": 2}', "abc", 8000, 8100, "ada", "zoe");
  put("evaluation_dataset_tags", id, "team", "a");
  put("entity_associations", "e2", "evaluation_dataset", id, "experiment", "7", 1);
  const source = '{"source_type": "HUMAN", "source_data": {"user_name": "ada"}}';
  const parts = ['{"q": "why?", "k": 1.5}', '{"mlflow_wrapped": ["42", null]}', '{"answer": "42"}', '{"hard": "yes"}', source];
  put("evaluation_dataset_records", `dr-${"1".repeat(32)}`, id, ...parts, 8010, 8020, "ada", null);
  put("evaluation_dataset_records", `dr-${"2".repeat(32)}`, id, '{"q": "how?"}', null, null, null, null, 8030, 8030, null, null);
  put("webhooks", "w1", "sealed", null);
  put("webhooks", "w2", "sealed", 9000);
}

/** Id of the nth run of a test. */
export const runIdOf = (n: number): string => n.toString(16).padStart(32, "0");

/** Experiment 7 with `count` runs of one curve each, the first of which has every other thing that a run can have. */
export function fillMlflowDatabase(database: DatabaseSync, folder: string, count: number): void {
  const put = (table: string, ...values: (string | number | null)[]): void =>
    void database.prepare(`insert into ${table} values (${values.map(() => "?").join(", ")})`).run(...values);
  put("experiments", 7, "alpha", join(folder, "mlruns", "7"), "active", 1000, 2000);
  put("experiment_tags", "team", "a", 7);
  database.exec("begin");
  for (let n = 1; n <= count; n++) {
    const id = runIdOf(n);
    put("runs", id, `run ${n}`, "ada", "FINISHED", 10_000 + n, 20_000 + n, "active", join(folder, "mlruns", "7", id, "artifacts"), 7);
    put("tags", "mlflow.runName", `run ${n}`, id);
    put("params", "depth", String(n), id);
    for (let step = 0; step < 20; step++) put("metrics", "loss", 1 / (step + n), 10_000 + step, id, step, 0);
  }
  database.exec("commit");
  const first = runIdOf(1);
  put("metrics", "odd", 0, 10_000, first, -3, 1);
  put("metrics", "auc", 0.7, 5000, first, 1, 0);
  put("tags", "mlflow.parentRunId", runIdOf(2), first);
  put("datasets", "d1", 7, "flights", "abc", "local", "{}", null, "{}");
  put("inputs", "i1", "DATASET", "d1", "RUN", first, 0);
  put("input_tags", "i1", "mlflow.data.context", "training");
  const model = `m-${first}`;
  const models = join(folder, "mlruns", "7", "models", model, "artifacts");
  put("logged_models", model, 7, "boosted", models, 3000, 4000, 2, "active", "tree", first);
  put("logged_model_params", model, "trees", "200");
  put("logged_model_metrics", model, "auc", 5000, 1, 0.7, first, "flights", "abc");
  put("inputs", "i2", "RUN_OUTPUT", first, "MODEL_OUTPUT", model, 3);
  put("registered_models", "late", 6000, 7000, "what is late");
  put("registered_model_tags", "use", "x", "late");
  put("registered_model_aliases", "champion", 3, "late");
  put("registered_model_aliases", "live", 3, "late");
  put("model_versions", "late", 3, 6500, 6600, "third", "Production", `models:/${model}`, first, "", models);
  put("model_version_tags", "ok", "yes", "late", 3);
  put("scorers", "s1");
  writeFiles(join(folder, "mlruns", "7", first, "artifacts"), { "report.txt": "late\n", "plots/a b.txt": "x" });
  writeFiles(models, { MLmodel: "flavors: {}\n", "model.pkl": "no pickle of ours" });
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
