import type { Migration, TableClass } from "../../base/storage/migrations.ts";

/** Results are ledgered by the entry `run.ended` of the run that made them, in whose transaction they are written; the rest says where work stands. */
export const pipelineTables: Record<string, TableClass> = {
  pipeline_run: "operational",
  step_run: "operational",
  action_result: "ledgered",
  action_divergence: "ledgered",
  attempt: "operational",
  pipeline_lease: "operational",
};

export const pipelineMigrations: Migration[] = [
  {
    room: "pipeline",
    number: 1,
    sql: `
create table pipeline_run (
  project TEXT not null, id TEXT primary key, number BIGINT not null, name TEXT not null, state TEXT not null, verdict TEXT,
  started_ms BIGINT not null, ended_ms BIGINT, by_name TEXT not null, message TEXT, because TEXT, plain BIGINT not null,
  choice TEXT not null, steps_total BIGINT not null, saved_seconds DOUBLE PRECISION not null, lock_written BIGINT not null, offered TEXT not null, error TEXT,
  unique (project, number)
);
create index pipeline_run_by_time on pipeline_run (project, started_ms);
create table step_run (
  project TEXT not null, pipeline_run TEXT not null, step TEXT not null, place BIGINT not null, state TEXT not null, decision TEXT not null, reasons TEXT not null,
  step_key TEXT, facts TEXT, run TEXT, reused_run TEXT, reused_number BIGINT, started_ms BIGINT, ended_ms BIGINT, cpu_seconds DOUBLE PRECISION, peak_bytes BIGINT,
  attempt BIGINT not null, exit TEXT, error TEXT, outputs TEXT not null, metrics TEXT not null, note TEXT,
  primary key (pipeline_run, step)
);
create index step_run_by_step on step_run (project, step, started_ms);
create index step_run_by_run on step_run (run);
create table action_result (
  project TEXT not null, step_key TEXT not null, base_key TEXT not null, step TEXT not null, step_run TEXT not null, pipeline_run TEXT not null, number BIGINT not null,
  outputs TEXT not null, metrics TEXT not null, facts TEXT not null, seconds DOUBLE PRECISION not null, made_ms BIGINT not null,
  primary key (project, step_key)
);
create index action_result_by_step on action_result (project, step, made_ms);
create index action_result_by_base on action_result (project, base_key);
create table action_divergence (project TEXT not null, step_key TEXT not null, step_run TEXT not null, outputs TEXT not null, made_ms BIGINT not null, primary key (project, step_key, step_run));
create table attempt (
  project TEXT not null, id TEXT primary key, pipeline_run TEXT not null, step TEXT not null, step_run TEXT not null, step_key TEXT not null,
  token BIGINT not null, host TEXT not null, state TEXT not null, work TEXT not null, created_ms BIGINT not null, ended_ms BIGINT
);
create index attempt_by_state on attempt (state);
create table pipeline_lease (project TEXT primary key, run TEXT not null, owner TEXT not null, pid BIGINT not null, taken_ms BIGINT not null, until_ms BIGINT not null)
`,
  },
];
