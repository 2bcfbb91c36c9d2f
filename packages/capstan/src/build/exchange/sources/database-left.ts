import type { Left } from "../model.ts";
import type { Rows } from "./rows.ts";
import { noWebhooks, number } from "./words.ts";

const untaken = "an import does not take these";
/** Tables whose rows are taken, or that only serve them. */
const taken = new Set(
  "alembic_version experiments experiment_tags runs metrics latest_metrics params tags inputs input_tags datasets logged_models logged_model_metrics logged_model_params logged_model_tags registered_models registered_model_tags registered_model_aliases model_versions model_version_tags trace_info trace_tags trace_request_metadata spans assessments evaluation_datasets evaluation_dataset_tags evaluation_dataset_records".split(
    " ",
  ),
);
/** Rows that say nothing that is not in others, or that every fresh database has. */
const silent = new Set(
  "workspaces span_metrics trace_metrics webhook_events sql_trace_metric_daily_rollups sql_span_cost_daily_rollups sql_assessment_daily_rollups sql_trace_rollup_rebuild_queue scheduler_leases job_locks".split(
    " ",
  ),
);

/** What rows are called whose table is no noun, and why they stay. */
const others: Readonly<Record<string, { what: string; why: string; where?: string }>> = {
  scorers: { what: "scorers", why: untaken },
  scorer_versions: { what: "versions of scorers", why: untaken },
  issues: { what: "issues", why: untaken },
  webhooks: { what: "webhooks", why: noWebhooks, where: "where deleted_timestamp is null" },
  entity_associations: {
    what: "links",
    why: untaken,
    where:
      "where not (source_type = 'trace' and destination_type = 'run') and not (source_type = 'evaluation_dataset' and destination_type = 'experiment')",
  },
};

/** What a database of MLflow holds that an import does not take, by its tables: those of a version that is not known yet, too. */
export async function databaseLeft(rows: Rows, tables: ReadonlyMap<string, unknown>): Promise<Left[]> {
  const found: Left[] = [];
  async function count(table: string, { what, why, where = "" }: (typeof others)[string]): Promise<void> {
    const [row] = await rows.all<{ n: number }>(`select count(*) as n from "${table.replaceAll('"', '""')}" ${where}`);
    const n = number(row?.n);
    if (n > 0) found.push({ what, count: n, why });
  }
  for (const table of [...tables.keys()].sort())
    if (!taken.has(table) && !silent.has(table)) await count(table, others[table] ?? { what: `rows of ${table}`, why: untaken });
  const deleted = { what: "model versions", why: "they are deleted", where: "where current_stage = 'Deleted_Internal'" };
  if (tables.has("model_versions")) await count("model_versions", deleted);
  return found;
}
