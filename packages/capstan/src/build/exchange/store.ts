import { type Change, type Database, statement } from "../../base/storage/database.ts";
import { inParts, listOf } from "../tracking/rows.ts";

/** What an earlier import knew of something: its id here, and the digest of what the source said of it then. */
export type Known = { id: string; digest: string };

export const findImported = async (
  database: Database,
  at: { project: string; source: string; noun: string },
  ids: readonly string[],
): Promise<Map<string, Known>> => {
  const found = new Map<string, Known>();
  await inParts(ids, async (part) => {
    const list = listOf(part);
    for (const row of await database.all<{ source_id: string; id: string; digest: string }>(
      `select source_id, id, digest from imported where project = ? and source = ? and noun = ? and source_id in ${list.sql}`,
      [at.project, at.source, at.noun, ...list.params],
    ))
      found.set(row.source_id, { id: row.id, digest: row.digest });
  });
  return found;
};

export const rememberImported = (
  at: { project: string; source: string; noun: string },
  one: { sourceId: string; id: string; digest: string; atMs: number },
): Change => [
  statement(
    "insert into imported (project, source, noun, source_id, id, digest, at_ms) values (?, ?, ?, ?, ?, ?, ?) on conflict (project, source, noun, source_id) do update set id = excluded.id, digest = excluded.digest, at_ms = excluded.at_ms",
    at.project,
    at.source,
    at.noun,
    one.sourceId,
    one.id,
    one.digest,
    one.atMs,
  ),
];
