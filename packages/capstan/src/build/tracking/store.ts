import { type Change, type Database, type SqlValue, type Statement, statement } from "../../base/storage/database.ts";
import type { Artifact, Experiment, Link, Links, Run, RunFilter } from "./model.ts";
import {
  changingColumns,
  type ExperimentRow,
  experimentOf,
  inParts,
  insertMany,
  listOf,
  readByRun,
  rowOf,
  type RunRow,
  runOf,
} from "./rows.ts";

type Owner = { project: string; runId: string };
export type Texts = Readonly<Record<string, string>>;
/** Where a page of runs goes on: newest first, then by id. */
export type RunCursor = { startedMs: number; id: string };

type Dialect = Database["dialect"];
/**
 * The stamp `changed` of a run: whoever reads the runs of an experiment whose stamp is not below a cursor, and takes the cursor of the same moment for the next
 * time, misses no change that was committed meanwhile, whichever process made it. On PostgreSQL it is the transaction, as stamps are not made in the order of commits there.
 */
const stamp = (dialect: Dialect, experiment: string): string =>
  dialect === "postgres"
    ? "pg_current_xact_id()::text::bigint"
    : `(select coalesce(max(o.changed), 0) + 1 from run o where o.experiment_id = ${experiment})`;
/** SQL of the least stamp that a change may have that is not seen yet, in the experiment of the placeholder. */
export const cursorSql = (dialect: Dialect): string =>
  dialect === "postgres"
    ? "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as cursor where cast(? as BIGINT) is not null"
    : "select coalesce(max(changed), 0) + 1 as cursor from run where experiment_id = ?";

/** Writes to an open run begin with this: it is refused when the run is unknown, deleted (itself, or with its experiment) or sealed. */
export const touch = (dialect: Dialect, runId: string): Statement => ({
  sql: `update run set revision = revision + 1, changed = ${stamp(dialect, "run.experiment_id")} where id = ? and lifecycle = 'active' and seal is null and not exists (select 1 from experiment e where e.id = run.experiment_id and e.lifecycle = 'deleted')`,
  params: [runId],
  guard: { rows: 1, noun: "run", name: runId },
});

/** A param is written once: another value for its key refuses the change. */
export const putParams = (owner: Owner, params: Texts): Statement[] =>
  insertMany(
    "param",
    ["project", "run_id", "key", "value"],
    Object.entries(params).map(([key, value]) => [owner.project, owner.runId, key, value]),
    "on conflict (run_id, key) do update set value = excluded.value where param.value = excluded.value",
    { noun: "param", name: owner.runId },
  );

export const putTags = (owner: Owner, tags: Texts): Statement[] =>
  insertMany(
    "tag",
    ["project", "run_id", "key", "value"],
    Object.entries(tags).map(([key, value]) => [owner.project, owner.runId, key, value]),
    "on conflict (run_id, key) do update set value = excluded.value",
  );

export const removeTag = (runId: string, key: string): Statement => statement("delete from tag where run_id = ? and key = ?", runId, key);

export const removeArtifact = (runId: string, path: string): Statement =>
  statement("delete from artifact where run_id = ? and path = ?", runId, path);

export const putLinks = (owner: Owner, links: Links): Statement[] =>
  insertMany(
    "run_link",
    ["project", "run_id", "direction", "name", "node", "digest"],
    (["inputs", "outputs"] as const).flatMap((direction) =>
      (links[direction] ?? []).map((one) => [owner.project, owner.runId, direction, one.name, one.node, one.digest]),
    ),
    "on conflict (run_id, direction, name, node) do update set digest = excluded.digest",
  );

export const putArtifacts = (owner: Owner, artifacts: readonly Artifact[]): Statement[] =>
  insertMany(
    "artifact",
    ["project", "run_id", "path", "digest", "size_bytes"],
    artifacts.map((one) => [owner.project, owner.runId, one.path, one.digest, one.sizeBytes]),
    "on conflict (run_id, path) do update set digest = excluded.digest, size_bytes = excluded.size_bytes",
  );

