import { parseExact } from "../../tracking/traces/exact-json.ts";
import type { Assessment, AssessmentKind, TraceState } from "../../tracking/traces/model.ts";
import { traceStates } from "../../tracking/traces/model.ts";
import { pythonJson, valued } from "../../tracking/traces/values.ts";
import { spanOf } from "../../tracking/traces/span-text.ts";
import type { Json } from "../../../base/foundation/canonical-json.ts";
import type { SourceExperiment, SourceTrace, TraceHead } from "../model.ts";
import { traceMark } from "./mark.ts";
import type { Places } from "./places.ts";
import { spansPlace } from "./trace-files.ts";
import { maybe, number, said, text } from "./words.ts";

type Cell = string | number | null;
type Cells = Record<string, Cell>;
/** How the rows of MLflow's database are asked for. */
export type Asked = {
  all(table: string, where?: string, params?: readonly Cell[], columns?: string): Promise<Cells[]>;
  texts(table: string, owner: string, ids: readonly Cell[]): Promise<Map<string, Record<string, string>>>;
  places: Places;
};
const tracesPerPage = 100;

const marks = (values: readonly unknown[]): string => `(${values.map(() => "?").join(", ")})`;
/** A number for nothing, in the order in which MLflow writes them. */
const usageColumns = {
  input_tokens: "input_tokens",
  output_tokens: "output_tokens",
  total_tokens: "total_tokens",
  cache_read_input_tokens: "cache_read_input_tokens",
  cache_creation_input_tokens: "cache_creation_input_tokens",
};
const costColumns = { input_cost: "input_cost", output_cost: "output_cost", total_cost: "total_cost" };
const summed = (row: Cells, columns: Readonly<Record<string, string>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(columns).flatMap(([key, column]) =>
      row[column] === null || row[column] === undefined ? [] : [[key, number(row[column])]],
    ),
  );
/** JSON that a row holds as text, or that the driver has read already. */
export const jsonOf = (value: unknown): Json => {
  if (typeof value !== "string") return (value ?? null) as Json;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
};

/** What newer versions hold in columns that others hold as tags and metadata. */
function columnTexts(row: Cells): { tags: Record<string, string>; metadata: Record<string, string> } {
  const [usage, cost] = [summed(row, usageColumns), summed(row, costColumns)];
  return {
    tags: said(row["trace_name"]) === null ? {} : { "mlflow.traceName": text(row["trace_name"]) },
    metadata: {
      ...(said(row["session_id"]) !== null && { "mlflow.trace.session": text(row["session_id"]) }),
      ...(Object.keys(usage).length > 0 && { "mlflow.trace.tokenUsage": pythonJson(valued(usage)) }),
      ...(Object.keys(cost).length > 0 && { "mlflow.trace.cost": pythonJson(valued(cost)) }),
    },
  };
}

const assessmentOf = (row: Cells): Omit<Assessment, "project"> => ({
  id: text(row["assessment_id"]),
  traceId: text(row["trace_id"]),
  spanId: said(row["span_id"]),
  name: text(row["name"]),
  kind: text(row["assessment_type"]) as AssessmentKind,
  value: jsonOf(row["value"]),
  error: jsonOf(row["error"]),
  sourceType: text(row["source_type"]),
  sourceId: text(row["source_id"]),
  rationale: maybe(row["rationale"]),
  metadata: Object.fromEntries(
    Object.entries(Object(jsonOf(row["assessment_metadata"])) as object).map(([key, value]) => [key, String(value)]),
  ),
  overrides: said(row["overrides"]),
  valid: row["valid"] === null || Boolean(row["valid"]),
  createdMs: number(row["created_timestamp"]),
  updatedMs: number(row["last_updated_timestamp"]),
});

