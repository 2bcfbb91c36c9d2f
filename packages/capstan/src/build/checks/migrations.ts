import type { Migration, TableClass } from "../../base/storage/migrations.ts";

export const checksMigrations: Migration[] = [
  {
    room: "checks",
    number: 1,
    sql: `
create table check_result_set (
  project TEXT not null,
  id TEXT not null,
  suite TEXT not null,
  subject TEXT not null,
  subject_kind TEXT not null,
  subject_digest TEXT,
  against TEXT not null,
  verdict TEXT not null,
  counts TEXT not null,
  run_id TEXT,
  entry_id TEXT not null,
  because TEXT,
  started_ms BIGINT not null,
  seconds DOUBLE PRECISION not null,
  primary key (project, id)
);
create index check_result_set_subject on check_result_set (project, subject, id);
create index check_result_set_suite on check_result_set (project, suite, id);
create table check_result (
  project TEXT not null,
  set_id TEXT not null,
  position BIGINT not null,
  test_id TEXT not null,
  kind TEXT not null,
  verdict TEXT not null,
  result TEXT not null,
  primary key (project, set_id, position)
)`,
  },
];

export const checksTables: Record<string, TableClass> = { check_result_set: "ledgered", check_result: "ledgered" };
