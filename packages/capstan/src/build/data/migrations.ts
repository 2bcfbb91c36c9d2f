import type { Migration, TableClass } from "../../base/storage/migrations.ts";

export const dataMigrations: Migration[] = [
  {
    room: "data",
    number: 1,
    sql: `
create table data_version (
  project TEXT not null,
  dataset TEXT not null,
  number BIGINT not null,
  digest TEXT not null,
  form TEXT not null,
  format TEXT not null,
  row_count BIGINT,
  size_bytes BIGINT not null,
  columns TEXT not null,
  profile TEXT not null,
  origin TEXT,
  licence TEXT,
  personal TEXT,
  time_column TEXT,
  time_from_ms BIGINT,
  time_to_ms BIGINT,
  verdict TEXT not null,
  entry_id TEXT not null,
  added_ms BIGINT not null,
  primary key (project, dataset, number),
  unique (project, dataset, digest)
);
create table data_refusal (
  project TEXT not null,
  dataset TEXT not null,
  entry_id TEXT not null,
  digest TEXT not null,
  size_bytes BIGINT not null,
  verdict TEXT not null,
  result_set TEXT,
  at_ms BIGINT not null,
  primary key (project, entry_id)
);
create table data_stat (
  dev TEXT not null,
  ino TEXT not null,
  size_bytes BIGINT not null,
  mtime_ns TEXT not null,
  ctime_ns TEXT not null,
  digest TEXT not null,
  primary key (dev, ino)
)`,
  },
];

/** `data_stat` belongs to the machine, not to a project: it says which bytes a file of this disk held when it was last read. */
export const dataTables: Record<string, TableClass> = { data_version: "ledgered", data_refusal: "ledgered", data_stat: "operational" };
