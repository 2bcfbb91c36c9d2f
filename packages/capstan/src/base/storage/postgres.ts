import pg from "pg";
import { CapstanError } from "../foundation/errors.ts";
import { CommitQueue } from "./commit-queue.ts";
import type { Database, SqlValue } from "./database.ts";
import { connectionConfig, isLost, queryOf, refusalOf, rowsOf } from "./postgres-connection.ts";
import { PostgresWriter } from "./postgres-writer.ts";
import { closedError, refusalError } from "./refusal.ts";

const readerLimit = 8;
/** Connections for questions with patterns, whose work nobody can tell beforehand: they leave the others free. */
const patternReaderLimit = 4;
const patternLimitMs = 30_000;
const hasPattern = /\s(?:~|i?like)\s+\?/i;

/** Opens a PostgreSQL database (15 or newer) by its URL: one connection changes, up to eight read, and four more look for patterns. Connects when first needed; what a lost connection carried is asked for again. `readOnly`: commits are refused with CAP-STORE-004. A question with a pattern is given up with CAP-STORE-018 after `patternLimitMs`. */
export function openPostgres(url: string, options: { readOnly?: boolean; patternLimitMs?: number } = {}): Database {
  const writer = new PostgresWriter(url);
  const queue = new CommitQueue((changes) => writer.commitAll(changes));
  const pool = (max: number, setting = ""): pg.Pool => {
    const made = new pg.Pool({
      ...connectionConfig(url),
      max,
      allowExitOnIdle: true,
      options: `-c default_transaction_read_only=on${setting}`,
    });
    // An idle connection that the server ends is replaced when the next is needed.
    made.on("error", () => undefined);
    return made;
  };
  const readers = pool(readerLimit);
  const patternReaders = pool(patternReaderLimit, ` -c statement_timeout=${options.patternLimitMs ?? patternLimitMs}`);
  let closing: Promise<void> | undefined;

  const all = async <T>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> => {
    if (closing) throw closedError();
    for (let tries = 1; ; tries++) {
      try {
        return rowsOf(await (hasPattern.test(sql) ? patternReaders : readers).query(queryOf(sql, params))) as T[];
      } catch (error) {
        // Reads change nothing, so one whose connection was lost may be asked again.
        if (!isLost(error) || tries === 2) throw refusalError(refusalOf(error));
      }
    }
  };

  return {
    dialect: "postgres",
    ...(!options.readOnly && { source: { url } }),
    all,
    find: async <T>(sql: string, params?: readonly SqlValue[]) => (await all<T>(sql, params))[0],
    commit(change) {
      if (options.readOnly) return Promise.reject(new CapstanError("CAP-STORE-004", {}));
      if (change.some((one) => one.params.some((value) => typeof value === "string" && value.includes("\u0000")))) {
        return Promise.reject(
          new CapstanError("CAP-STORE-001", { problem: "a text holds the character U+0000, which PostgreSQL cannot keep" }),
        );
      }
      return queue.submit(change);
    },
    close() {
      closing ??= Promise.all([queue.close(), readers.end(), patternReaders.end()]).then(() => writer.close());
      return closing;
    },
  };
}
