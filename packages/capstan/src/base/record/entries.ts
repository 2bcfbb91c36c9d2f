import type { Json } from "../foundation/canonical-json.ts";
import { CapstanError } from "../foundation/errors.ts";
import type { Database, SqlValue } from "../storage/database.ts";
import { findLeaf } from "./leaf.ts";
import type { Entry } from "./model.ts";

export type StoredEntry = {
  id: string;
  idx: number | null;
  at_ms: number;
  project: string;
  action: string;
  subject_type: string;
  subject_id: string;
  pid: string;
  because: string | null;
  leaf: string;
  leaf_hash: Uint8Array;
  payload: string | null;
  salt: Uint8Array | null;
  name: string | null;
};
const columns = `entry.id, entry.idx, entry.at_ms, entry.project, entry.action, entry.subject_type, entry.subject_id, entry.pid, entry.because, entry.leaf, entry.leaf_hash,
  entry_payload.payload, entry_payload.salt, pseudonym.name`;
const joined = "from entry left join entry_payload on entry_payload.entry_id = entry.id left join pseudonym on pseudonym.pid = entry.pid";

export function toEntry(row: StoredEntry): Entry {
  const leaf = findLeaf(row.leaf);
  return {
    id: row.id,
    index: row.idx,
    at: leaf?.at ?? new Date(row.at_ms).toISOString(),
    action: row.action,
    subject: leaf?.subject ?? { type: row.subject_type, id: row.subject_id },
    project: row.project,
    actor: { kind: leaf?.actor.kind ?? "system", name: row.name ?? row.pid },
    outcome: leaf?.outcome ?? null,
    because: row.because,
    policy: leaf?.policy ?? null,
    payload: row.payload === null ? null : (JSON.parse(row.payload) as Json),
    leafHash: Buffer.from(row.leaf_hash).toString("hex"),
  };
}

export type EntryFilter = {
  project?: string;
  /** `run.ended`, or a noun such as `run` for all of its actions. */
  action?: string;
  /** `type:id`, `type:`, or an id. */
  subject?: string;
  q?: string;
};

function conditions(filter: EntryFilter): { sql: string; params: SqlValue[] } {
  const parts: string[] = ["entry.idx is not null"];
  const params: SqlValue[] = [];
  const add = (sql: string, ...values: SqlValue[]): void => {
    parts.push(sql);
    params.push(...values);
  };
  if (filter.project !== undefined) add("entry.project = ?", filter.project);
  if (filter.action) {
    if (filter.action.includes(".")) add("entry.action = ?", filter.action);
    else add("entry.action like ? escape '!'", `${escapeLike(filter.action)}.%`);
  }
  if (filter.subject) {
    const colon = filter.subject.indexOf(":");
    if (colon < 0) add("entry.subject_id = ?", filter.subject);
    else {
      add("entry.subject_type = ?", filter.subject.slice(0, colon));
      if (colon < filter.subject.length - 1) add("entry.subject_id = ?", filter.subject.slice(colon + 1));
    }
  }
  for (const word of (filter.q ?? "").toLowerCase().split(/\s+/).filter(Boolean).slice(0, 8)) {
    const pattern = `%${escapeLike(word)}%`;
    add(
      "(lower(entry.action) like ? escape '!' or lower(entry.subject_type) like ? escape '!' or lower(entry.subject_id) like ? escape '!')",
      pattern,
      pattern,
      pattern,
    );
  }
  return { sql: parts.join(" and "), params };
}
const escapeLike = (text: string): string => text.replace(/[!%_]/g, (character) => `!${character}`);

/** Newest first. `before` is an index: the entries below it. */
export async function listEntries(
  database: Database,
  filter: EntryFilter,
  page: { limit: number; before?: number },
): Promise<StoredEntry[]> {
  const { sql, params } = conditions(filter);
  return database.all<StoredEntry>(
    `select ${columns} ${joined} where ${sql}${page.before === undefined ? "" : " and entry.idx < ?"} order by entry.idx desc limit ?`,
    [...params, ...(page.before === undefined ? [] : [page.before]), page.limit],
  );
}

export async function countEntries(database: Database, filter: EntryFilter): Promise<number> {
  const { sql, params } = conditions(filter);
  return (await database.find<{ count: number }>(`select count(*) as count from entry where ${sql}`, params))?.count ?? 0;
}

/** By id or index. */
export async function findEntry(database: Database, entry: string | number): Promise<StoredEntry | undefined> {
  const byIndex = typeof entry === "number" || /^\d{1,15}$/.test(entry);
  return database.find<StoredEntry>(`select ${columns} ${joined} where ${byIndex ? "entry.idx" : "entry.id"} = ?`, [
    byIndex ? Number(entry) : entry,
  ]);
}
export async function getEntry(database: Database, entry: string | number): Promise<StoredEntry> {
  const found = await findEntry(database, entry);
  if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "entry", name: String(entry) });
  return found;
}

export const entriesLedTo = (database: Database, id: string): Promise<StoredEntry[]> =>
  database.all<StoredEntry>(`select ${columns} ${joined} where entry.because = ? order by entry.idx limit 100`, [id]);

export type WalkedEntry = Omit<StoredEntry, "name">;
/** As `entriesFrom`, without names: what verification reads of every entry. */
export const walkedFrom = (database: Database, start: number, limit: number): Promise<WalkedEntry[]> =>
  database.all<WalkedEntry>(
    `select id, idx, at_ms, entry.project, action, subject_type, subject_id, pid, because, leaf, leaf_hash, payload, salt
     from entry left join entry_payload on entry_payload.entry_id = entry.id where idx >= ? order by idx limit ?`,
    [start, limit],
  );

/** In the order of the tree, `limit` from `start` on. */
export const entriesFrom = (database: Database, start: number, limit: number): Promise<StoredEntry[]> =>
  database.all<StoredEntry>(`select ${columns} ${joined} where entry.idx >= ? order by entry.idx limit ?`, [start, limit]);

export async function entriesById(database: Database, ids: readonly string[]): Promise<Map<string, Entry>> {
  const found = new Map<string, Entry>();
  for (let at = 0; at < ids.length; at += 200) {
    const some = ids.slice(at, at + 200);
    const rows = await database.all<StoredEntry>(`select ${columns} ${joined} where entry.id in (${some.map(() => "?").join(", ")})`, some);
    for (const row of rows) found.set(row.id, toEntry(row));
  }
  return found;
}
