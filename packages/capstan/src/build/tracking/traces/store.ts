import { type Change, type Database, insert, type Row, type Statement, statement } from "../../../base/storage/database.ts";
import { insertMany, listOf } from "../rows.ts";
import {
  type Assessment,
  type AssessmentKind,
  type NewTrace,
  type Span,
  type Texts,
  type TraceInfo,
  type TraceState,
  type Usage,
  usageKeys,
} from "./model.ts";
import { spanOfText, spanText } from "./values.ts";

export type TraceRow = {
  id: string;
  project: string;
  experiment_id: number;
  client_request_id: string | null;
  request_preview: string | null;
  response_preview: string | null;
  request_ms: number;
  duration_ms: number | null;
  state: string;
  finalized: number;
};
type AssessmentRow = {
  id: string;
  project: string;
  trace_id: string;
  span_id: string | null;
  name: string;
  kind: string;
  value: string;
  error: string;
  source_type: string;
  source_id: string;
  rationale: string | null;
  metadata: string;
  overrides: string | null;
  valid: number;
  created_ms: number;
  updated_ms: number;
};

const columns =
  "id, project, experiment_id, client_request_id, request_preview, response_preview, request_ms, duration_ms, state, finalized";
const values = (trace: NewTrace, finalized: boolean) => [
  trace.id,
  trace.project,
  Number(trace.experimentId),
  trace.clientRequestId,
  trace.requestPreview,
  trace.responsePreview,
  trace.requestMs,
  trace.durationMs,
  trace.state,
  finalized ? 1 : 0,
];
const known = { rows: 1, noun: "trace" } as const;
const textsTail = "on conflict (trace_id, kind, key) do update set value = excluded.value";

/** What the client says of its trace counts; what spans said before and it does not say is kept. Refused when the trace is another project's. */
export const startTraceChange = (trace: NewTrace): Change => [
  {
    ...statement(
      `insert into trace (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (id) do update set experiment_id = excluded.experiment_id, client_request_id = excluded.client_request_id, request_ms = excluded.request_ms, duration_ms = excluded.duration_ms, state = excluded.state, finalized = 1,
         request_preview = coalesce(excluded.request_preview, trace.request_preview), response_preview = coalesce(excluded.response_preview, trace.response_preview)
       where trace.project = excluded.project`,
      ...values(trace, true),
    ),
    guard: { ...known, name: trace.id },
  },
  ...textsChange(trace.project, trace.id, "tag", trace.tags),
  ...textsChange(trace.project, trace.id, "metadata", trace.metadata),
];

const earlier = "case when excluded.request_ms < trace.request_ms then excluded.request_ms else trace.request_ms end";
const end = (table: string): string => `${table}.request_ms + coalesce(${table}.duration_ms, 0)`;
const spannedTail = `on conflict (id) do update set
         request_ms = case when trace.finalized = 1 then trace.request_ms else ${earlier} end,
         duration_ms = case when trace.finalized = 1 then trace.duration_ms when excluded.duration_ms is null and trace.duration_ms is null then null
           else (case when ${end("excluded")} > ${end("trace")} then ${end("excluded")} else ${end("trace")} end) - ${earlier} end,
         state = case when trace.state in ('IN_PROGRESS', 'STATE_UNSPECIFIED') and excluded.state <> 'IN_PROGRESS' then excluded.state else trace.state end,
         request_preview = coalesce(trace.request_preview, excluded.request_preview), response_preview = coalesce(trace.response_preview, excluded.response_preview)
       where trace.project = excluded.project`;
/** What spans say of their traces: each reaches as far as all of them, and has its state from its root. Nothing of that when its client has said it. */
export const spannedTracesChange = (traces: readonly NewTrace[]): Change => [
  ...insertMany(
    "trace",
    columns.split(", "),
    traces.map((trace) => values(trace, false)),
    spannedTail,
    { noun: "trace", name: traces[0]?.id ?? "" },
  ),
  ...(["tag", "metadata"] as const).flatMap((kind) =>
    insertMany(
      "trace_text",
      ["project", "trace_id", "kind", "key", "value"],
      traces.flatMap((trace) =>
        Object.entries(kind === "tag" ? trace.tags : trace.metadata).map(([key, value]) => [trace.project, trace.id, kind, key, value]),
      ),
      kind === "tag" ? textsTail : "on conflict (trace_id, kind, key) do nothing",
    ),
  ),
];

export type TextKind = "tag" | "metadata";
export const textsChange = (project: string, trace: string, kind: TextKind, texts: Texts): Statement[] =>
  insertMany(
    "trace_text",
    ["project", "trace_id", "kind", "key", "value"],
    Object.entries(texts).map(([key, value]) => [project, trace, kind, key, value]),
    textsTail,
  );
