import type { Migration, TableClass } from "../../base/storage/migrations.ts";

export const servingMigrations: Migration[] = [
  {
    room: "serving",
    number: 1,
    sql: `
create table route (
  route TEXT not null primary key,
  project TEXT not null,
  model TEXT not null,
  key_name TEXT,
  log TEXT not null,
  answer_within_ms BIGINT not null,
  fallback TEXT not null,
  entry_id TEXT not null,
  created_ms BIGINT not null
);
create table route_table (
  epoch BIGINT not null primary key,
  project TEXT not null,
  route TEXT not null,
  arms TEXT not null,
  back TEXT,
  salt TEXT not null,
  release TEXT,
  reason TEXT not null,
  at_ms BIGINT not null,
  entry_id TEXT
);
create index route_table_route on route_table (route, epoch);
create table segment (
  id TEXT not null primary key,
  project TEXT not null,
  route TEXT not null,
  row_count BIGINT not null,
  digest TEXT not null,
  size_bytes BIGINT not null,
  first_observed_ms BIGINT not null,
  last_observed_ms BIGINT not null,
  opened_ms BIGINT not null,
  closed_ms BIGINT not null,
  entry_id TEXT not null
);
create index segment_route on segment (route, last_observed_ms);
create table label (
  project TEXT not null,
  route TEXT not null,
  key TEXT not null,
  value DOUBLE PRECISION not null,
  observed_ms BIGINT not null,
  received_ms BIGINT not null,
  primary key (route, key, value)
);
create index label_observed on label (route, observed_ms)`,
  },
];

/** A route's table changes with its entry; labels are covered by what reads them (windows and scores are runs that name their inputs). */
export const servingTables: Record<string, TableClass> = {
  route: "ledgered",
  route_table: "ledgered",
  segment: "ledgered",
  label: "operational",
};
