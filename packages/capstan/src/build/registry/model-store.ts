import { type Change, type Database, insert, type Statement, statement } from "../../base/storage/database.ts";
import { listOf } from "../tracking/rows.ts";
import type { Model, Stage } from "./model.ts";

export type ModelRow = {
  project: string;
  name: string;
  description: string | null;
  last_number: number;
  created_ms: number;
  updated_ms: number;
  deleted_ms: number | null;
};
export type Tags = Readonly<Record<string, string>>;

export const modelOf = (row: ModelRow): Model => ({
  project: row.project,
  name: row.name,
  description: row.description,
  lastNumber: row.last_number,
  createdMs: row.created_ms,
  updatedMs: row.updated_ms,
});

export const findModel = async (database: Database, project: string, name: string): Promise<Model | undefined> => {
  const row = await database.find<ModelRow>("select * from model where project = ? and name = ? and deleted_ms is null", [project, name]);
  return row && modelOf(row);
};
export const listModels = async (database: Database, project: string): Promise<Model[]> =>
  (await database.all<ModelRow>("select * from model where project = ? and deleted_ms is null order by name", [project])).map(modelOf);

/** A new model, or one that was deleted under this name; its numbers go on. Refused when the name is taken. */
export const createModelChange = (project: string, name: string, description: string | null, nowMs: number): Change => [
  {
    ...statement(
      `insert into model (project, name, description, last_number, created_ms, updated_ms, deleted_ms) values (?, ?, ?, 0, ?, ?, null)
       on conflict (project, name) do update set description = excluded.description, created_ms = excluded.created_ms, updated_ms = excluded.updated_ms, deleted_ms = null where model.deleted_ms is not null`,
      project,
      name,
      description,
      nowMs,
      nowMs,
    ),
    guard: { rows: 1, noun: "model", name },
  },
];
/** The model of a version that is registered; made when it is the first. */
export const ensureModelChange = (project: string, name: string, number: number, nowMs: number): Change => [
  statement(
    "insert into model (project, name, description, last_number, created_ms, updated_ms, deleted_ms) values (?, ?, null, 0, ?, ?, null) on conflict (project, name) do update set deleted_ms = null, description = case when model.deleted_ms is null then model.description else null end, created_ms = case when model.deleted_ms is null then model.created_ms else excluded.created_ms end",
    project,
    name,
    nowMs,
    nowMs,
  ),
  takeNumber(project, name, number, nowMs),
];
/** Gives a version its number; refused when someone else took it meanwhile. */
export const takeNumber = (project: string, name: string, number: number, nowMs: number): Statement => ({
  ...statement(
    "update model set last_number = ?, updated_ms = ? where project = ? and name = ? and last_number = ? and deleted_ms is null",
    number,
    nowMs,
    project,
    name,
    number - 1,
  ),
  guard: { rows: 1, noun: "model", name },
});
export const lastNumber = async (database: Database, project: string, name: string): Promise<number> =>
  (await database.find<{ n: number }>("select last_number as n from model where project = ? and name = ?", [project, name]))?.n ?? 0;

export const touchModel = (project: string, name: string, nowMs: number): Statement => ({
  ...statement("update model set updated_ms = ? where project = ? and name = ? and deleted_ms is null", nowMs, project, name),
  guard: { rows: 1, noun: "model", name },
});
export const describeModelChange = (project: string, name: string, description: string, nowMs: number): Change => [
  {
    ...statement(
      "update model set description = ?, updated_ms = ? where project = ? and name = ? and deleted_ms is null",
      description,
      nowMs,
      project,
      name,
    ),
    guard: { rows: 1, noun: "model", name },
  },
];
/** Versions, aliases and tags move with the name; the old name is free, and its numbers are not given again. */
export const renameModelChange = (model: Model, to: string, lastTaken: number, nowMs: number): Change => [
  {
    ...statement(
      "update model set deleted_ms = ?, updated_ms = ? where project = ? and name = ? and deleted_ms is null",
      nowMs,
      nowMs,
      model.project,
      model.name,
    ),
    guard: { rows: 1, noun: "model", name: model.name },
  },
  ...createModelChange(model.project, to, model.description, nowMs),
  statement(
    "update model set last_number = ?, created_ms = ? where project = ? and name = ?",
    Math.max(lastTaken, model.lastNumber),
    model.createdMs,
    model.project,
    to,
  ),
  ...["model_version", "model_alias", "model_tag", "model_version_tag"].map((table) =>
    statement(`update ${table} set model = ? where project = ? and model = ?`, to, model.project, model.name),
  ),
];
export const deleteModelChange = (model: Model, nowMs: number): Change => [
  {
    ...statement(
      "update model set deleted_ms = ?, updated_ms = ? where project = ? and name = ? and deleted_ms is null",
      nowMs,
      nowMs,
      model.project,
      model.name,
    ),
    guard: { rows: 1, noun: "model", name: model.name },
  },
  ...["model_version", "model_alias", "model_tag", "model_version_tag"].map((table) =>
    statement(`delete from ${table} where project = ? and model = ?`, model.project, model.name),
  ),
];

