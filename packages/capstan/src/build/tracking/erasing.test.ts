import { afterEach, beforeEach, expect, test } from "vitest";
import type { Caller } from "../../base/foundation/caller.ts";
import { insert, type Row, type SqlValue } from "../../base/storage/database.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { trackingMigrations, trackingTables } from "./migrations.ts";
import { createTrackingService, type TrackingService } from "./service.ts";

const caller: Caller = { actor: { kind: "person", name: "local:ada" }, via: "session", roles: [], capabilities: new Set(["log", "admin"]) };
let here: TestStore;
let tracking: TrackingService;
beforeEach(async () => {
  here = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: here.store });
});
afterEach(async () => {
  await tracking.idle();
  await tracking.close();
  await here.close();
});

type Column = { table: string; column: string; type: string };
/** Of every tracking table, as the database says. */
async function schema(): Promise<Column[]> {
  const { database } = here.store;
  const all = await database.all<Column>(
    database.dialect === "sqlite"
      ? `select m.name as "table", c.name as "column", lower(c.type) as type from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'`
      : `select table_name as "table", column_name as "column", data_type as type from information_schema.columns where table_schema = current_schema()`,
  );
  return all.filter((one) => trackingTables[one.table] !== undefined);
}

/** One row in every tracking table but those of runs and experiments, which names these by its columns. */
async function fill(columns: readonly Column[], tables: readonly string[], names: Readonly<Record<string, SqlValue>>): Promise<void> {
  for (const table of tables) {
    const row: Row = {};
    for (const { column, type } of columns.filter((one) => one.table === table))
      row[column] =
        names[`${table}.${column}`] ??
        names[column] ??
        (column === "project" ? "default" : type === "bytea" ? new Uint8Array([1]) : type === "text" ? "filled" : 1);
    await here.store.database.commit([insert(table, row)]);
  }
}
const count = async ({ table, column }: Column, value: SqlValue): Promise<number> =>
  (await here.store.database.find<{ n: number }>(`select count(*) as n from ${table} where ${column} = ?`, [value]))?.n ?? -1;
/** Rows that name the value, by the columns that do. */
async function naming(columns: readonly Column[], value: SqlValue): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const one of columns) {
    const rows = await count(one, value);
    if (rows > 0) found[`${one.table}.${one.column}`] = rows;
  }
  return found;
}

test("no table keeps rows of a run or an experiment that was erased, but for what names them and is about something else", async () => {
  const columns = await schema();
  const tables = Object.keys(trackingTables).filter((table) => table !== "run" && table !== "experiment");
  const ofRun = columns.filter((one) => /(^|_)run_id$/.test(one.column));
  const tablesOfRun = columns.filter((one) => one.column === "run_id").map((one) => one.table);
  const erasedFrom = await tracking.ensureExperiment("default", "a", caller);
  const elsewhere = await tracking.ensureExperiment("default", "b", caller);
  const make = (experimentId: string, name: string) =>
    tracking.createRun({ project: "default", experimentId, kind: "user", name, startedMs: 1 }, caller);
  const [one, other] = [await make(erasedFrom, "one"), await make(elsewhere, "other")];
  const owners = {
    experiment_id: Number(erasedFrom),
    model_id: "model",
    "logged_model.id": "model",
    trace_id: "trace",
    "trace.id": "trace",
    scorer_id: "scorer",
    "scorer.id": "scorer",
    "stored_file.path": `${erasedFrom}/models/model/x`,
  };
  await fill(columns, tables, { ...owners, run_id: one.id, source_run_id: one.id });
  await fill(columns, tablesOfRun, { ...owners, run_id: other.id });
  expect(Object.keys(await naming(ofRun, one.id))).toEqual(ofRun.map((column) => `${column.table}.${column.column}`));

  await tracking.changeRun(one.id, { lifecycle: "deleted" }, caller);
  expect(await tracking.eraseRuns("default", [one.id], caller, false)).toEqual({ runs: [one.id], held: [] });
  // Made by the run, and not a part of it.
  expect(await naming(ofRun, one.id)).toEqual({ "logged_model.source_run_id": 1, "issue.source_run_id": 1 });
  expect(Object.keys(await naming(ofRun, other.id))).toEqual(tablesOfRun.map((table) => `${table}.run_id`));

  await tracking.experiments.change(erasedFrom, { lifecycle: "deleted" }, caller);
  const experiment = await tracking.experiments.get(erasedFrom);
  expect(await tracking.eraseExperiment(experiment, caller, false)).toMatchObject({ runs: [], held: [], loggedModels: 1, traces: 1 });
  const of = (name: string) => columns.filter((column) => column.column === name);
  expect(await naming(of("experiment_id"), Number(erasedFrom))).toEqual({});
  expect(await naming(of("trace_id"), "trace")).toEqual({});
  expect(await naming(of("scorer_id"), "scorer")).toEqual({});
  // What another run read is under that run's seal.
  expect(await naming(of("model_id"), "model")).toEqual({ "model_link.model_id": 1 });
  expect(await naming(of("path"), `${erasedFrom}/models/model/x`)).toEqual({});
});