export const removeTagChange = (trace: string, key: string): Change => [
  {
    ...statement("delete from trace_text where trace_id = ? and kind = 'tag' and key = ?", trace, key),
    guard: { rows: 1, noun: "tag", name: key },
  },
];

const statusWords = ["UNSET", "OK", "ERROR"];
/** Microseconds: nanoseconds do not fit the numbers that both databases give back exactly. */
const micros = (ns: string): number => Number(BigInt(ns) / 1000n);
export const spansChange = (
  project: string,
  spans: readonly { trace: string; span: Span; type: string | null; usage: Usage }[],
): Statement[] =>
  insertMany(
    "trace_span",
    ["project", "trace_id", "span_id", "parent_id", "name", "type", "status", "start_us", "end_us", "content", ...usageKeys],
    spans.map(({ trace, span, type, usage }) => [
      project,
      trace,
      span.spanId,
      span.parentId,
      span.name,
      type,
      statusWords[span.status.code] ?? "UNSET",
      micros(span.startNs),
      span.endNs === null ? null : micros(span.endNs),
      spanText(span),
      ...usageKeys.map((key) => usage[key] ?? null),
    ]),
    `on conflict (trace_id, span_id) do update set ${["parent_id", "name", "type", "status", "start_us", "end_us", "content", ...usageKeys].map((column) => `${column} = excluded.${column}`).join(", ")}`,
  );

export const linkRunChange = (project: string, run: string, traces: readonly string[]): Statement[] =>
  insertMany(
    "trace_run",
    ["project", "trace_id", "run_id"],
    traces.map((trace) => [project, trace, run]),
    "on conflict (run_id, trace_id) do nothing",
  );

export const deleteTracesChange = (ids: readonly string[]): Change => {
  const list = listOf(ids);
  return [
    ...["trace_text", "trace_span", "trace_run", "assessment"].map((table) =>
      statement(`delete from ${table} where trace_id in ${list.sql}`, ...list.params),
    ),
    statement(`delete from trace where id in ${list.sql} returning id`, ...list.params),
  ];
};

export const assessmentOf = (row: AssessmentRow): Assessment => ({
  id: row.id,
  project: row.project,
  traceId: row.trace_id,
  spanId: row.span_id,
  name: row.name,
  kind: row.kind as AssessmentKind,
  value: JSON.parse(row.value),
  error: JSON.parse(row.error),
  sourceType: row.source_type,
  sourceId: row.source_id,
  rationale: row.rationale,
  metadata: JSON.parse(row.metadata),
  overrides: row.overrides,
  valid: row.valid === 1,
  createdMs: row.created_ms,
  updatedMs: row.updated_ms,
});
const rowOf = (one: Assessment): Row => ({
  id: one.id,
  project: one.project,
  trace_id: one.traceId,
  span_id: one.spanId,
  name: one.name,
  kind: one.kind,
  value: JSON.stringify(one.value ?? null),
  error: JSON.stringify(one.error ?? null),
  source_type: one.sourceType,
  source_id: one.sourceId,
  rationale: one.rationale,
  metadata: JSON.stringify(one.metadata),
  overrides: one.overrides,
  valid: one.valid ? 1 : 0,
  created_ms: one.createdMs,
  updated_ms: one.updatedMs,
});
/** As they are: what replaces what is not looked at. */
export const putAssessments = (all: readonly Assessment[]): Statement[] => {
  const rows = all.map(rowOf);
  return insertMany(
    "assessment",
    Object.keys(rows[0] ?? {}),
    rows.map((row) => Object.values(row)),
    "",
  );
};
export const createAssessmentChange = (one: Assessment): Change => [
  insert("assessment", rowOf(one)),
  ...(one.overrides === null
    ? []
    : [{ ...validity(one.traceId, one.overrides, false), guard: { rows: 1, noun: "assessment", name: one.overrides } }]),
];
export const updateAssessmentChange = (one: Assessment, beforeMs: number): Change => {
  const { id, ...row } = rowOf(one);
  return [
    {
      sql: `update assessment set ${Object.keys(row)
        .map((column) => `${column} = ?`)
        .join(", ")} where id = ? and updated_ms = ?`,
      params: [...Object.values(row), id ?? null, beforeMs],
      guard: { rows: 1, noun: "assessment", name: one.id },
    },
  ];
};
/** What it replaced counts again. */
export const deleteAssessmentChange = (one: Assessment): Change => [
  { ...statement("delete from assessment where id = ?", one.id), guard: { rows: 1, noun: "assessment", name: one.id } },
  ...(one.overrides === null ? [] : [validity(one.traceId, one.overrides, true)]),
];
const validity = (trace: string, id: string, valid: boolean): Statement =>
  statement("update assessment set valid = ? where id = ? and trace_id = ?", valid ? 1 : 0, id, trace);