export const deleteVersionChange = (project: string, model: string, number: number): Change => [
  {
    ...statement("delete from model_version where project = ? and model = ? and number = ?", project, model, number),
    guard: { rows: 1, noun: "model version", name: `${model}@v${number}` },
  },
  statement("delete from model_alias where project = ? and model = ? and number = ?", project, model, number),
  statement("delete from model_version_tag where project = ? and model = ? and number = ?", project, model, number),
];
export const labelVersionChange = (
  project: string,
  model: string,
  number: number,
  label: { description?: string; stage?: Stage },
  nowMs: number,
): Change => {
  const columns = Object.entries({ ...label, updated_ms: nowMs });
  return [
    {
      sql: `update model_version set ${columns.map(([column]) => `${column} = ?`).join(", ")} where project = ? and model = ? and number = ?`,
      params: [...columns.map(([, value]) => value), project, model, number],
      guard: { rows: 1, noun: "model version", name: `${model}@v${number}` },
    },
  ];
};

type TagOwner = { project: string; model: string; number?: number };
const tagTable = (owner: TagOwner): string => (owner.number === undefined ? "model_tag" : "model_version_tag");
const keyOf = (owner: TagOwner): { project: string; model: string; number?: number } => ({
  project: owner.project,
  model: owner.model,
  ...(owner.number !== undefined && { number: owner.number }),
});
export const setTagsChange = (owner: TagOwner, tags: Tags): Change =>
  Object.entries(tags).map(([key, value]) =>
    insert(
      tagTable(owner),
      { ...keyOf(owner), key, value },
      { tail: `on conflict (project, model, ${owner.number === undefined ? "" : "number, "}key) do update set value = excluded.value` },
    ),
  );
export const removeTagChange = (owner: TagOwner, key: string): Change => [
  {
    sql: `delete from ${tagTable(owner)} where ${Object.keys(keyOf(owner))
      .map((column) => `${column} = ?`)
      .join(" and ")} and key = ?`,
    params: [...Object.values(keyOf(owner)), key],
  },
];
/** Of these models; of all of the project when none are named. */
const among = (names: readonly string[] | undefined): { sql: string; params: readonly string[] } => {
  if (names === undefined) return { sql: "", params: [] };
  if (names.length === 0) return { sql: " and 1 = 0", params: [] };
  const list = listOf(names);
  return { sql: ` and model in ${list.sql}`, params: list.params };
};

type Pair = { model: string; number?: number; key: string; value: string };
function grouped(rows: readonly Pair[], nameOf: (row: Pair) => string): Map<string, Record<string, string>> {
  const found = new Map<string, Record<string, string>>();
  for (const row of rows) {
    const tags = found.get(nameOf(row)) ?? {};
    tags[row.key] = row.value;
    found.set(nameOf(row), tags);
  }
  return found;
}
/** Tags by model. */
export const modelTags = async (
  database: Database,
  project: string,
  names?: readonly string[],
): Promise<Map<string, Record<string, string>>> => {
  const of = among(names);
  const rows = await database.all<Pair>(`select model, key, value from model_tag where project = ?${of.sql} order by key`, [
    project,
    ...of.params,
  ]);
  return grouped(rows, (row) => row.model);
};
/** Tags by `model@vN`. */
export const versionTags = async (
  database: Database,
  project: string,
  names?: readonly string[],
  number?: number,
): Promise<Map<string, Record<string, string>>> => {
  const of = among(names);
  const rows = await database.all<Pair>(
    `select model, number, key, value from model_version_tag where project = ?${of.sql}${number === undefined ? "" : " and number = ?"} order by key`,
    [project, ...of.params, ...(number === undefined ? [] : [number])],
  );
  return grouped(rows, (row) => `${row.model}@v${row.number}`);
};

/** A release, a dossier or a route that names this version: then it stays. */
export const findHolder = (database: Database, project: string, node: string): Promise<{ holder: string } | undefined> =>
  database.find<{ holder: string }>(
    "select from_id as holder from lineage_edge where project = ? and to_id = ? and (from_id like 'release:%' or from_id like 'dossier:%') limit 1",
    [project, node],
  );
