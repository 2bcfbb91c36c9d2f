import type { Migration, TableClass } from "../../base/storage/migrations.ts";

export const releaseMigrations: Migration[] = [
  {
    room: "release",
    number: 1,
    sql: `
create table release (
  project TEXT not null,
  number BIGINT not null,
  route TEXT not null,
  model TEXT not null,
  from_number BIGINT,
  to_number BIGINT not null,
  bundle TEXT not null,
  plan TEXT not null,
  state TEXT not null,
  paused_from TEXT,
  rev BIGINT not null,
  verdict TEXT,
  override_reason TEXT,
  gate TEXT,
  stages TEXT not null,
  because TEXT not null,
  because_entry TEXT,
  epoch BIGINT,
  evidence_digest TEXT,
  took_ms DOUBLE PRECISION,
  incident TEXT,
  candidate TEXT not null,
  started_ms BIGINT not null,
  ended_ms BIGINT,
  entry_id TEXT not null,
  primary key (project, number)
);
create index release_route on release (route, number);
create table release_transition (
  project TEXT not null,
  number BIGINT not null,
  rev BIGINT not null,
  from_state TEXT not null,
  to_state TEXT not null,
  at_ms BIGINT not null,
  because TEXT not null,
  epoch BIGINT,
  entry_id TEXT not null,
  primary key (project, number, rev)
);
create table release_progress (
  project TEXT not null,
  number BIGINT not null,
  progress TEXT not null,
  at_ms BIGINT not null,
  primary key (project, number)
)`,
  },
];

/** Progress is what the next process goes on from; what counts of it is frozen as evidence when the release ends. */
export const releaseTables: Record<string, TableClass> = {
  release: "ledgered",
  release_transition: "ledgered",
  release_progress: "operational",
};
