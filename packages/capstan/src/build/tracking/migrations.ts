import type { Migration, TableClass } from "../../base/storage/migrations.ts";
import { evaluationMigrations, evaluationTables } from "./evaluation/migrations.ts";
import { traceMigrations, traceTables } from "./traces/migrations.ts";

/** `run` and what hangs on it is covered by the run's seal; metric_latest and metric_pyramid can be computed again from the points. */
export const trackingTables: Record<string, TableClass> = {
  experiment: "ledgered",
  experiment_tag: "operational",
  run: "sealed",
  param: "sealed",
  tag: "sealed",
  metric_latest: "operational",
  metric_tail: "operational",
  metric_block: "sealed",
  metric_pyramid: "operational",
  metric_stream: "operational",
  run_link: "sealed",
  artifact: "sealed",
  logged_dataset: "sealed",
  dataset_input: "sealed",
  model_link: "sealed",
  logged_model: "ledgered",
  logged_model_param: "ledgered",
  logged_model_tag: "operational",
  logged_model_metric: "operational",
  stored_file: "operational",
  run_contact: "operational",
  ...evaluationTables,
  ...traceTables,
};

export const trackingMigrations: Migration[] = [
  {
    room: "tracking",
    number: 1,
    sql: `
create table experiment (
  id BIGINT primary key, project TEXT not null, name TEXT not null, lifecycle TEXT not null, artifact_location TEXT,
  created_ms BIGINT not null, updated_ms BIGINT not null, unique (project, name)
);
create table experiment_tag (project TEXT not null, experiment_id BIGINT not null, key TEXT not null, value TEXT not null, primary key (experiment_id, key));
create table run (
  id TEXT primary key, project TEXT not null, experiment_id BIGINT not null, kind TEXT not null, name TEXT not null, step TEXT, key TEXT, parent_id TEXT, because TEXT,
  by_name TEXT not null, status TEXT not null, verdict TEXT, lifecycle TEXT not null, started_ms BIGINT not null, ended_ms BIGINT,
  wall_seconds DOUBLE PRECISION, cpu_seconds DOUBLE PRECISION, gpu_seconds DOUBLE PRECISION, wait_seconds DOUBLE PRECISION,
  peak_bytes BIGINT, read_bytes BIGINT, written_bytes BIGINT,
  environment TEXT not null, revision BIGINT not null, seal TEXT, seal_entry TEXT, sealed_ms BIGINT, seal_before TEXT
);
create index run_by_experiment on run (experiment_id, lifecycle, started_ms);
create index run_by_project on run (project, kind, started_ms);
create index run_by_parent on run (parent_id);
create index run_by_key on run (project, key);
create table param (project TEXT not null, run_id TEXT not null, key TEXT not null, value TEXT not null, primary key (run_id, key));
create table tag (project TEXT not null, run_id TEXT not null, key TEXT not null, value TEXT not null, primary key (run_id, key));
create table metric_latest (
  project TEXT not null, run_id TEXT not null, key TEXT not null, step BIGINT not null, time_ms BIGINT not null, value DOUBLE PRECISION not null, is_nan BIGINT not null,
  points BIGINT not null, tail_points BIGINT not null, min_value DOUBLE PRECISION, max_value DOUBLE PRECISION, non_finite BIGINT not null, primary key (run_id, key)
);
create table metric_tail (project TEXT not null, run_id TEXT not null, key TEXT not null, chunk TEXT not null, points BIGINT not null, data BYTEA not null, primary key (run_id, key, chunk));
create table metric_block (
  project TEXT not null, run_id TEXT not null, key TEXT not null, block TEXT not null, points BIGINT not null, digest TEXT not null, encoding TEXT not null, data BYTEA not null,
  min_step BIGINT not null, max_step BIGINT not null, min_time_ms BIGINT not null, max_time_ms BIGINT not null, min_value DOUBLE PRECISION, max_value DOUBLE PRECISION, non_finite BIGINT not null,
  primary key (run_id, key, block)
);
create table run_link (project TEXT not null, run_id TEXT not null, direction TEXT not null, name TEXT not null, node TEXT not null, digest TEXT, primary key (run_id, direction, name, node));
create index run_link_by_node on run_link (node);
create table artifact (project TEXT not null, run_id TEXT not null, path TEXT not null, digest TEXT not null, size_bytes BIGINT not null, primary key (run_id, path));
create index artifact_by_digest on artifact (digest)
`,
  },
  {
    room: "tracking",
    number: 2,
    sql: `
create index run_by_start on run (experiment_id, lifecycle, started_ms desc, id);
drop index run_by_experiment;
create table logged_dataset (
  id TEXT primary key, project TEXT not null, experiment_id BIGINT not null, name TEXT not null, digest TEXT not null,
  source_type TEXT not null, source TEXT not null, schema_text TEXT, profile TEXT, unique (experiment_id, name, digest)
);
create table dataset_input (project TEXT not null, run_id TEXT not null, dataset_id TEXT not null, context TEXT, tags TEXT not null, primary key (run_id, dataset_id));
create index dataset_input_by_dataset on dataset_input (dataset_id);
create table model_link (project TEXT not null, run_id TEXT not null, direction TEXT not null, model_id TEXT not null, step BIGINT not null, primary key (run_id, direction, model_id, step));
create index model_link_by_model on model_link (model_id);
create table logged_model (
  id TEXT primary key, project TEXT not null, experiment_id BIGINT not null, name TEXT not null, model_type TEXT, source_run_id TEXT, status TEXT not null,
  artifact_location TEXT not null, lifecycle TEXT not null, created_ms BIGINT not null, updated_ms BIGINT not null
);
create index logged_model_by_experiment on logged_model (experiment_id, lifecycle, created_ms desc, id);
create table logged_model_param (project TEXT not null, model_id TEXT not null, key TEXT not null, value TEXT not null, primary key (model_id, key));
create table logged_model_tag (project TEXT not null, model_id TEXT not null, key TEXT not null, value TEXT not null, primary key (model_id, key));
create table logged_model_metric (
  project TEXT not null, model_id TEXT not null, run_id TEXT not null, key TEXT not null, step BIGINT not null, time_ms BIGINT not null, value DOUBLE PRECISION not null, is_nan BIGINT not null,
  dataset_name TEXT not null, dataset_digest TEXT not null, primary key (model_id, key, run_id, time_ms, step, dataset_name, dataset_digest)
);
create table stored_file (path TEXT primary key, project TEXT not null, digest TEXT not null, size_bytes BIGINT not null);
create index stored_file_by_digest on stored_file (digest)
`,
  },
  {
    room: "tracking",
    number: 3,
    sql: `
alter table run add column changed BIGINT not null default 0;
create index run_by_change on run (experiment_id, changed);
alter table experiment add column runs_left BIGINT not null default 0;
create index metric_latest_by_key on metric_latest (key);
create index param_by_key on param (key);
create index tag_by_key on tag (key)
`,
  },
  {
    room: "tracking",
    number: 4,
    sql: `
alter table metric_tail add column seq BIGINT not null default 0;
alter table metric_latest add column packed_seq BIGINT not null default 0;
create table metric_stream (project TEXT not null, run_id TEXT not null, stream TEXT not null, lines BIGINT not null, primary key (run_id, stream))
`,
  },
  {
    room: "tracking",
    number: 5,
    sql: `
create table metric_pyramid (
  project TEXT not null, run_id TEXT not null, key TEXT not null, block TEXT not null, points BIGINT not null,
  min_step BIGINT not null, max_step BIGINT not null, min_time_ms BIGINT not null, max_time_ms BIGINT not null, data BYTEA not null, primary key (run_id, key, block)
)
`,
  },
  {
    room: "tracking",
    number: 6,
    sql: `create table run_contact (run_id TEXT primary key, project TEXT not null, revision BIGINT not null, seen_ms BIGINT not null)`,
  },
  {
    room: "tracking",
    number: 7,
    sql: `alter table metric_pyramid add column stride BIGINT`,
  },
  ...evaluationMigrations,
  ...traceMigrations,
  {
    room: "tracking",
    number: 8,
    // Most runs have neither a parent nor a key: nothing is written for them.
    sql: `
drop index run_by_parent;
create index run_by_parent on run (parent_id) where parent_id is not null;
drop index run_by_key;
create index run_by_key on run (project, key) where key is not null
`,
  },
];
