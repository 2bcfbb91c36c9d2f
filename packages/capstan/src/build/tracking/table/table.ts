import type { Database } from "../../../base/storage/database.ts";
import { bytewise } from "../search/compile.ts";
import { inParts, listOf, type RunRow } from "../rows.ts";
import { columnSql, matching, metricJoin, metricValueSql, type RunQuestion } from "./matching.ts";
import { stepRowsOf } from "./step-reading.ts";
import type { Group, Groups, Spread } from "../search/columns/question.ts";
import { stepOf } from "../search/vocabulary.ts";
import type { TrackingService } from "../service.ts";
import { groupsOf, typedSearchOf } from "./typed-search.ts";
import { type Column, columnOf } from "./vocabulary.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";

export type Cell = number | string | null;
type Keyed = "metric" | "param" | "tag";

const tables: Record<Keyed, string> = { metric: "metric_latest", param: "param", tag: "tag" };

const cellsAtOnce = 4000;

/** SQL of the runs table: the asked columns of a page of runs, and groups over all that match. */
export function createRunTable(database: Database, byColumns: TrackingService["runGroups"], valuesAtStep: TrackingService["valuesAtStep"]) {
  const { dialect } = database;

  /** Values of one kind of column, by run and key. */
  async function values(ids: readonly string[], entity: Keyed, keys: readonly string[]): Promise<Map<string, Map<string, unknown>>> {
    const found = new Map<string, Map<string, unknown>>();
    if (keys.length === 0 || ids.length === 0) return found;
    const wanted = listOf([...new Set(keys)]);
    await inParts(ids, async (part) => {
      const list = listOf(part);
      for (const row of await database.all<{ run_id: string; key: string }>(
        `select ${entity === "metric" ? "run_id, key, value, is_nan, min_value, max_value" : "run_id, key, value"} from ${tables[entity]} where run_id in ${list.sql} and key in ${wanted.sql}`,
        [...list.params, ...wanted.params],
      )) {
        const of = found.get(row.run_id) ?? new Map<string, unknown>();
        of.set(row.key, row);
        found.set(row.run_id, of);
      }
    });
    return found;
  }

  /** Of each column that is a value at a step, the values by run. */
  const stepCells = (ids: readonly string[], columns: readonly Column[]) =>
    Promise.all(
      columns.map(async (column) => {
        const step = column.entity === "metric" ? stepOf(column.statistic) : undefined;
        return step === undefined ? undefined : valuesAtStep({ runIds: ids, key: column.key, step });
      }),
    );

  return {
    /** The runs with these ids, in this order; those that are gone are left out. */
    async runs(ids: readonly string[]): Promise<RunRow[]> {
      const found = new Map<string, RunRow>();
      await inParts(ids, async (part) => {
        const list = listOf(part);
        for (const row of await database.all<RunRow>(`select * from run where id in ${list.sql}`, list.params)) found.set(row.id, row);
      });
      return ids.flatMap((id) => found.get(id) ?? []);
    },

    /** How many runs are right below each. */
    async children(ids: readonly string[]): Promise<Map<string, number>> {
      const found = new Map<string, number>();
      await inParts(ids, async (part) => {
        const list = listOf(part);
        for (const row of await database.all<{ parent_id: string; n: number }>(
          `select parent_id, count(*) as n from run where parent_id in ${list.sql} and lifecycle = 'active' group by parent_id`,
          list.params,
        ))
          found.set(row.parent_id, row.n);
      });
      return found;
    },

    /** Values of the asked columns for each run, in their order, read some thousands at a time; attributes are read from the rows. */
    async cells(rows: readonly RunRow[], columns: readonly Column[]): Promise<Cell[][]> {
      const keysOf = (entity: Keyed): string[] => columns.flatMap((one) => (one.entity === entity ? [one.key] : []));
      const keys = { metric: keysOf("metric"), param: keysOf("param"), tag: keysOf("tag") };
      const size = Math.max(1, Math.floor(cellsAtOnce / (columns.length + 1)));
      const cells: Cell[][] = [];
      for (let from = 0; from < rows.length; from += size) {
        const some = rows.slice(from, from + size);
        const ids = some.map((row) => row.id);
        const [metric, param, tag, atStep] = await Promise.all([
          values(ids, "metric", keys.metric),
          values(ids, "param", keys.param),
          values(ids, "tag", keys.tag),
          stepCells(ids, columns),
        ]);
        for (const row of some)
          cells.push(
            columns.map((column, i) => (atStep[i] ? (atStep[i].get(row.id) ?? null) : cellOf(row, column, { metric, param, tag }))),
          );
      }
      return cells;
    },

    /** Groups, the largest first, with the spread of metrics over all members. */
    async groups(question: RunQuestion, by: string, metrics: readonly string[], limit: number): Promise<Groups> {
      const asked = metrics.map((one) => columnOf(one, "metrics"));
      const wrong = asked.findIndex((one) => one.entity !== "metric");
      if (wrong >= 0) throw new CapstanError("CAP-TRACK-002", { what: "metrics", problem: `'${metrics[wrong]}' is no metric` });
      const typed = by === "dataset" ? undefined : groupsOf(columnOf(by, "by"), asked, limit);
      const found = typed && (await byColumns(await typedSearchOf(database, question, []), typed));
      if (found) return found;
      const steps = await stepRowsOf(database, question, asked, valuesAtStep);
      const where = matching(dialect, question, steps);
      const key = groupKey(by);
      const members = `select run.id as id, run.status as status, run.verdict as verdict, run.started_ms as started_ms, ${key.value} as g from run${key.join.sql} where ${where.sql}`;
      const params = [...key.join.params, ...where.params];
      type Row = { g: string | number | null; n: number; running: number; failed: number; newest: number; groups: number; runs: number };
      const rows = await database.all<Row>(
        `select g, count(*) as n, sum(case when status in ('RUNNING', 'SCHEDULED') then 1 else 0 end) as running, sum(case when status not in ('RUNNING', 'SCHEDULED') and (status = 'FAILED' or verdict in ('fail', 'error')) then 1 else 0 end) as failed, max(started_ms) as newest, count(*) over () as "groups", sum(count(*)) over () as runs from (${members}) m group by g order by count(*) desc, case when g is null then 1 else 0 end, ${bytewise(dialect, "cast(g as TEXT)")} limit ?`,
        [...params, limit],
      );
      const groups = rows.map((row): Group => ({
        value: row.g === null ? null : String(row.g),
        runs: Number(row.n),
        running: Number(row.running),
        failed: Number(row.failed),
        newestMs: Number(row.newest),
        metrics: [],
      }));
      for (const column of asked) {
        if (column.entity !== "metric") continue;
        const value = metricValueSql("x", column.statistic);
        const join = metricJoin(column, "x", "m.id", steps);
        const spreads = new Map<string | null, Spread>();
        for (const row of await database.all<{ g: string | number | null } & Spread>(
          `select g, count(value) as "count", min(value) as "min", avg(value) as mean, max(value) as "max" from (select m.g as g, ${value} as value from (${members}) m ${join.sql}) v where value > -1e308 and value < 1e308 group by g`,
          [...params, ...join.params],
        ))
          spreads.set(row.g === null ? null : String(row.g), { count: Number(row.count), min: row.min, mean: row.mean, max: row.max });
        for (const group of groups) group.metrics.push(spreads.get(group.value) ?? { count: 0, min: null, mean: null, max: null });
      }
      return { groups, total: Number(rows[0]?.groups ?? 0), runs: Number(rows[0]?.runs ?? 0) };
    },
  };
}

