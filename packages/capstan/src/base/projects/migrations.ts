import type { Migration, TableClass } from "../storage/migrations.ts";

export const projectTables: Record<string, TableClass> = { project: "ledgered" };

export const projectMigrations: Migration[] = [
  { room: "projects", number: 1, sql: "create table project (name TEXT primary key, folder TEXT, created_ms BIGINT not null)" },
];