/** Refused unless its experiment is there, and active unless the run comes from another store, where it was made in time. */
export const createRow = (dialect: Dialect, run: Run, elsewhere = false): Statement => {
  const row = rowOf(run);
  const columns = Object.keys(row);
  const places = columns.map(() => "?").join(", ");
  return {
    sql: `insert into run (${columns.join(", ")}, changed) select ${places}, ${stamp(dialect, dialect === "sqlite" ? "?" : "")} where exists (select 1 from experiment where id = ?${elsewhere ? "" : " and lifecycle = 'active'"})`,
    params: [
      ...columns.map((column) => row[column] ?? null),
      ...(dialect === "sqlite" ? [Number(run.experimentId)] : []),
      Number(run.experimentId),
    ],
    guard: { rows: 1, noun: "experiment", name: run.experimentId },
    exists: { noun: "run", name: run.id },
  };
};

/** Writes all that may change of a run; refused when anything was written to it since `revision`. */
export const updateRow = (dialect: Dialect, run: Run, revision: number): Statement => {
  const row = changingColumns(run);
  const columns = Object.keys(row);
  return {
    sql: `update run set ${columns.map((column) => `${column} = ?`).join(", ")}, revision = revision + 1, changed = ${stamp(dialect, "run.experiment_id")} where id = ? and revision = ?`,
    params: [...columns.map((column) => row[column] ?? null), run.id, revision],
    guard: { rows: 1, noun: "run", name: run.id },
  };
};

/** SQL of experiments, runs and what hangs on them, curves apart. */
export function createTrackingStore(database: Database) {
  const texts = async (table: "param" | "tag", runIds: readonly string[]): Promise<Map<string, Record<string, string>>> => {
    const found = new Map<string, Record<string, string>>();
    await readByRun<{ run_id: string; key: string; value: string }>(
      database,
      runIds,
      (ids) => `select run_id, key, value from ${table} where run_id in ${ids} order by run_id, key`,
      (row) => {
        const of = found.get(row.run_id) ?? {};
        of[row.key] = row.value;
        found.set(row.run_id, of);
      },
    );
    return found;
  };

  async function withTags(rows: readonly ExperimentRow[]): Promise<Experiment[]> {
    const tags = new Map<number, Record<string, string>>();
    await inParts(rows, async (part) => {
      const ids = listOf(part.map((row) => row.id));
      for (const tag of await database.all<{ experiment_id: number; key: string; value: string }>(
        `select experiment_id, key, value from experiment_tag where experiment_id in ${ids.sql} order by key`,
        ids.params,
      )) {
        const of = tags.get(tag.experiment_id) ?? {};
        of[tag.key] = tag.value;
        tags.set(tag.experiment_id, of);
      }
    });
    return rows.map((row) => experimentOf(row, tags.get(row.id)));
  }

  return {
    texts,
    withTags,

    async findRun(id: string): Promise<{ run: Run; revision: number } | undefined> {
      const row = await database.find<RunRow>("select * from run where id = ?", [id]);
      return row && { run: runOf(row), revision: row.revision };
    },
    async runs(ids: readonly string[]): Promise<Map<string, Run>> {
      const found = new Map<string, Run>();
      await inParts(ids, async (part) => {
        const list = listOf(part);
        for (const row of await database.all<RunRow>(`select * from run where id in ${list.sql}`, list.params))
          found.set(row.id, runOf(row));
      });
      return found;
    },
    async list(filter: RunFilter, limit: number, cursor?: RunCursor): Promise<Run[]> {
      const where = whereOf(filter);
      const after = cursor ? " and (started_ms < ? or (started_ms = ? and id > ?))" : "";
      const rows = await database.all<RunRow>(`select * from run where ${where.sql}${after} order by started_ms desc, id limit ?`, [
        ...where.params,
        ...(cursor ? [cursor.startedMs, cursor.startedMs, cursor.id] : []),
        limit,
      ]);
      return rows.map(runOf);
    },
    async count(filter: RunFilter): Promise<number> {
      const where = whereOf(filter);
      return (await database.find<{ n: number }>(`select count(*) as n from run where ${where.sql}`, where.params))?.n ?? 0;
    },

    async links(runIds: readonly string[]): Promise<Map<string, { inputs: Link[]; outputs: Link[] }>> {
      const found = new Map<string, { inputs: Link[]; outputs: Link[] }>();
      type Found = { run_id: string; direction: "inputs" | "outputs"; name: string; node: string; digest: string | null };
      await inParts(runIds, async (part) => {
        const ids = listOf(part);
        for (const row of await database.all<Found>(
          `select run_id, direction, name, node, digest from run_link where run_id in ${ids.sql} order by name, node`,
          ids.params,
        )) {
          const of = found.get(row.run_id) ?? { inputs: [], outputs: [] };
          of[row.direction].push({ name: row.name, node: row.node, digest: row.digest });
          found.set(row.run_id, of);
        }
      });
      return found;
    },
    async artifacts(runId: string): Promise<Artifact[]> {
      const rows = await database.all<{ path: string; digest: string; size_bytes: number }>(
        "select path, digest, size_bytes from artifact where run_id = ? order by path",
        [runId],
      );
      return rows.map((row) => ({ path: row.path, digest: row.digest, sizeBytes: row.size_bytes }));
    },
    async findArtifact(runId: string, path: string): Promise<Artifact | undefined> {
      const row = await database.find<{ path: string; digest: string; size_bytes: number }>(
        "select path, digest, size_bytes from artifact where run_id = ? and path = ?",
        [runId, path],
      );
      return row && { path: row.path, digest: row.digest, sizeBytes: row.size_bytes };
    },

    async experimentIsDeleted(id: string): Promise<boolean> {
      return (await database.find("select 1 as x from experiment where id = ? and lifecycle = 'deleted'", [Number(id)])) !== undefined;
    },
    /** Experiments by id, or by name within a project. Tags with them. */
    async experiments(where: string, params: readonly SqlValue[]): Promise<Experiment[]> {
      const rows = await database.all<ExperimentRow>(`select * from experiment where ${where}`, params);
      return withTags(rows);
    },
  };
}
export type TrackingStore = ReturnType<typeof createTrackingStore>;

