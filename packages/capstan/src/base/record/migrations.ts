import type { Migration, TableClass } from "../storage/migrations.ts";

/**
 * `entry.leaf` is the truth; its other columns repeat members of it for lookup, and verification compares them.
 * `idx` is null between commit and sequencing where many processes write. Payload, salt and names are apart, so that they can go.
 */
export const recordMigrations: Migration[] = [
  {
    room: "record",
    number: 1,
    sql: `
create table entry (
  id TEXT not null primary key,
  idx BIGINT unique,
  at_ms BIGINT not null,
  project TEXT not null,
  action TEXT not null,
  subject_type TEXT not null,
  subject_id TEXT not null,
  pid TEXT not null,
  because TEXT,
  leaf TEXT not null,
  leaf_hash BYTEA not null
);
create index entry_project on entry (project, idx);
create index entry_subject on entry (subject_type, subject_id);
create index entry_because on entry (because);
create table entry_payload (
  entry_id TEXT not null primary key,
  project TEXT not null,
  salt BYTEA not null,
  payload TEXT not null
);
create table pseudonym (
  pid TEXT not null primary key,
  kind TEXT not null,
  name TEXT,
  unique (kind, name)
);
create table checkpoint (
  size BIGINT not null primary key,
  root TEXT not null,
  note TEXT not null,
  frontier BYTEA not null,
  at_ms BIGINT not null
);
create table ledger_key (
  verifier TEXT not null primary key,
  from_size BIGINT not null,
  at_ms BIGINT not null
);
create table lineage_node (
  project TEXT not null,
  id TEXT not null,
  kind TEXT not null,
  title TEXT not null,
  digest TEXT,
  facts TEXT not null,
  primary key (project, id)
);
create index lineage_node_digest on lineage_node (digest);
create table lineage_edge (
  project TEXT not null,
  from_id TEXT not null,
  to_id TEXT not null,
  relation TEXT not null,
  primary key (project, from_id, to_id, relation)
);
create index lineage_edge_to on lineage_edge (project, to_id);
`,
  },
];

/** Checkpoints and keys are about the ledger, they cannot be in it. */
export const recordTables: Record<string, TableClass> = {
  entry: "ledgered",
  entry_payload: "ledgered",
  pseudonym: "operational",
  checkpoint: "operational",
  ledger_key: "operational",
  lineage_node: "ledgered",
  lineage_edge: "ledgered",
};
