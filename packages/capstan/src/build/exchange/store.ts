import { type Change, type Database, statement } from "../../base/storage/database.ts";
import { inParts, listOf } from "../tracking/rows.ts";

/**
 * What an earlier import knew of something: its id here, and the digest of what the source said of it then. `mark` is there when all of it came and
 * was read back as it was said: what the source said then at little cost.
 */
export type Known = { id: string; digest: string; mark: string | null };

export const findImported = async (
  database: Database,
  at: { project: string; source: string; noun: string },
  ids: readonly string[],
): Promise<Map<string, Known>> => {
  const found = new Map<string, Known>();
  await inParts(ids, async (part) => {
    const list = listOf(part);
    for (const row of await database.all<{ source_id: string; id: string; digest: string; mark: string | null }>(
      `select source_id, id, digest, mark from imported where project = ? and source = ? and noun = ? and source_id in ${list.sql}`,
      [at.project, at.source, at.noun, ...list.params],
    ))
      found.set(row.source_id, { id: row.id, digest: row.digest, mark: row.mark });
  });
  return found;
};

export const markImported = (at: { project: string; source: string; noun: string }, sourceId: string, mark: string | null): Change => [
  statement(
    "update imported set mark = ? where project = ? and source = ? and noun = ? and source_id = ?",
    mark,
    at.project,
    at.source,
    at.noun,
    sourceId,
  ),
];

export const rememberImported = (
  at: { project: string; source: string; noun: string },
  one: { sourceId: string; id: string; digest: string; atMs: number; mark?: string | null },
): Change => [
  statement(
    "insert into imported (project, source, noun, source_id, id, digest, at_ms, mark) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (project, source, noun, source_id) do update set id = excluded.id, digest = excluded.digest, at_ms = excluded.at_ms, mark = excluded.mark",
    at.project,
    at.source,
    at.noun,
    one.sourceId,
    one.id,
    one.digest,
    one.atMs,
    one.mark ?? null,
  ),
];
