import type { Migration, TableClass } from "../../base/storage/migrations.ts";

export const incidentsMigrations: Migration[] = [
  {
    room: "incidents",
    number: 1,
    sql: `
create table incident (
  project TEXT not null,
  number BIGINT not null,
  cluster TEXT not null,
  title TEXT not null,
  class TEXT not null,
  kind TEXT not null,
  about TEXT not null,
  severity BIGINT not null,
  state TEXT not null,
  model TEXT,
  route TEXT,
  impact_ms BIGINT not null,
  detected_ms BIGINT not null,
  acknowledged_ms BIGINT,
  mitigated_ms BIGINT,
  restored_ms BIGINT,
  closed_ms BIGINT,
  last_end_ms BIGINT not null,
  evidence TEXT,
  because_entry TEXT,
  entry_id TEXT not null,
  opened_ms BIGINT not null,
  primary key (project, number)
);
create index incident_cluster on incident (project, cluster, last_end_ms)`,
  },
];

/** Alerts, timeline and actions of an incident are computed from the record; only what a decision changed has a column. */
export const incidentsTables: Record<string, TableClass> = { incident: "ledgered" };
