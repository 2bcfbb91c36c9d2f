import type { Migration, TableClass } from "../../base/storage/migrations.ts";

/** What an import brought is in the record by its entries; this only lets the next one go on where it stopped. */
export const exchangeTables: Record<string, TableClass> = { imported: "operational" };

export const exchangeMigrations: Migration[] = [
  {
    room: "exchange",
    number: 1,
    sql: `
create table imported (
  project TEXT not null, source TEXT not null, noun TEXT not null, source_id TEXT not null, id TEXT not null, digest TEXT not null, at_ms BIGINT not null,
  primary key (project, source, noun, source_id)
)`,
  },
  { room: "exchange", number: 2, sql: "alter table imported add column mark TEXT" },
];
