import type { Migration, TableClass } from "../../base/storage/migrations.ts";

export const registryMigrations: Migration[] = [
  {
    room: "registry",
    number: 1,
    sql: `
create table model_version (
  project TEXT not null,
  model TEXT not null,
  number BIGINT not null,
  digest TEXT not null,
  size_bytes BIGINT not null,
  run_id TEXT,
  step TEXT,
  params TEXT not null,
  metrics TEXT not null,
  checks TEXT not null,
  signature TEXT not null,
  bundle TEXT not null,
  bundle_parts TEXT not null,
  entry_id TEXT not null,
  created_ms BIGINT not null,
  primary key (project, model, number),
  unique (project, model, digest)
);
create index model_version_digest on model_version (digest);
create table model_alias (
  project TEXT not null,
  model TEXT not null,
  alias TEXT not null,
  number BIGINT not null,
  at_ms BIGINT not null,
  entry_id TEXT not null,
  primary key (project, model, alias)
);
create table model_live (
  project TEXT not null,
  model TEXT not null,
  route TEXT not null,
  number BIGINT not null,
  since_ms BIGINT not null,
  entry_id TEXT not null,
  primary key (project, route)
);
create index model_live_model on model_live (project, model)`,
  },
  {
    // Versions that MLflow's clients register may share their bytes, so that only files of ours are unique; models exist before their versions.
    room: "registry",
    number: 2,
    sql: `
create table model (
  project TEXT not null,
  name TEXT not null,
  description TEXT,
  last_number BIGINT not null,
  created_ms BIGINT not null,
  updated_ms BIGINT not null,
  deleted_ms BIGINT,
  primary key (project, name)
);
insert into model (project, name, description, last_number, created_ms, updated_ms, deleted_ms)
select project, model, null, max(number), min(created_ms), max(created_ms), null from model_version group by project, model;
create table model_version_next (
  project TEXT not null,
  model TEXT not null,
  number BIGINT not null,
  form TEXT not null,
  digest TEXT not null,
  size_bytes BIGINT not null,
  run_id TEXT,
  step TEXT,
  params TEXT not null,
  metrics TEXT not null,
  checks TEXT not null,
  signature TEXT not null,
  bundle TEXT not null,
  bundle_parts TEXT not null,
  entry_id TEXT not null,
  created_ms BIGINT not null,
  source TEXT,
  location TEXT,
  stated_run TEXT,
  run_link TEXT,
  logged_model TEXT,
  description TEXT,
  stage TEXT not null,
  updated_ms BIGINT not null,
  primary key (project, model, number)
);
insert into model_version_next (project, model, number, form, digest, size_bytes, run_id, step, params, metrics, checks, signature, bundle, bundle_parts, entry_id, created_ms, source, location, stated_run, run_link, logged_model, description, stage, updated_ms)
select project, model, number, 'file', digest, size_bytes, run_id, step, params, metrics, checks, signature, bundle, bundle_parts, entry_id, created_ms, null, null, run_id, null, null, null, 'None', created_ms from model_version;
drop table model_version;
alter table model_version_next rename to model_version;
create index model_version_digest on model_version (digest);
create index model_version_run on model_version (stated_run);
create unique index model_version_file on model_version (project, model, digest) where form = 'file';
create table model_tag (project TEXT not null, model TEXT not null, key TEXT not null, value TEXT not null, primary key (project, model, key));
create table model_version_tag (project TEXT not null, model TEXT not null, number BIGINT not null, key TEXT not null, value TEXT not null, primary key (project, model, number, key));
create table webhook (
  id TEXT primary key,
  project TEXT not null,
  name TEXT not null,
  description TEXT,
  url TEXT not null,
  events TEXT not null,
  secret TEXT,
  status TEXT not null,
  created_ms BIGINT not null,
  updated_ms BIGINT not null
);
create index webhook_project on webhook (project, created_ms)`,
  },
];

export const registryTables: Record<string, TableClass> = {
  model: "ledgered",
  model_tag: "ledgered",
  model_version: "ledgered",
  model_version_tag: "ledgered",
  model_alias: "ledgered",
  model_live: "ledgered",
  webhook: "ledgered",
};
