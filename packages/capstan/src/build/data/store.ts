import type { Verdict } from "@capstan/contract";
import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import { type Change, type Database, insert } from "../../base/storage/database.ts";
import { type DatasetVersion, type Refusal, versionName } from "./model.ts";
import type { Format } from "./table.ts";

type VersionRow = {
  project: string;
  dataset: string;
  number: number;
  digest: string;
  form: DatasetVersion["form"];
  format: Format;
  row_count: number | null;
  size_bytes: number;
  columns: string;
  profile: string;
  origin: string | null;
  licence: string | null;
  personal: string | null;
  time_column: string | null;
  time_from_ms: number | null;
  time_to_ms: number | null;
  verdict: Verdict;
  actor: string;
  entry_id: string;
  added_ms: number;
};

/** The name behind the entry, or its pseudonym once the name was erased. */
const select =
  "select v.*, coalesce(p.name, e.pid, '') as actor from data_version v left join entry e on e.id = v.entry_id left join pseudonym p on p.pid = e.pid";

const versionOf = (row: VersionRow): DatasetVersion => ({
  project: row.project,
  dataset: row.dataset,
  number: row.number,
  digest: row.digest,
  form: row.form,
  format: row.format,
  rows: row.row_count,
  sizeBytes: row.size_bytes,
  columns: JSON.parse(row.columns),
  profile: JSON.parse(row.profile),
  origin: row.origin,
  licence: row.licence,
  personal: row.personal,
  time:
    row.time_column === null || row.time_from_ms === null || row.time_to_ms === null
      ? null
      : { column: row.time_column, fromMs: row.time_from_ms, toMs: row.time_to_ms },
  verdict: row.verdict,
  actor: row.actor,
  entryId: row.entry_id,
  addedMs: row.added_ms,
});

export const insertVersion = (version: DatasetVersion): Change => [
  insert(
    "data_version",
    {
      project: version.project,
      dataset: version.dataset,
      number: version.number,
      digest: version.digest,
      form: version.form,
      format: version.format,
      row_count: version.rows,
      size_bytes: version.sizeBytes,
      columns: canonicalJson(version.columns as unknown as Json),
      profile: canonicalJson(version.profile as unknown as Json),
      origin: version.origin,
      licence: version.licence,
      personal: version.personal,
      time_column: version.time?.column ?? null,
      time_from_ms: version.time?.fromMs ?? null,
      time_to_ms: version.time?.toMs ?? null,
      verdict: version.verdict,
      entry_id: version.entryId,
      added_ms: version.addedMs,
    },
    { exists: { noun: "dataset version", name: `${version.dataset} ${versionName(version.number)}` } },
  ),
];

/** Newest first. */
export const listVersions = async (database: Database, project: string, dataset: string): Promise<DatasetVersion[]> =>
  (await database.all<VersionRow>(`${select} where v.project = ? and v.dataset = ? order by v.number desc`, [project, dataset])).map(
    versionOf,
  );
export const findByNumber = async (
  database: Database,
  project: string,
  dataset: string,
  number: number,
): Promise<DatasetVersion | undefined> => {
  const row = await database.find<VersionRow>(`${select} where v.project = ? and v.dataset = ? and v.number = ?`, [
    project,
    dataset,
    number,
  ]);
  return row && versionOf(row);
};
export const findLatest = async (database: Database, project: string, dataset: string): Promise<DatasetVersion | undefined> => {
  const row = await database.find<VersionRow>(`${select} where v.project = ? and v.dataset = ? order by v.number desc limit 1`, [
    project,
    dataset,
  ]);
  return row && versionOf(row);
};
export const findByDigestPrefix = async (database: Database, project: string, dataset: string, prefix: string): Promise<DatasetVersion[]> =>
  (
    await database.all<VersionRow>(`${select} where v.project = ? and v.dataset = ? and v.digest like ? order by v.number desc limit 2`, [
      project,
      dataset,
      `${prefix}%`,
    ])
  ).map(versionOf);
export const listDatasets = async (database: Database, project: string): Promise<string[]> =>
  (await database.all<{ dataset: string }>("select distinct dataset from data_version where project = ? order by dataset", [project])).map(
    (row) => row.dataset,
  );

export const insertRefusal = (project: string, refusal: Refusal): Change => [
  insert("data_refusal", {
    project,
    dataset: refusal.dataset,
    entry_id: refusal.entryId,
    digest: refusal.digest,
    size_bytes: refusal.sizeBytes,
    verdict: refusal.verdict,
    result_set: refusal.resultSet,
    at_ms: refusal.atMs,
  }),
];
export const listRefusals = (database: Database, project: string, dataset: string): Promise<Refusal[]> =>
  database.all<Refusal>(
    `select r.dataset as dataset, r.entry_id as "entryId", r.digest as digest, r.size_bytes as "sizeBytes", r.verdict as verdict, r.result_set as "resultSet", coalesce(p.name, e.pid, '') as actor, r.at_ms as "atMs"
     from data_refusal r left join entry e on e.id = r.entry_id left join pseudonym p on p.pid = e.pid where r.project = ? and r.dataset = ? order by r.at_ms desc, r.entry_id desc limit 100`,
    [project, dataset],
  );

/** What depends on a node directly. */
export const dependentsOf = (
  database: Database,
  project: string,
  node: string,
): Promise<{ node: string; relation: string; title: string }[]> =>
  database.all(
    `select e.from_id as node, e.relation as relation, coalesce(n.title, e.from_id) as title from lineage_edge e left join lineage_node n on n.project = e.project and n.id = e.from_id
     where e.project = ? and e.to_id = ? order by e.from_id limit 500`,
    [project, node],
  );
