import type { Migration, TableClass } from "../storage/migrations.ts";

export const accessTables: Record<string, TableClass> = {
  token: "ledgered",
  session: "operational",
  principal: "ledgered",
  principal_group: "ledgered",
  group_member: "ledgered",
  role_binding: "ledgered",
};

export const accessMigrations: Migration[] = [
  {
    room: "access",
    number: 1,
    sql: `
create table token (
  id TEXT primary key,
  name TEXT not null,
  hash TEXT not null unique,
  roles TEXT not null,
  projects TEXT,
  attempt_run TEXT,
  created_ms BIGINT not null,
  created_by TEXT not null,
  expires_ms BIGINT not null,
  revoked_ms BIGINT
);
create table session (
  hash TEXT primary key,
  actor TEXT not null,
  created_ms BIGINT not null,
  expires_ms BIGINT not null
);
`,
  },
  {
    room: "access",
    number: 2,
    sql: `
create table principal (
  id TEXT primary key,
  name TEXT not null unique,
  kind TEXT not null,
  title TEXT not null,
  created_ms BIGINT not null,
  ended_ms BIGINT
);
create table principal_group (id TEXT primary key, name TEXT not null unique, created_ms BIGINT not null);
create table group_member (group_id TEXT not null, principal TEXT not null, primary key (group_id, principal));
create table role_binding (holder TEXT not null, project TEXT not null, role TEXT not null, given_ms BIGINT not null, primary key (holder, project, role));
alter table token add column principal TEXT;
`,
  },
];
