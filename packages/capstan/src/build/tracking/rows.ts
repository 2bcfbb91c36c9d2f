import type { Verdict } from "@capstan/contract";
import { canonicalJson } from "../../base/foundation/canonical-json.ts";
import type { Database, Row, SqlValue, Statement } from "../../base/storage/database.ts";
import type {
  Experiment,
  LatestMetric,
  Lifecycle,
  LoggedModel,
  LoggedModelStatus,
  Run,
  RunEnvironment,
  RunKind,
  RunStatus,
} from "./model.ts";

export type ExperimentRow = {
  id: number;
  project: string;
  name: string;
  lifecycle: string;
  artifact_location: string | null;
  created_ms: number;
  updated_ms: number;
};
export const experimentOf = (row: ExperimentRow, tags: Record<string, string> = {}): Experiment => ({
  id: String(row.id),
  project: row.project,
  name: row.name,
  lifecycle: row.lifecycle as Lifecycle,
  artifactLocation: row.artifact_location,
  createdMs: row.created_ms,
  updatedMs: row.updated_ms,
  tags,
});

export type RunRow = {
  id: string;
  project: string;
  experiment_id: number;
  kind: string;
  name: string;
  step: string | null;
  key: string | null;
  parent_id: string | null;
  because: string | null;
  by_name: string;
  status: string;
  verdict: string | null;
  lifecycle: string;
  started_ms: number;
  ended_ms: number | null;
  wall_seconds: number | null;
  cpu_seconds: number | null;
  gpu_seconds: number | null;
  wait_seconds: number | null;
  peak_bytes: number | null;
  read_bytes: number | null;
  written_bytes: number | null;
  environment: string;
  revision: number;
  changed: number;
  seal: string | null;
  seal_entry: string | null;
  sealed_ms: number | null;
  seal_before: string | null;
};

export const runOf = (row: RunRow): Run => ({
  id: row.id,
  project: row.project,
  experimentId: String(row.experiment_id),
  kind: row.kind as RunKind,
  name: row.name,
  step: row.step,
  key: row.key,
  parentId: row.parent_id,
  because: row.because,
  by: row.by_name,
  status: row.status as RunStatus,
  verdict: row.verdict as Verdict | null,
  lifecycle: row.lifecycle as Lifecycle,
  startedMs: row.started_ms,
  endedMs: row.ended_ms,
  resources: {
    wallSeconds: row.wall_seconds,
    cpuSeconds: row.cpu_seconds,
    gpuSeconds: row.gpu_seconds,
    waitSeconds: row.wait_seconds,
    peakBytes: row.peak_bytes,
    readBytes: row.read_bytes,
    writtenBytes: row.written_bytes,
  },
  environment: JSON.parse(row.environment) as RunEnvironment,
  seal: row.seal,
  sealEntry: row.seal_entry,
  sealedMs: row.sealed_ms,
  sealBefore: row.seal_before,
});

/** Columns of a run that may change after it was created. */
export const changingColumns = (run: Run): Row => ({
  name: run.name,
  status: run.status,
  verdict: run.verdict,
  lifecycle: run.lifecycle,
  ended_ms: run.endedMs,
  wall_seconds: run.resources.wallSeconds,
  cpu_seconds: run.resources.cpuSeconds,
  gpu_seconds: run.resources.gpuSeconds,
  wait_seconds: run.resources.waitSeconds,
  peak_bytes: run.resources.peakBytes,
  read_bytes: run.resources.readBytes ?? null,
  written_bytes: run.resources.writtenBytes ?? null,
  environment: canonicalJson(run.environment as never),
  seal: run.seal,
  seal_entry: run.sealEntry,
  sealed_ms: run.sealedMs,
  seal_before: run.sealBefore,
});

export const rowOf = (run: Run): Row => ({
  id: run.id,
  project: run.project,
  experiment_id: Number(run.experimentId),
  kind: run.kind,
  step: run.step,
  key: run.key,
  parent_id: run.parentId,
  because: run.because,
  by_name: run.by,
  started_ms: run.startedMs,
  revision: 0,
  ...changingColumns(run),
});

export type LatestRow = {
  run_id: string;
  key: string;
  step: number;
  time_ms: number;
  value: number;
  is_nan: number;
  points: number;
  min_value: number | null;
  max_value: number | null;
  non_finite: number;
};
export const latestOfRow = (row: LatestRow): LatestMetric => ({
  key: row.key,
  step: row.step,
  timeMs: row.time_ms,
  value: row.is_nan === 1 ? NaN : row.value,
  points: row.points,
  min: row.min_value,
  max: row.max_value,
  nonFinite: row.non_finite,
});

