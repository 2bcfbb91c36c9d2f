import type { Migration, TableClass } from "../../../base/storage/migrations.ts";

/** That a dataset, a scorer or an issue was made, changed or deleted is an entry; records are gathered and corrected all the time. */
export const evaluationTables: Record<string, TableClass> = {
  evaluation_dataset: "ledgered",
  evaluation_dataset_tag: "operational",
  evaluation_dataset_experiment: "operational",
  evaluation_record: "operational",
  scorer: "ledgered",
  online_scoring: "operational",
  issue: "ledgered",
};

export const evaluationMigrations: Migration[] = [
  {
    room: "evaluation",
    number: 1,
    sql: `
create table evaluation_dataset (
  id TEXT primary key, project TEXT not null, name TEXT not null, schema_text TEXT, profile TEXT, created_ms BIGINT not null, updated_ms BIGINT not null, created_by TEXT, updated_by TEXT
);
create table evaluation_dataset_tag (project TEXT not null, dataset_id TEXT not null, key TEXT not null, value TEXT not null, primary key (dataset_id, key));
create table evaluation_dataset_experiment (project TEXT not null, dataset_id TEXT not null, experiment_id BIGINT not null, primary key (dataset_id, experiment_id));
create index evaluation_dataset_by_experiment on evaluation_dataset_experiment (experiment_id);
create table evaluation_record (
  id TEXT primary key, project TEXT not null, dataset_id TEXT not null, inputs_digest TEXT not null, content TEXT not null, created_ms BIGINT not null, updated_ms BIGINT not null,
  created_by TEXT, updated_by TEXT, unique (dataset_id, inputs_digest)
);
create table scorer (
  id TEXT not null, project TEXT not null, experiment_id BIGINT not null, name TEXT not null, version BIGINT not null, content TEXT not null, created_ms BIGINT not null,
  primary key (experiment_id, name, version)
);
create table online_scoring (id TEXT primary key, project TEXT not null, scorer_id TEXT not null unique, sample_rate DOUBLE PRECISION not null, filter TEXT);
create table issue (
  id TEXT primary key, project TEXT not null, experiment_id BIGINT not null, name TEXT not null, description TEXT not null, status TEXT not null, severity TEXT,
  root_causes TEXT not null, categories TEXT not null, source_run_id TEXT, created_by TEXT, created_ms BIGINT not null, updated_ms BIGINT not null
);
create index issue_by_experiment on issue (experiment_id, created_ms, id)`,
  },
];