/** Inserts an experiment under the next number, or under `id`. */
export const createExperiment = (one: {
  id?: number;
  project: string;
  name: string;
  artifactLocation: string | null;
  nowMs: number;
}): Change => [
  {
    sql:
      one.id === undefined
        ? "insert into experiment (id, project, name, lifecycle, artifact_location, created_ms, updated_ms) select coalesce(max(id), 0) + 1, ?, ?, 'active', ?, ?, ? from experiment returning id"
        : "insert into experiment (id, project, name, lifecycle, artifact_location, created_ms, updated_ms) values (?, ?, ?, 'active', ?, ?, ?) returning id",
    params: [...(one.id === undefined ? [] : [one.id]), one.project, one.name, one.artifactLocation, one.nowMs, one.nowMs],
    exists: { noun: "experiment", name: one.name },
  },
];

function whereOf(filter: RunFilter): { sql: string; params: SqlValue[] } {
  const parts: string[] = [];
  const params: SqlValue[] = [];
  const among = (column: string, values: readonly SqlValue[] | undefined): void => {
    if (values === undefined) return;
    if (values.length === 0) return void parts.push("1 = 0");
    const list = listOf(values);
    parts.push(`${column} in ${list.sql}`);
    params.push(...list.params);
  };
  const is = (column: string, value: string | undefined): void => {
    if (value === undefined) return;
    parts.push(`${column} = ?`);
    params.push(value);
  };
  among("project", filter.projects);
  among("experiment_id", filter.experimentIds?.map(Number));
  among("kind", filter.kinds);
  among("status", filter.statuses);
  is("step", filter.step);
  is("key", filter.key);
  is("parent_id", filter.parentId);
  if (filter.lifecycle !== "all") is("lifecycle", filter.lifecycle ?? "active");
  for (const word of (filter.q ?? "").toLowerCase().split(/\s+/).filter(Boolean)) {
    parts.push("(lower(name) like ? escape '!' or id like ? escape '!')");
    const quoted = word.replace(/[!%_]/g, "!$&");
    params.push(`%${quoted}%`, `${quoted}%`);
  }
  return { sql: parts.length > 0 ? parts.join(" and ") : "1 = 1", params };
}