/** Traces of MLflow's database: spans are in its rows, or in files where clients put them. */
export function databaseTraces({ all, texts, places }: Asked) {
  const of = <T>(rows: readonly Cells[], column: string, read: (row: Cells) => T): Map<string, T[]> =>
    new Map([...Map.groupBy(rows, (row) => text(row[column]))].map(([id, some]) => [id, some.map(read)]));

  async function headsOf(page: readonly Cells[]): Promise<TraceHead[]> {
    const ids = page.map((row) => text(row["request_id"]));
    const [tags, metadata, sizes, assessments, links] = await Promise.all([
      texts("trace_tags", "request_id", ids),
      texts("trace_request_metadata", "request_id", ids),
      all("spans", `where trace_id in ${marks(ids)} group by trace_id`, ids, "trace_id, count(*) as spans, sum(length(content)) as size"),
      all("assessments", `where trace_id in ${marks(ids)}`, ids),
      all("entity_associations", `where source_type = 'trace' and destination_type = 'run' and source_id in ${marks(ids)}`, ids),
    ]);
    const [sizesOf, assessmentsOf, runsOf] = [
      of(sizes, "trace_id", (row) => [text(row["spans"]), text(row["size"])]),
      of(assessments, "trace_id", assessmentOf),
      of(links, "source_id", (row) => text(row["destination_id"])),
    ];
    return Promise.all(
      page.map(async (row): Promise<TraceHead> => {
        const id = text(row["request_id"]);
        const columns = columnTexts(row);
        const state = text(row["status"]);
        const tagged = { ...columns.tags, ...tags.get(id) };
        const head = {
          id,
          experimentId: text(row["experiment_id"]),
          clientRequestId: said(row["client_request_id"]),
          requestPreview: maybe(row["request_preview"]),
          responsePreview: maybe(row["response_preview"]),
          requestMs: number(row["timestamp_ms"]),
          durationMs: row["execution_time_ms"] === null || row["execution_time_ms"] === undefined ? null : number(row["execution_time_ms"]),
          state: traceStates.find((one): one is TraceState => one === state) ?? "STATE_UNSPECIFIED",
          tags: tagged,
          metadata: { ...columns.metadata, ...metadata.get(id) },
          assessments: assessmentsOf.get(id) ?? [],
          runs: runsOf.get(id) ?? [],
        };
        const uri = tagged["mlflow.artifactLocation"];
        const near = sizesOf.has(id) || uri === undefined || !places.isNear({ uri, trace: id });
        const file = near ? null : await spansPlace(places.files, id, tagged);
        return { ...head, mark: traceMark(head, [sizesOf.get(id) ?? null, file?.sizeBytes ?? null]) };
      }),
    );
  }

  async function whole(page: readonly TraceHead[]): Promise<SourceTrace[]> {
    if (page.length === 0) return [];
    const ids = page.map((one) => one.id);
    // Its nanoseconds are beyond a number; the content says them, too.
    const rows = await all(
      "spans",
      `where trace_id in ${marks(ids)} order by trace_id, start_time_unix_nano, span_id`,
      ids,
      "trace_id, content",
    );
    const spans = of(rows, "trace_id", (row) => spanOf(parseExact(text(row["content"])), "texts"));
    return Promise.all(
      page.map(async (one) => ({ ...one, spans: spans.get(one.id) ?? (await spansPlace(places.files, one.id, one.tags)) })),
    );
  }

  async function* traces(experiments: readonly SourceExperiment[]): AsyncIterable<TraceHead[]> {
    const wanted = new Set(experiments.map((one) => one.id));
    for (let after = ""; ;) {
      const page = await all("trace_info", "where request_id > ? order by request_id limit ?", [after, tracesPerPage]);
      const mine = page.filter((row) => wanted.has(text(row["experiment_id"])));
      if (mine.length > 0) yield await headsOf(mine);
      const last = page[page.length - 1];
      if (!last || page.length < tracesPerPage) return;
      after = text(last["request_id"]);
    }
  }
  return { traces, whole };
}
