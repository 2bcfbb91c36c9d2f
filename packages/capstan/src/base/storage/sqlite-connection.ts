import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { numberOfText } from "../foundation/number-text.ts";
import { matcherOf } from "../foundation/pattern-match.ts";
import type { Change, Row, SqlValue } from "./database.ts";
import type { Outcome, Refusal } from "./refusal.ts";

/** `immutable`: the file lies where nobody can write, so nothing is locked and no file is made beside it. */
export type SqliteMode = "write" | "read" | "immutable";

const busyTimeoutMs = 10_000;
/** The log of changes is cut back to this size once a long read has let it grow. */
const logLimitBytes = 64 << 20;

/** `returns`: it gives rows, which is not asked again at each use. */
type Prepared = { statement: StatementSync; returns: boolean };

/** One connection and its prepared statements. All calls are synchronous and belong to one thread. */
export class SqliteConnection {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(path: string, mode: SqliteMode) {
    const location = pathToFileURL(path);
    if (mode === "immutable") location.searchParams.set("immutable", "1");
    this.#db = new DatabaseSync(location, { readOnly: mode !== "write", timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
    try {
      // full, not normal: NORMAL does not fsync at commit, so that an acknowledged change could be lost at a power cut.
      if (mode === "write")
        this.#db.exec(
          `pragma journal_mode=wal; pragma synchronous=full; pragma fullfsync=on; pragma checkpoint_fullfsync=on; pragma journal_size_limit=${logLimitBytes};`,
        );
      // What PostgreSQL has as `~`.
      this.#db.function("matches", { deterministic: true }, (pattern, text) =>
        typeof pattern === "string" && typeof text === "string" ? Number(matcherOf(pattern)(text)) : null,
      );
      // A double as the shortest text that reads back as the same, which PostgreSQL's cast to text is.
      this.#db.function("number_text", { deterministic: true }, (value) => (value === null ? null : String(value)));
      // The number that a text is, else null.
      this.#db.function("number_of", { deterministic: true }, (text) => {
        const number = typeof text === "string" ? numberOfText(text) : Number.NaN;
        return Number.isNaN(number) ? null : number;
      });
      this.#db.exec("pragma temp_store=memory; pragma cache_size=-16000;");
      // A file that is no database is noticed here and not at the first question.
      this.#db.prepare("select count(*) from sqlite_master").get();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  all(sql: string, params: readonly SqlValue[]): Row[] {
    return this.#prepare(sql).statement.all(...(params as SQLInputValue[])) as Row[];
  }

  /** All changes in one transaction, each in its own savepoint unless it is alone; durable on return. A failure of the commit itself refuses all. */
  commitAll(changes: readonly Change[]): Outcome[] {
    const outcomes: Outcome[] = [];
    try {
      this.#run("begin immediate");
      for (const change of changes) {
        const alone = changes.length === 1;
        if (!alone) this.#run("savepoint change");
        const outcome = this.#apply(change);
        outcomes.push(outcome);
        if (alone && "refused" in outcome) {
          this.#run("rollback");
          return outcomes;
        }
        if ("refused" in outcome) this.#run("rollback to change");
        if (!alone) this.#run("release change");
      }
      this.#run("commit");
      return outcomes;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("rollback");
      const refused = refusalOf(error);
      return changes.map(() => ({ refused }));
    }
  }

  #apply(change: Change): Outcome {
    const committed: Row[][] = [];
    for (const one of change) {
      let refused: Refusal | undefined;
      try {
        const { statement: prepared, returns } = this.#prepare(one.sql);
        if (returns) {
          const rows = prepared.all(...(one.params as SQLInputValue[])) as Row[];
          committed.push(rows);
          if (one.guard && rows.length !== one.guard.rows) refused = { kind: "moved", noun: one.guard.noun, name: one.guard.name };
        } else {
          const { changes } = prepared.run(...(one.params as SQLInputValue[]));
          committed.push([]);
          if (one.guard && Number(changes) !== one.guard.rows) refused = { kind: "moved", noun: one.guard.noun, name: one.guard.name };
        }
      } catch (error) {
        refused = one.exists && isUniqueViolation(error) ? { kind: "exists", ...one.exists } : refusalOf(error);
        // A full disk may already have ended the transaction: nothing of this batch can be kept.
        if (!this.#db.isTransaction) throw error;
      }
      if (refused) return { refused };
    }
    return { committed };
  }

  close(): void {
    this.#prepared.clear();
    this.#db.close();
  }

  #run(sql: string): void {
    this.#prepare(sql).statement.run();
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (!prepared) {
      const made = this.#db.prepare(sql);
      prepared = { statement: made, returns: made.columns().length > 0 };
      if (this.#prepared.size >= 500) this.#prepared.clear();
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}

export const sqliteCode = (error: unknown): number =>
  typeof error === "object" && error !== null && "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0;
/** SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY. */
const isUniqueViolation = (error: unknown): boolean => sqliteCode(error) === 2067 || sqliteCode(error) === 1555;

/** `path` of the database, where it is not open yet: a folder that cannot be written is another matter than one that is not there. */
export function refusalOf(error: unknown, path?: string): Refusal {
  // The low byte is the kind: 13 SQLITE_FULL, 10 SQLITE_IOERR, 8 SQLITE_READONLY, 14 SQLITE_CANTOPEN
  const kind = sqliteCode(error) & 0xff;
  const readOnly = kind === 8 || (kind === 14 && path !== undefined && existsSync(dirname(path)) && !isWritable(dirname(path)));
  return {
    kind: "error",
    message: error instanceof Error ? error.message : String(error),
    reason: kind === 13 || kind === 10 ? "disk" : readOnly ? "read-only" : "other",
  };
}

export function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
