import { numberOfText } from "../../../base/foundation/number-text.ts";
import type { Database, SqlValue } from "../../../base/storage/database.ts";
import { listOf } from "../rows.ts";
import { columnOf } from "./vocabulary.ts";
import { columnSql } from "./matching.ts";

/** Counts speak of this many of the newest runs: bounded, whatever the store holds. */
const sampleRuns = 200;

export type Named = { key: string; runs: number; varies: boolean; numeric: boolean; points: number };
const tables = [
  ["metrics", "metric_latest"],
  ["params", "param"],
  ["tags", "tag"],
] as const;
type Place = { project: string; experiment?: string | undefined };

/** Names of what runs hold, for completion and the column picker. */
export function createNames(database: Database) {
  async function sample(place: Place): Promise<string[]> {
    const where = place.experiment === undefined ? "" : " and experiment_id = ?";
    const params: SqlValue[] = [place.project, ...(place.experiment === undefined ? [] : [Number(place.experiment)])];
    const rows = await database.all<{ id: string }>(
      `select id from run where project = ?${where} and kind in ('user', 'step', 'pipeline') and lifecycle = 'active' order by started_ms desc limit ?`,
      [...params, sampleRuns],
    );
    return rows.map((row) => row.id);
  }

  /** Names that no run of the sample has: one step through the index per name, however many rows there are. */
  async function everyName(table: string, project: string, pattern: string, limit: number): Promise<string[]> {
    const rows = await database.all<{ key: string }>(
      `with recursive k(key) as (select min(key) from ${table} union all select (select min(key) from ${table} where key > k.key) from k where k.key is not null)
       select key from k where key is not null and lower(key) like ? escape '!' and key not like 'mlflow.%' and exists (select 1 from ${table} x where x.key = k.key and x.project = ?) limit ?`,
      [pattern, project, limit],
    );
    return rows.map((row) => row.key);
  }

  return {
    /** Names that hold `q`, most used first. */
    async names(place: Place, q: string, limit: number): Promise<{ names: Named[]; sampled: number }> {
      const ids = await sample(place);
      if (ids.length === 0) return { names: [], sampled: 0 };
      const list = listOf(ids);
      const pattern = `%${q.toLowerCase().replace(/[!%_]/g, "!$&")}%`;
      const held = q === "" ? "" : " and lower(key) like ? escape '!'";
      const params = [...list.params, ...(q === "" ? [] : [pattern])];
      const texts = (table: "param" | "tag") =>
        database.all<{ key: string; runs: number; kinds: number; least: string; most: string }>(
          `select key, count(*) as runs, count(distinct value) as kinds, min(value) as least, max(value) as most from ${table} where run_id in ${list.sql}${held}${table === "tag" ? " and key not like 'mlflow.%'" : ""} group by key`,
          params,
        );
      const [metrics, paramRows, tagRows] = await Promise.all([
        database.all<{ key: string; runs: number; points: number; kinds: number }>(
          `select key, count(*) as runs, max(points) as points, count(distinct value) as kinds from metric_latest where run_id in ${list.sql}${held} group by key`,
          params,
        ),
        texts("param"),
        texts("tag"),
      ]);
      const varies = (row: { runs: number; kinds: number }): boolean => Number(row.kinds) > 1 || Number(row.runs) < ids.length;
      const isNumber = (text: string): boolean => !Number.isNaN(numberOfText(text));
      const named: Named[] = metrics.map((row) => ({
        key: `metrics.${row.key}`,
        runs: Number(row.runs),
        varies: varies(row),
        numeric: true,
        points: Number(row.points),
      }));
      for (const [entity, rows] of [
        ["params", paramRows],
        ["tags", tagRows],
      ] as const)
        for (const row of rows)
          named.push({
            key: `${entity}.${row.key}`,
            runs: Number(row.runs),
            varies: varies(row),
            numeric: isNumber(row.least) && isNumber(row.most),
            points: 0,
          });
      named.sort((a, b) => b.runs - a.runs || (a.key < b.key ? -1 : 1));
      if (q !== "" && named.length < limit) {
        const known = new Set(named.map((one) => one.key));
        for (const [entity, table] of tables)
          for (const key of await everyName(table, place.project, pattern, limit))
            if (!known.has(`${entity}.${key}`))
              named.push({ key: `${entity}.${key}`, runs: 0, varies: true, numeric: entity === "metrics", points: 0 });
      }
      return { names: named.slice(0, limit), sampled: ids.length };
    },

    /** Values of a column among the sample, most used first. */
    async values(place: Place, key: string, q: string): Promise<{ values: { value: string; runs: number }[]; sampled: number }> {
      const ids = await sample(place);
      if (ids.length === 0) return { values: [], sampled: 0 };
      const list = listOf(ids);
      const { join, value } = columnSql(columnOf(key, "key"), "k");
      const pattern = `%${q.toLowerCase().replace(/[!%_]/g, "!$&")}%`;
      const rows = await database.all<{ value: string; runs: number }>(
        `select cast(${value} as TEXT) as value, count(*) as runs from run${join.sql} where run.id in ${list.sql} and lower(cast(${value} as TEXT)) like ? escape '!' group by cast(${value} as TEXT) order by count(*) desc, cast(${value} as TEXT) limit 20`,
        [...join.params, ...list.params, pattern],
      );
      return { values: rows.map((row) => ({ value: row.value, runs: Number(row.runs) })), sampled: ids.length };
    },
  };
}
