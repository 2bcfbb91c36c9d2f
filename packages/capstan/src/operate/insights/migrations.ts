import type { Migration, TableClass } from "../../base/storage/migrations.ts";

export const insightsTables: Record<string, TableClass> = { station: "operational" };
export const insightsMigrations: Migration[] = [
  {
    room: "insights",
    number: 1,
    sql: `
create table station (
  project TEXT not null,
  station BIGINT not null,
  key TEXT not null,
  title TEXT not null,
  state TEXT not null,
  verdict TEXT,
  done TEXT not null,
  figure TEXT not null,
  digest TEXT not null,
  started_ms BIGINT not null,
  ended_ms BIGINT,
  primary key (project, station)
);
`,
  },
];
