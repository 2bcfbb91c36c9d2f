import type { Migration, TableClass } from "../../../base/storage/migrations.ts";

/** Spans are what programs say of themselves, as logs do; what someone says about them, and that they were deleted, are entries. */
export const traceTables: Record<string, TableClass> = {
  trace: "operational",
  trace_text: "operational",
  trace_span: "operational",
  trace_run: "operational",
  assessment: "ledgered",
};

export const traceMigrations: Migration[] = [
  {
    room: "traces",
    number: 1,
    sql: `
create table trace (
  id TEXT primary key, project TEXT not null, experiment_id BIGINT not null, client_request_id TEXT, request_preview TEXT, response_preview TEXT,
  request_ms BIGINT not null, duration_ms BIGINT, state TEXT not null, finalized BIGINT not null
);
create index trace_by_experiment on trace (experiment_id, request_ms, id);
create table trace_text (project TEXT not null, trace_id TEXT not null, kind TEXT not null, key TEXT not null, value TEXT not null, primary key (trace_id, kind, key));
create index trace_text_by_key on trace_text (kind, key);
create table trace_span (
  project TEXT not null, trace_id TEXT not null, span_id TEXT not null, parent_id TEXT, name TEXT not null, type TEXT, status TEXT not null, start_us BIGINT not null, end_us BIGINT, content TEXT not null,
  input_tokens BIGINT, output_tokens BIGINT, total_tokens BIGINT, cache_read_input_tokens BIGINT, cache_creation_input_tokens BIGINT, primary key (trace_id, span_id)
);
create table trace_run (project TEXT not null, trace_id TEXT not null, run_id TEXT not null, primary key (run_id, trace_id));
create index trace_run_by_trace on trace_run (trace_id);
create table assessment (
  id TEXT primary key, project TEXT not null, trace_id TEXT not null, span_id TEXT, name TEXT not null, kind TEXT not null, value TEXT not null, error TEXT not null, source_type TEXT not null, source_id TEXT not null,
  rationale TEXT, metadata TEXT not null, overrides TEXT, valid BIGINT not null, created_ms BIGINT not null, updated_ms BIGINT not null
);
create index assessment_by_trace on assessment (trace_id, id)`,
  },
  {
    // In the order of the default search, so that a page costs the same in an experiment of any size.
    room: "traces",
    number: 2,
    sql: `
create index trace_by_time on trace (experiment_id, request_ms desc, id);
drop index trace_by_experiment`,
  },
];
