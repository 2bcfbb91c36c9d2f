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
];

export const registryTables: Record<string, TableClass> = { model_version: "ledgered", model_alias: "ledgered", model_live: "ledgered" };
