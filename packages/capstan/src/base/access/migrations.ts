import type { Migration, TableClass } from "../storage/migrations.ts";

export const accessTables: Record<string, TableClass> = { token: "ledgered", session: "operational" };

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
];
