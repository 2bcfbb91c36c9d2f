import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { SqlValue } from "./database.ts";
import type { SnapshotReader } from "./snapshots.ts";

/** Pages are read where the system has them, without a copy; only while a snapshot is read, so that they count as this process's memory no longer than that. */
const mappedBytes = 64e9;
const preparedLimit = 200;

export function openSqliteSnapshots(path: string): SnapshotReader {
  const database = new DatabaseSync(pathToFileURL(path), { readOnly: true, timeout: 10_000 });
  database.exec("pragma temp_store=memory; pragma cache_size=-8000");
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    let found = prepared.get(sql);
    if (!found) {
      found = database.prepare(sql);
      found.setReturnArrays(true);
      if (prepared.size >= preparedLimit) prepared.clear();
      prepared.set(sql, found);
    }
    return found;
  };
  return {
    async read(work) {
      database.exec(`pragma mmap_size=${mappedBytes}; begin`);
      try {
        return await work({
          dialect: "sqlite",
          async each(sql, params, take) {
            for (const row of prepare(sql).iterate(...(params as SQLInputValue[])) as Iterable<unknown>) take(row as SqlValue[]);
          },
        });
      } finally {
        database.exec("commit; pragma mmap_size=0");
      }
    },
    async close() {
      database.close();
    },
  };
}