type Inserting = (rows: readonly (readonly SqlValue[])[], guard?: { noun: string; name: string }) => Statement[];

/**
 * An insert for as many rows as come, cut into statements of 64, 16, 4 and 1 rows, so that few texts are prepared; each text is one object, so that its prepared form is
 * found by a hash that is already known. `last` is the value of the last column, an expression that takes one param. With `guard` every row must be written (inserted or
 * updated), else the change is refused with these names.
 */
export function inserting(table: string, columns: readonly string[], tail: string, last = "?"): Inserting {
  const row = `(${columns.map((_, i) => (i + 1 < columns.length ? "?" : last)).join(", ")})`;
  const texts = [64, 16, 4, 1].map((size) => ({
    size,
    sql: `insert into ${table} (${columns.join(", ")}) values ${Array.from({ length: size }, () => row).join(", ")} ${tail}`,
  }));
  return (rows, guard) => {
    const statements: Statement[] = [];
    let at = 0;
    for (const { size, sql } of texts) {
      for (; rows.length - at >= size; at += size) {
        const params = size === 1 ? (rows[at] ?? []) : rows.slice(at, at + size).flat();
        statements.push(guard ? { sql, params, guard: { rows: size, ...guard } } : { sql, params });
      }
    }
    return statements;
  };
}

const insertings = new Map<string, Inserting>();
/** The same in one call, for what is not written all the time. */
export function insertMany(
  table: string,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
  tail: string,
  guard?: { noun: string; name: string },
): Statement[] {
  const name = `${table}\n${columns.join()}\n${tail}`;
  let insert = insertings.get(name);
  if (!insert) insertings.set(name, (insert = inserting(table, columns, tail)));
  return insert(rows, guard);
}

/** `(?, ?, …)` for a list, padded to a power of two with its last value, so that few texts are prepared. */
export function listOf<T extends SqlValue>(values: readonly T[]): { sql: string; params: T[] } {
  let size = 1;
  while (size < values.length) size *= 2;
  const last = values[values.length - 1];
  if (last === undefined) throw new Error("an empty list has no SQL form");
  return {
    sql: `(${Array.from({ length: size }, () => "?").join(", ")})`,
    params: [...values, ...Array.from({ length: size - values.length }, () => last)],
  };
}

/** Work on a long list in parts that fit into one statement on every database. */
export async function inParts<T>(values: readonly T[], work: (part: readonly T[]) => Promise<void>): Promise<void> {
  for (let from = 0; from < values.length; from += 4096) await work(values.slice(from, from + 4096));
}

/** What is read at a time crosses threads as one message, which takes some milliseconds to take in. */
const mostRows = 20_000;

/** Rows of runs, read by statements of which each gives no more than is good to take in at once, or the rows of one run. `statement` is ordered by run. */
export async function readByRun<T extends { run_id: string }>(
  database: Database,
  runIds: readonly string[],
  statement: (ids: string) => string,
  take: (row: T) => void,
): Promise<void> {
  for (let at = 0, size = 4096; at < runIds.length;) {
    const some = runIds.slice(at, at + size);
    const ids = listOf(some);
    const rows = await database.all<T>(`${statement(ids.sql)}${some.length > 1 ? ` limit ${mostRows + 1}` : ""}`, ids.params);
    if (some.length > 1 && rows.length > mostRows) {
      size = Math.max(1, Math.floor(new Set(rows.map((row) => row.run_id)).size / 2));
      continue;
    }
    for (const row of rows) take(row);
    at += some.length;
  }
}

export type LoggedModelRow = {
  id: string;
  project: string;
  experiment_id: number;
  name: string;
  model_type: string | null;
  source_run_id: string | null;
  status: string;
  artifact_location: string;
  lifecycle: string;
  created_ms: number;
  updated_ms: number;
};
export const loggedModelOf = (row: LoggedModelRow): LoggedModel => ({
  id: row.id,
  project: row.project,
  experimentId: String(row.experiment_id),
  name: row.name,
  modelType: row.model_type,
  sourceRunId: row.source_run_id,
  status: row.status as LoggedModelStatus,
  artifactLocation: row.artifact_location,
  lifecycle: row.lifecycle as Lifecycle,
  createdMs: row.created_ms,
  updatedMs: row.updated_ms,
});
