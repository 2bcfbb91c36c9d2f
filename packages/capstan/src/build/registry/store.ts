import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import { type Change, type Database, insert, statement } from "../../base/storage/database.ts";
import { listOf } from "../tracking/rows.ts";
import { type Alias, type Live, type ModelVersion, type Stage, versionName } from "./model.ts";

export type VersionRow = {
  project: string;
  model: string;
  number: number;
  form: string;
  digest: string;
  size_bytes: number;
  run_id: string | null;
  step: string | null;
  params: string;
  metrics: string;
  checks: string;
  signature: string;
  bundle: string;
  bundle_parts: string;
  entry_id: string;
  created_ms: number;
  source: string | null;
  location: string | null;
  stated_run: string | null;
  run_link: string | null;
  logged_model: string | null;
  description: string | null;
  stage: string;
  updated_ms: number;
};

export const versionOf = (row: VersionRow): ModelVersion => ({
  project: row.project,
  model: row.model,
  number: row.number,
  form: row.form as ModelVersion["form"],
  digest: row.digest,
  sizeBytes: row.size_bytes,
  runId: row.run_id,
  step: row.step,
  params: JSON.parse(row.params),
  metrics: JSON.parse(row.metrics),
  checks: JSON.parse(row.checks),
  signature: JSON.parse(row.signature),
  bundle: row.bundle,
  bundleParts: JSON.parse(row.bundle_parts),
  entryId: row.entry_id,
  createdMs: row.created_ms,
  label: {
    description: row.description,
    stage: row.stage as Stage,
    source: row.source,
    location: row.location,
    statedRun: row.stated_run,
    runLink: row.run_link,
    loggedModel: row.logged_model,
    updatedMs: row.updated_ms,
  },
});

export const insertVersion = (version: ModelVersion): Change => [
  insert(
    "model_version",
    {
      project: version.project,
      model: version.model,
      number: version.number,
      form: version.form,
      digest: version.digest,
      size_bytes: version.sizeBytes,
      run_id: version.runId,
      step: version.step,
      params: canonicalJson(version.params),
      metrics: canonicalJson(version.metrics),
      checks: canonicalJson(version.checks as unknown as Json),
      signature: canonicalJson(version.signature),
      bundle: version.bundle,
      bundle_parts: canonicalJson(version.bundleParts),
      entry_id: version.entryId,
      created_ms: version.createdMs,
      source: version.label.source,
      location: version.label.location,
      stated_run: version.label.statedRun,
      run_link: version.label.runLink,
      logged_model: version.label.loggedModel,
      description: version.label.description,
      stage: version.label.stage,
      updated_ms: version.label.updatedMs,
    },
    { exists: { noun: "model version", name: `${version.model} ${versionName(version.number)}` } },
  ),
];

export const findByDigest = async (
  database: Database,
  project: string,
  model: string,
  digest: string,
): Promise<ModelVersion | undefined> => {
  const row = await database.find<VersionRow>(
    "select * from model_version where project = ? and model = ? and digest = ? and form = 'file'",
    [project, model, digest],
  );
  return row && versionOf(row);
};
export const findByPrefix = async (database: Database, project: string, model: string, prefix: string): Promise<ModelVersion[]> =>
  (
    await database.all<VersionRow>(
      "select * from model_version where project = ? and model = ? and (digest like ? or bundle like ?) order by number desc limit 2",
      [project, model, `${prefix}%`, `${prefix}%`],
    )
  ).map(versionOf);
export const findByNumber = async (
  database: Database,
  project: string,
  model: string,
  number: number,
): Promise<ModelVersion | undefined> => {
  const row = await database.find<VersionRow>("select * from model_version where project = ? and model = ? and number = ?", [
    project,
    model,
    number,
  ]);
  return row && versionOf(row);
};
/** Newest first; all models of the project when none is named. */
export const listVersions = async (database: Database, project: string, model?: string): Promise<ModelVersion[]> =>
  (
    await database.all<VersionRow>(
      `select * from model_version where project = ? ${model === undefined ? "" : "and model = ?"} order by model, number desc`,
      model === undefined ? [project] : [project, model],
    )
  ).map(versionOf);

