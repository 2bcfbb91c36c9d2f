import type { SqlValue } from "../../../../base/storage/database.ts";
import type { Snapshot } from "../../../../base/storage/snapshots.ts";
import { inParts, listOf } from "../../rows.ts";
import { cursorSql } from "../../store.ts";
import type { ColumnName, Question } from "./question.ts";
import { type Place, type RunTable, setValue } from "./table.ts";
import { RowList } from "./typed.ts";

/** From so many runs on, all rows of a key are read instead of those of each run. */
const scanFromRows = 50_000;
/** A column that is behind by more than this part of its rows is read anew. */
const behindShare = 0.25;
const fewRows = 1000;
const mostChanges = 100_000;
const ownColumns = ["id", "kind", "project", "lifecycle", "started_ms"];

/** Why a table cannot hold what a search is about. */
export class CannotHold extends Error {}

const tableOf = (name: ColumnName): string => (name.entity === "metric" ? "metric_latest" : name.entity);
const valueOf = (name: ColumnName): string[] =>
  name.entity !== "metric" ? ["x.value"] : name.statistic === undefined ? ["x.value", "x.is_nan"] : [`x.${name.statistic}_value`];
/** How long a run took, by its own account or by the clock; else a column of its row. */
const attributeValue = (name: ColumnName): string =>
  name.key === "seconds" ? "coalesce(wall_seconds, (ended_ms - started_ms) / 1000.0)" : name.key;

/** Brings the table up to the moment of a snapshot: new experiments whole, known ones by the runs that changed, then the columns. */
export async function follow(
  table: RunTable,
  snapshot: Snapshot,
  question: Question,
  names: readonly ColumnName[],
  mostRows: number,
): Promise<void> {
  const fresh: number[] = [];
  for (const { id, state } of question.experiments) {
    if (table.places.get(id)?.state !== state) table.drop(id);
    if (!table.places.has(id)) fresh.push(id);
  }
  const known = question.experiments.filter(({ id }) => table.places.has(id));
  for (const { id } of known) await readChanges(table, snapshot, id);
  if (fresh.length > 0) await readPlaces(table, snapshot, question, fresh, mostRows);
  for (const name of names)
    await readColumn(
      table,
      snapshot,
      name,
      question.experiments.map(({ id }) => id),
    );
}

async function cursorOf(snapshot: Snapshot, experiment: number): Promise<number> {
  let cursor = 0;
  await snapshot.each(cursorSql(snapshot.dialect), [experiment], ([value]) => (cursor = Number(value)));
  return cursor;
}

async function readChanges(table: RunTable, snapshot: Snapshot, experiment: number): Promise<void> {
  const place = table.places.get(experiment) as Place;
  if (place.changed.length > Math.max(mostChanges, place.rows.length)) table.forgetChanges(experiment);
  await snapshot.each(
    `select ${ownColumns.join(", ")} from run where experiment_id = ? and changed >= ?`,
    [experiment, place.cursor],
    (row) => {
      place.changed.push(held(table.put(experiment, row)));
    },
  );
  place.cursor = await cursorOf(snapshot, experiment);
}

const held = (row: number): number => {
  if (row < 0) throw new CannotHold("an id of another form");
  return row;
};

async function readPlaces(
  table: RunTable,
  snapshot: Snapshot,
  question: Question,
  fresh: readonly number[],
  mostRows: number,
): Promise<void> {
  let count = table.ids.count;
  await inParts(fresh, async (part) => {
    const ids = listOf(part);
    await snapshot.each(`select count(*) from run where experiment_id in ${ids.sql}`, ids.params, ([n]) => (count += Number(n)));
  });
  if (count > mostRows) throw new CannotHold("more runs than the memory is for");
  for (const { id, state } of question.experiments)
    if (fresh.includes(id))
      table.places.set(id, { rows: new RowList(), changed: new RowList(), cursor: await cursorOf(snapshot, id), state });
  await inParts(fresh, async (part) => {
    const ids = listOf(part);
    await snapshot.scan(
      [...ownColumns, "experiment_id"],
      `from run where experiment_id in ${ids.sql}`,
      ids.params,
      (row) => void held(table.put(Number(row[5]), row)),
    );
  });
}

async function readColumn(table: RunTable, snapshot: Snapshot, name: ColumnName, experiments: readonly number[]): Promise<void> {
  const { column, followed } = table.column(name);
  const changed: number[] = [];
  const whole = new Set<number>();
  let wholeRows = 0;
  for (const id of experiments) {
    const place = table.places.get(id) as Place;
    const behind = place.changed.length - (followed.get(id) ?? 0);
    if (!followed.has(id) || behind > Math.max(fewRows, place.rows.length * behindShare)) {
      whole.add(id);
      wholeRows += place.rows.length;
      for (const row of place.rows.view()) column.clear(row);
    } else for (const row of new Set(place.changed.view(place.changed.length - behind))) changed.push(row);
    // Should reading fail, the whole table is dropped: nothing is half read.
    followed.set(id, place.changed.length);
  }
  const take = ([id, value, isNaN]: readonly SqlValue[]): void => {
    const row = table.ids.find(String(id));
    if (row >= 0) setValue(column, row, value ?? null, isNaN ?? 0);
  };
  if (changed.length > 0) {
    for (const row of changed) column.clear(row);
    await inParts(
      changed.map((row) => table.ids.text(row)),
      async (part) => {
        const ids = listOf(part);
        await snapshot.each(
          name.entity === "attribute"
            ? `select id, ${attributeValue(name)} from run where id in ${ids.sql}`
            : `select run_id, ${valueOf(name).join(", ")} from ${tableOf(name)} x where run_id in ${ids.sql} and key = ?`,
          name.entity === "attribute" ? ids.params : [...ids.params, name.key],
          take,
        );
      },
    );
  }
  if (wholeRows === 0) return;
  if (name.entity !== "attribute" && wholeRows >= scanFromRows) {
    await snapshot.scan(["run_id", ...valueOf(name)], `from ${tableOf(name)} x where key = ?`, [name.key], (found) => {
      const row = table.ids.find(String(found[0]));
      if (row >= 0 && whole.has(table.experiments[row] ?? -1)) setValue(column, row, found[1] ?? null, found[2] ?? 0);
    });
    return;
  }
  await inParts([...whole], async (part) => {
    const ids = listOf(part);
    if (name.entity === "attribute")
      await snapshot.scan(["id", attributeValue(name)], `from run where experiment_id in ${ids.sql}`, ids.params, take);
    else
      await snapshot.scan(
        ["run.id", ...valueOf(name)],
        `from run join ${tableOf(name)} x on x.run_id = run.id and x.key = ? where run.experiment_id in ${ids.sql}`,
        [name.key, ...ids.params],
        take,
      );
  });
}
