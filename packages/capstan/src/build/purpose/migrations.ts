import type { Migration, TableClass } from "../../base/storage/migrations.ts";

export const purposeMigrations: Migration[] = [
  {
    room: "purpose",
    number: 1,
    sql: `
create table purpose_version (
  project TEXT not null,
  number BIGINT not null,
  digest TEXT not null,
  declaration TEXT not null,
  entry_id TEXT not null,
  declared_ms BIGINT not null,
  primary key (project, number)
);
create table purpose_worth (
  project TEXT not null,
  number BIGINT not null,
  rows_digest TEXT not null,
  worth TEXT not null,
  entry_id TEXT not null,
  asked_ms BIGINT not null,
  primary key (project, number, rows_digest)
)`,
  },
];

export const purposeTables: Record<string, TableClass> = { purpose_version: "ledgered", purpose_worth: "ledgered" };
