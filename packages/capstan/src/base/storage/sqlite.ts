import { existsSync, statSync } from "node:fs";
import { CapstanError } from "../foundation/errors.ts";
import { CommitQueue } from "./commit-queue.ts";
import type { Database, Row, SqlValue } from "./database.ts";
import { ChangePacker, type PackedOutcome, unpackOutcome } from "./packed-changes.ts";
import { closedError, refusalError } from "./refusal.ts";
import { refusalOf, SqliteConnection, sqliteCode } from "./sqlite-connection.ts";
import { SqliteReaders } from "./sqlite-readers.ts";
import { SqliteWriter } from "./sqlite-writer.ts";

/** Opens a SQLite file for its host: one thread writes, others read, the caller's thread never waits for either. */
export function openSqlite(path: string): Database {
  const writer = new SqliteWriter(path);
  // Readers cannot make the file: they are started when the writer has it.
  const opened = writer.ask({ ping: true });
  opened.catch(() => undefined);
  const readers = new SqliteReaders(path);
  const packer = new ChangePacker();
  const queue = new CommitQueue(async (changes) => {
    try {
      const { outcomes } = (await writer.ask({ changes: packer.pack(changes) })) as { outcomes: PackedOutcome[] };
      return changes.map((change, i) => unpackOutcome(outcomes[i] ?? 0, change));
    } catch (error) {
      packer.forget();
      throw error;
    }
  });
  let closing: Promise<void> | undefined;

  const all = async <T>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> => {
    if (closing) throw closedError();
    await opened;
    return (await readers.read(sql, params)) as T[];
  };

  return {
    dialect: "sqlite",
    source: { path },
    all,
    find: async <T>(sql: string, params?: readonly SqlValue[]) => (await all<T>(sql, params))[0],
    commit: (change) => queue.submit(change),
    close() {
      closing ??= Promise.all([queue.close(), readers.close()]).then(() => writer.close());
      return closing;
    },
  };
}

/**
 * Reads a SQLite file on the caller's thread, for commands that only look. Commits are refused with CAP-STORE-004.
 * A file in a folder that cannot be written is opened as immutable; when changes are left in the log beside it, they could be missed, and it is refused.
 */
export function openSqliteReadOnly(path: string): Database {
  const connection = connect(path);
  const all = async <T>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> => {
    try {
      return connection.all(sql, params).map((row): Row => ({ ...row })) as T[];
    } catch (error) {
      throw refusalError(refusalOf(error));
    }
  };
  return {
    dialect: "sqlite",
    all,
    find: async <T>(sql: string, params?: readonly SqlValue[]) => (await all<T>(sql, params))[0],
    commit: () => Promise.reject(new CapstanError("CAP-STORE-004", {})),
    close: async () => connection.close(),
  };
}

function connect(path: string): SqliteConnection {
  try {
    return new SqliteConnection(path, "read");
  } catch (error) {
    // SQLITE_CANTOPEN and SQLITE_READONLY: the files that readers share cannot be made beside the database.
    const kind = sqliteCode(error) & 0xff;
    if (!existsSync(path) || (kind !== 14 && kind !== 8)) throw refusalError(refusalOf(error));
    const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
    if (log && log.size > 0) {
      throw new CapstanError(
        "CAP-STORE-001",
        {
          problem:
            "its newest changes are still in capstan.db-wal, which cannot be read in a folder that cannot be written; copy the whole folder to where you can write",
        },
        { cause: error },
      );
    }
    return new SqliteConnection(path, "immutable");
  }
}
