import { entriesLedTo, findEntry, toEntry } from "../../base/record/entries.ts";
import type { Entry } from "../../base/record/model.ts";
import type { Database } from "../../base/storage/database.ts";

const most = 200;

/** The entries with these ids and all that they led to, by `because`, in the order of the record. Bounded. */
export async function chainFrom(database: Database, ids: readonly string[]): Promise<Entry[]> {
  const found = new Map<string, Entry>();
  const queue: string[] = [];
  for (const id of ids) {
    const row = await findEntry(database, id);
    if (!row || found.has(row.id)) continue;
    found.set(row.id, toEntry(row));
    queue.push(row.id);
  }
  for (const id of queue) {
    if (found.size >= most) break;
    for (const row of await entriesLedTo(database, id)) {
      if (found.has(row.id)) continue;
      found.set(row.id, toEntry(row));
      queue.push(row.id);
    }
  }
  return [...found.values()].sort((a, b) => (a.index ?? Number.MAX_SAFE_INTEGER) - (b.index ?? Number.MAX_SAFE_INTEGER));
}
