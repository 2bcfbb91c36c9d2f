import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { SqlValue } from "./database.ts";
import type { SnapshotReader, TakeRow } from "./snapshots.ts";

/** A scan reads pages where the system has them, without a copy; only while it lasts, so that they count as this process's memory no longer than that. */
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
  // An aggregate that hands over its rows: half of what it costs to make each of them a result.
  let taking: TakeRow = () => undefined;
  database.aggregate("hand_over", {
    start: 0,
    varargs: true,
    step: (count, ...row) => {
      taking(row as SqlValue[]);
      return count;
    },
  });
  return {
    async read(work) {
      database.exec("begin");
      try {
        return await work({
          dialect: "sqlite",
          async each(sql, params, take) {
            for (const row of prepare(sql).all(...(params as SQLInputValue[])) as unknown[]) take(row as SqlValue[]);
          },
          async scan(columns, rest, params, take) {
            database.exec(`pragma mmap_size=${mappedBytes}`);
            taking = take;
            try {
              prepare(`select hand_over(${columns.join(", ")}) ${rest}`).get(...(params as SQLInputValue[]));
            } finally {
              database.exec("pragma mmap_size=0");
            }
          },
        });
      } finally {
        database.exec("commit");
      }
    },
    async close() {
      database.close();
    },
  };
}
