import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import { type Change, type Database, insert, statement } from "../../base/storage/database.ts";
import type { KnownWorth, PurposeVersion } from "./model.ts";

type VersionRow = {
  project: string;
  number: number;
  digest: string;
  declaration: string;
  entry_id: string;
  declared_ms: number;
  actor: string;
};
const versionOf = (row: VersionRow): PurposeVersion => ({
  project: row.project,
  number: row.number,
  digest: row.digest,
  declaration: JSON.parse(row.declaration),
  entryId: row.entry_id,
  declaredMs: row.declared_ms,
  actor: row.actor,
});

export const insertVersion = (version: PurposeVersion): Change => [
  insert(
    "purpose_version",
    {
      project: version.project,
      number: version.number,
      digest: version.digest,
      declaration: canonicalJson(version.declaration as Json),
      entry_id: version.entryId,
      declared_ms: version.declaredMs,
    },
    { exists: { noun: "purpose", name: `v${version.number}` } },
  ),
];
/** Newest first. */
export const listVersions = async (database: Database, project: string): Promise<PurposeVersion[]> =>
  (
    await database.all<VersionRow>(
      "select v.*, coalesce(p.name, e.pid, '') as actor from purpose_version v left join entry e on e.id = v.entry_id left join pseudonym p on p.pid = e.pid where v.project = ? order by v.number desc",
      [project],
    )
  ).map(versionOf);

export const saveWorth = (project: string, number: number, known: KnownWorth): Change => [
  statement(
    "insert into purpose_worth (project, number, rows_digest, worth, entry_id, asked_ms) values (?, ?, ?, ?, ?, ?) on conflict (project, number, rows_digest) do update set worth = excluded.worth, entry_id = excluded.entry_id, asked_ms = excluded.asked_ms",
    project,
    number,
    known.rowsDigest,
    canonicalJson(known.worth as unknown as Json),
    known.entryId,
    known.askedMs,
  ),
];
export const findWorth = async (database: Database, project: string, number: number): Promise<KnownWorth | undefined> => {
  const row = await database.find<{ worth: string; rows_digest: string; entry_id: string; asked_ms: number }>(
    "select worth, rows_digest, entry_id, asked_ms from purpose_worth where project = ? and number = ? order by asked_ms desc, entry_id desc limit 1",
    [project, number],
  );
  return row && { worth: JSON.parse(row.worth), rowsDigest: row.rows_digest, entryId: row.entry_id, askedMs: row.asked_ms };
};