type Found = Record<Keyed, Map<string, Map<string, unknown>>>;

function cellOf(row: RunRow, column: Column, found: Found): Cell {
  if (column.entity === "attribute") return attributeOf(row, column.key);
  const value = found[column.entity].get(row.id)?.get(column.key) as
    | { value: number | string; is_nan: number; min_value: number | null; max_value: number | null }
    | undefined;
  if (value === undefined) return null;
  if (column.entity !== "metric") return value.value;
  if (column.statistic === "last") return value.is_nan === 1 ? NaN : value.value;
  return column.statistic === "min" ? value.min_value : value.max_value;
}

function attributeOf(row: RunRow, key: string): Cell {
  const plain: Record<string, Cell> = {
    id: row.id,
    name: row.name,
    user: row.by_name,
    status: row.status,
    kind: row.kind,
    step: row.step,
    verdict: row.verdict,
    parent: row.parent_id,
    experiment: String(row.experiment_id),
    started: row.started_ms,
    ended: row.ended_ms,
    seconds: row.wall_seconds ?? (row.ended_ms === null ? null : (row.ended_ms - row.started_ms) / 1000),
  };
  return plain[key] ?? null;
}

/** What a run is put under; the first dataset by name where it read several. */
function groupKey(by: string) {
  if (by === "dataset")
    return {
      join: { sql: "", params: [] },
      value:
        "(select min(d.name || ' ' || d.digest) from dataset_input i join logged_dataset d on d.id = i.dataset_id where i.run_id = run.id)",
    };
  const column = columnOf(by, "by");
  if (column.entity === "metric")
    throw new CapstanError("CAP-TRACK-002", { what: "by", problem: "runs are put together by a param, a tag or an attribute" });
  return columnSql(column, "k");
}