/** The newest version of each stage, of each of these models. */
export const listLatest = async (database: Database, project: string, models: readonly string[]): Promise<ModelVersion[]> => {
  if (models.length === 0) return [];
  const list = listOf(models);
  const rows = await database.all<VersionRow>(
    `select v.* from model_version v join (select model, stage, max(number) as number from model_version where project = ? and model in ${list.sql} group by model, stage) newest
     on newest.model = v.model and newest.number = v.number where v.project = ?`,
    [project, ...list.params, project],
  );
  return rows.map(versionOf);
};

export const setAliasChange = (project: string, alias: Alias, entryId: string): Change => [
  statement(
    "insert into model_alias (project, model, alias, number, at_ms, entry_id) values (?, ?, ?, ?, ?, ?) on conflict (project, model, alias) do update set number = excluded.number, at_ms = excluded.at_ms, entry_id = excluded.entry_id",
    project,
    alias.model,
    alias.alias,
    alias.number,
    alias.atMs,
    entryId,
  ),
];
export const removeAliasChange = (project: string, model: string, alias: string): Change => [
  {
    ...statement("delete from model_alias where project = ? and model = ? and alias = ?", project, model, alias),
    guard: { rows: 1, noun: "alias", name: alias },
  },
];
export const listAliases = (database: Database, project: string, model?: string): Promise<Alias[]> =>
  database.all<Alias>(
    `select model, alias, number, at_ms as "atMs" from model_alias where project = ? ${model === undefined ? "" : "and model = ?"} order by model, alias`,
    model === undefined ? [project] : [project, model],
  );

/** What a release puts into its own change: the version that a route answers with for everyone. Changes nothing when it is that one already. */
export const livePart = (project: string, live: Live): Change => [
  statement(
    "insert into model_live (project, model, route, number, since_ms, entry_id) values (?, ?, ?, ?, ?, ?) on conflict (project, route) do update set model = excluded.model, number = excluded.number, since_ms = excluded.since_ms, entry_id = excluded.entry_id where model_live.model <> excluded.model or model_live.number <> excluded.number",
    project,
    live.model,
    live.route,
    live.number,
    live.sinceMs,
    live.entryId,
  ),
];
/** A route without any live version. */
export const noLivePart = (project: string, route: string): Change => [
  statement("delete from model_live where project = ? and route = ?", project, route),
];
export const listLive = (database: Database, project: string, model?: string): Promise<Live[]> =>
  database.all<Live>(
    `select model, route, number, since_ms as "sinceMs", entry_id as "entryId" from model_live where project = ? ${model === undefined ? "" : "and model = ?"} order by since_ms desc`,
    model === undefined ? [project] : [project, model],
  );

export type Happening = { id: string; atMs: number; action: string; actor: string | null; payload: string | null };
/** Entries about a version, or about a release of it, newest first. */
export const listHappenings = (database: Database, project: string, node: string, versionSubject: string): Promise<Happening[]> =>
  database.all<Happening>(
    `select e.id as id, e.at_ms as "atMs", e.action as action, p.name as actor, l.payload as payload
     from entry e left join pseudonym p on p.pid = e.pid left join entry_payload l on l.entry_id = e.id
     where e.project = ? and ((e.subject_type = 'model' and e.subject_id = ?) or (e.subject_type = 'release' and 'release:' || e.subject_id in (select from_id from lineage_edge where project = ? and to_id = ?)))
     order by e.at_ms desc, e.id desc limit 200`,
    [project, versionSubject, project, node],
  );
export const actorsOf = async (database: Database, entryIds: readonly string[]): Promise<Map<string, string>> => {
  if (entryIds.length === 0) return new Map();
  const rows = await database.all<{ id: string; name: string | null; pid: string }>(
    `select e.id as id, p.name as name, e.pid as pid from entry e left join pseudonym p on p.pid = e.pid where e.id in (${entryIds.map(() => "?").join(", ")})`,
    entryIds,
  );
  return new Map(rows.map((row) => [row.id, row.name ?? row.pid]));
};
/** Nodes that a node depends on directly. */
export const dependenciesOf = (
  database: Database,
  project: string,
  nodes: readonly string[],
): Promise<{ node: string; relation: string; digest: string | null }[]> =>
  database.all(
    `select e.to_id as node, e.relation as relation, n.digest as digest from lineage_edge e left join lineage_node n on n.project = e.project and n.id = e.to_id
     where e.project = ? and e.from_id in (${nodes.map(() => "?").join(", ")}) order by e.to_id`,
    [project, ...nodes],
  );
