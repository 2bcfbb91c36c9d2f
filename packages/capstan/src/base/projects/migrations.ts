import type { Migration, TableClass } from "../storage/migrations.ts";

export const projectTables: Record<string, TableClass> = { project: "ledgered", saved_view: "operational" };

export const projectMigrations: Migration[] = [
  { room: "projects", number: 1, sql: "create table project (name TEXT primary key, folder TEXT, created_ms BIGINT not null)" },
  {
    room: "projects",
    number: 2,
    sql: "create table saved_view (id TEXT primary key, project TEXT not null, page TEXT not null, name TEXT not null, query TEXT not null, by_name TEXT not null, created_ms BIGINT not null, unique (project, page, name))",
  },
];
