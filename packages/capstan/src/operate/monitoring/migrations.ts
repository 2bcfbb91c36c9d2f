import type { Migration, TableClass } from "../../base/storage/migrations.ts";

export const monitoringMigrations: Migration[] = [
  {
    room: "monitoring",
    number: 1,
    sql: `
create table monitor (
  project TEXT not null,
  name TEXT not null,
  route TEXT not null,
  model TEXT not null,
  settings TEXT not null,
  digest TEXT not null,
  entry_id TEXT not null,
  declared_ms BIGINT not null,
  primary key (project, name)
);
create table monitor_backtest (
  project TEXT not null,
  monitor TEXT not null,
  key TEXT not null,
  reference TEXT not null,
  result TEXT not null,
  entry_id TEXT not null,
  at_ms BIGINT not null,
  primary key (project, monitor, key)
);
create table monitor_window (
  project TEXT not null,
  monitor TEXT not null,
  start_ms BIGINT not null,
  end_ms BIGINT not null,
  row_count BIGINT not null,
  labels BIGINT not null,
  mature BIGINT not null,
  verdict TEXT not null,
  reason TEXT,
  data_digest TEXT not null,
  evidence TEXT not null,
  cells TEXT not null,
  causes TEXT not null,
  entry_id TEXT not null,
  judged_ms BIGINT not null,
  primary key (project, monitor, start_ms)
);
create table alert (
  project TEXT not null,
  number BIGINT not null,
  monitor TEXT not null,
  route TEXT not null,
  model TEXT not null,
  cluster TEXT not null,
  kind TEXT not null,
  title TEXT not null,
  detail TEXT not null,
  state TEXT not null,
  series TEXT not null,
  causes TEXT not null,
  start_ms BIGINT not null,
  end_ms BIGINT not null,
  incident TEXT,
  retrains BIGINT not null,
  evidence TEXT not null,
  entry_id TEXT not null,
  opened_ms BIGINT not null,
  closed_ms BIGINT,
  primary key (project, number),
  unique (project, monitor, start_ms, cluster)
);
create index alert_incident on alert (project, incident);
create table trigger_request (
  project TEXT not null,
  trigger_name TEXT not null,
  incident TEXT not null,
  alert_entry TEXT not null,
  set_values TEXT not null,
  due_ms BIGINT not null,
  job_key TEXT not null,
  asked BIGINT not null,
  created_ms BIGINT not null,
  primary key (project, trigger_name, incident)
)`,
  },
  {
    room: "monitoring",
    number: 2,
    sql: `
create table alert_mute (
  entry_id TEXT not null primary key,
  project TEXT not null,
  monitor TEXT not null,
  cluster TEXT not null,
  until_ms BIGINT not null,
  reason TEXT not null
);
create index alert_mute_of on alert_mute (project, monitor, until_ms)`,
  },
];

/** A trigger's request is work that waits for its event time; what it leads to has its own entries, with this one's alert as their `because`. */
export const monitoringTables: Record<string, TableClass> = {
  monitor: "ledgered",
  monitor_backtest: "ledgered",
  monitor_window: "ledgered",
  alert: "ledgered",
  alert_mute: "ledgered",
  trigger_request: "operational",
};
