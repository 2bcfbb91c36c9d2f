import type { SqlValue } from "../../../../base/storage/database.ts";
import { idLength, OtherIds, type Part, type Scan, type Snapshot } from "../../../../base/storage/snapshots.ts";
import { inParts, listOf } from "../../rows.ts";
import { cursorSql } from "../../store.ts";
import { mostStepBlocks, valuesAtStep } from "../../step-values.ts";
import { stepOf } from "../vocabulary.ts";
import { type Column, missing, notANumber, type NumberColumn, present } from "./column.ts";
import type { ColumnName, Question } from "./question.ts";
import { type Place, type RunTable, setValue } from "./table.ts";
import { RowList } from "./typed.ts";

/** From so many runs on, all rows of a key are read instead of those of each run. */
const scanFromRows = 50_000;
/** A column that is behind by more than this part of its rows is read anew. */
const behindShare = 0.25;
const fewRows = 1000;
/** From this part of all runs on they are read as they lie. */
const lyingShare = 0.2;
const mostChanges = 100_000;
const ownColumns = ["id", "kind", "project", "lifecycle", "started_ms"];

/** Why a table cannot hold what a search is about. */
export class CannotHold extends Error {}

/** What a value at a step stands in is more than one question may read. */
export class TooMuchToRead extends Error {
  readonly at: { key: string; step: number };
  constructor(at: { key: string; step: number }) {
    super("too much to read");
    this.at = at;
  }
}

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
  try {
    await followAll(table, snapshot, question, names, mostRows);
  } catch (error) {
    throw error instanceof OtherIds ? new CannotHold(error.message) : error;
  }
}

async function followAll(
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
      question.stepBlocks ?? mostStepBlocks,
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
  table.ids.reserve(count);
  // Of these there are few: together they are handed over as one. Neither lifecycles nor kinds have a space.
  const columns = [asText("lifecycle || ' ' || kind || ' ' || project"), asNumber("started_ms"), asNumber("experiment_id")];
  for (const source of await sourcesOf(snapshot, fresh, count))
    await snapshot.scan({ ...source, id: "id", columns }, ({ count: rows, ids, columns: [all = [], startedMs = [], experiments = []] }) => {
      let [before, lifecycle, kind, project] = ["", "", "", ""];
      for (let i = 0; i < rows; i++) {
        const words = all[i] as string;
        if (words !== before) {
          before = words;
          [lifecycle, kind, project] = wordsOf(words);
        }
        held(table.putAt(ids, i * idLength, experiments[i] as number, kind, project, lifecycle, startedMs[i] as number));
      }
    });
}

function wordsOf(text: string): [string, string, string] {
  const first = text.indexOf(" ");
  const second = text.indexOf(" ", first + 1);
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

const asText = (sql: string) => ({ sql, type: "text" as const });
const asNumber = (sql: string) => ({ sql, type: "number" as const });

/** Where all runs of experiments are found, that are so many: in the table as it lies where they are much of it, else by its index. */
async function sourcesOf(
  snapshot: Snapshot,
  experiments: readonly number[],
  rows: number,
): Promise<Pick<Scan, "from" | "where" | "params" | "pieces">[]> {
  let all = Number.POSITIVE_INFINITY;
  if (rows >= scanFromRows) await snapshot.each("select count(*) from run", [], ([n]) => (all = Number(n)));
  const lying = rows >= all * lyingShare;
  const sources: Pick<Scan, "from" | "where" | "params" | "pieces">[] = [];
  await inParts(experiments, async (part) => {
    const ids = listOf(part);
    // The sign keeps the index out.
    sources.push({
      from: "run",
      where: `${lying ? "+" : ""}experiment_id in ${ids.sql}`,
      params: ids.params,
      ...(lying && { pieces: { table: "run", alias: "run" } }),
    });
  });
  return sources;
}

async function readColumn(
  table: RunTable,
  snapshot: Snapshot,
  name: ColumnName,
  experiments: readonly number[],
  stepBlocks: number,
): Promise<void> {
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
  const step = stepOf(name.statistic);
  if (step !== undefined && column.type === "number") {
    for (const row of changed) column.clear(row);
    const rows = [...changed, ...[...whole].flatMap((id) => Array.from(table.places.get(id)?.rows.view() ?? []))];
    return readSteps(table, snapshot, column, { key: name.key, step }, rows, stepBlocks);
  }
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
  const isLatest = name.entity === "metric" && name.statistic === undefined;
  const fill = (part: Part): void => fillColumn(table, column, whole, part, isLatest ? notANumber : missing);
  const of = column.type === "number" ? asNumber : asText;
  if (name.entity === "attribute") {
    for (const source of await sourcesOf(snapshot, [...whole], wholeRows))
      await snapshot.scan({ ...source, id: "id", columns: [of(attributeValue(name))] }, fill);
    return;
  }
  const columns = [of(isLatest ? "case when x.is_nan = 1 then null else x.value end" : valueOf(name).join(", "))];
  const from = tableOf(name);
  if (wholeRows >= scanFromRows)
    return snapshot.scan(
      {
        id: "run_id",
        columns,
        from: `${from} x`,
        where: "key = ?",
        params: [name.key],
        pieces: { table: from, alias: "x", index: `${from}_by_key` },
      },
      fill,
    );
  await inParts([...whole], async (part) => {
    const ids = listOf(part);
    await snapshot.scan(
      {
        id: "run.id",
        columns,
        from: `run join ${from} x on x.run_id = run.id and x.key = ?`,
        where: `run.experiment_id in ${ids.sql}`,
        params: [name.key, ...ids.params],
      },
      fill,
    );
  });
}

/** Values at a step stand in curves alone: each run's is looked up, and read there where its curve went on. */
async function readSteps(
  table: RunTable,
  snapshot: Snapshot,
  column: NumberColumn,
  at: { key: string; step: number },
  rows: readonly number[],
  limit: number,
): Promise<void> {
  const runIds = rows.map((row) => table.ids.text(row));
  const read = await valuesAtStep(snapshot, { runIds, ...at }, limit, (id, value) => {
    const row = table.ids.find(id);
    if (row >= 0) column.set(row, Number.isNaN(value) ? 0 : value, Number.isNaN(value) ? notANumber : present);
  });
  if (read === undefined) throw new TooMuchToRead(at);
}

/** Takes over the values of runs of some experiments. `nan`: the state of a number that is none. */
function fillColumn(table: RunTable, column: Column, experiments: ReadonlySet<number>, { count, ids, columns }: Part, nan: number): void {
  const values = columns[0] ?? [];
  let last = -1;
  let inside = false;
  for (let i = 0; i < count; i++) {
    const row = table.ids.findAt(ids, i * idLength);
    if (row < 0) continue;
    const experiment = table.experiments[row] as number;
    if (experiment !== last) {
      last = experiment;
      inside = experiments.has(experiment);
    }
    if (!inside) continue;
    const value = values[i] as number | string | null;
    if (column.type === "number") {
      const isNumber = value === value;
      column.set(row, isNumber ? (value as number) : 0, isNumber ? present : nan);
    } else if (value !== null) column.set(row, value as string);
  }
}