/** SQL that reads traces with what hangs on them. */
export function createTraceStore(database: Database) {
  /** `summed`: with the tokens of its spans, where the client did not sum them up itself. */
  async function filled(rows: readonly TraceRow[], summed = true): Promise<TraceInfo[]> {
    if (rows.length === 0) return [];
    const ids = listOf(rows.map((row) => row.id));
    const [texts, assessments, usage] = await Promise.all([
      database.all<{ trace_id: string; kind: string; key: string; value: string }>(
        `select trace_id, kind, key, value from trace_text where trace_id in ${ids.sql} order by key`,
        ids.params,
      ),
      database.all<AssessmentRow>(`select * from assessment where trace_id in ${ids.sql} order by created_ms, id`, ids.params),
      database.all<{ trace_id: string } & Record<string, number | null>>(
        `select trace_id, ${usageKeys.map((key) => `cast(sum(${key}) as BIGINT) as ${key}`).join(", ")} from trace_span where trace_id in ${ids.sql} and total_tokens is not null group by trace_id`,
        ids.params,
      ),
    ]);
    const maps = new Map(rows.map((row) => [row.id, { tag: {} as Record<string, string>, metadata: {} as Record<string, string> }]));
    for (const one of texts) {
      const of = maps.get(one.trace_id)?.[one.kind as TextKind];
      if (of) of[one.key] = one.value;
    }
    const used = new Map(usage.map((one) => [one["trace_id"] as unknown as string, one]));
    return rows.map((row) => {
      const { tag = {}, metadata = {} } = maps.get(row.id) ?? {};
      const sums = used.get(row.id);
      if (summed && sums && metadata["mlflow.trace.tokenUsage"] === undefined)
        metadata["mlflow.trace.tokenUsage"] = JSON.stringify(
          Object.fromEntries(usageKeys.flatMap((key) => (typeof sums[key] === "number" ? [[key, sums[key]]] : []))),
        );
      return {
        id: row.id,
        project: row.project,
        experimentId: String(row.experiment_id),
        clientRequestId: row.client_request_id,
        requestPreview: row.request_preview,
        responsePreview: row.response_preview,
        requestMs: row.request_ms,
        durationMs: row.duration_ms,
        state: row.state as TraceState,
        tags: tag,
        metadata,
        assessments: assessments.filter((one) => one.trace_id === row.id).map(assessmentOf),
      };
    });
  }

  return {
    filled,
    /** In the order asked for; unknown ones are left out. */
    async traces(ids: readonly string[], summed = true): Promise<TraceInfo[]> {
      if (ids.length === 0) return [];
      const list = listOf(ids);
      const rows = await database.all<TraceRow>(`select * from trace where id in ${list.sql}`, list.params);
      const byId = new Map((await filled(rows, summed)).map((one) => [one.id, one]));
      return [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
    },
    /** Roots first, then by start. */
    async spans(ids: readonly string[]): Promise<Map<string, Span[]>> {
      const found = new Map<string, Span[]>();
      if (ids.length === 0) return found;
      const list = listOf(ids);
      for (const row of await database.all<{ trace_id: string; content: string }>(
        `select trace_id, content from trace_span where trace_id in ${list.sql} order by trace_id, case when parent_id is null then 0 else 1 end, start_us, span_id`,
        list.params,
      ))
        found.set(row.trace_id, [...(found.get(row.trace_id) ?? []), spanOfText(row.content)]);
      return found;
    },
    /** Runs that traces were linked to, beside the one that each says it came from. */
    async runs(ids: readonly string[]): Promise<Map<string, string[]>> {
      const found = new Map<string, string[]>();
      if (ids.length === 0) return found;
      const list = listOf(ids);
      for (const row of await database.all<{ trace_id: string; run_id: string }>(
        `select trace_id, run_id from trace_run where trace_id in ${list.sql} order by trace_id, run_id`,
        list.params,
      ))
        found.set(row.trace_id, [...(found.get(row.trace_id) ?? []), row.run_id]);
      return found;
    },
    /** Whether no assessment of any trace has this id. */
    isFree: async (id: string): Promise<boolean> => (await database.find("select 1 as x from assessment where id = ?", [id])) === undefined,
    /** Of the spans that no other began. */
    async rootNames(ids: readonly string[]): Promise<Map<string, string>> {
      if (ids.length === 0) return new Map();
      const list = listOf(ids);
      const rows = await database.all<{ trace_id: string; name: string }>(
        `select trace_id, min(name) as name from trace_span where trace_id in ${list.sql} and parent_id is null group by trace_id`,
        list.params,
      );
      return new Map(rows.map((row) => [row.trace_id, row.name]));
    },
    async assessment(trace: string, id: string): Promise<Assessment | undefined> {
      const row = await database.find<AssessmentRow>("select * from assessment where trace_id = ? and id = ?", [trace, id]);
      return row && assessmentOf(row);
    },
  };
}
