import type { Migration, TableClass } from "../../base/storage/migrations.ts";

/** Who made, signed or declined, and what they wrote, lies in the entry: there it can be erased. */
export const governanceMigrations: Migration[] = [
  {
    room: "governance",
    number: 1,
    sql: `
create table dossier (
  project TEXT not null,
  digest TEXT not null,
  number BIGINT not null,
  model TEXT not null,
  version BIGINT not null,
  verdict TEXT not null,
  level BIGINT,
  needed BIGINT not null,
  because TEXT,
  entry_id TEXT not null,
  made_ms BIGINT not null,
  primary key (project, digest),
  unique (project, number)
);
create index dossier_version on dossier (project, model, version);
create table dossier_approval (
  project TEXT not null,
  dossier TEXT not null,
  entry_id TEXT not null primary key,
  role TEXT not null,
  self_approved BIGINT not null,
  at_ms BIGINT not null
);
create index dossier_approval_dossier on dossier_approval (project, dossier);
create table dossier_decline (
  project TEXT not null,
  dossier TEXT not null,
  entry_id TEXT not null,
  at_ms BIGINT not null,
  primary key (project, dossier)
);
`,
  },
];
export const governanceTables: Record<string, TableClass> = {
  dossier: "ledgered",
  dossier_approval: "ledgered",
  dossier_decline: "ledgered",
};
