import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Change, Committed, Row, SqlValue } from "./database.ts";

/** Why a change did not happen, in a form that crosses a thread. */
export type Refusal =
  | { kind: "moved"; noun: string; name: string }
  | { kind: "exists"; noun: string; name: string }
  | { kind: "error"; message: string; disk: boolean };
export type Outcome = { committed: Committed } | { refused: Refusal };

/** One connection and its prepared statements. All calls are synchronous and belong to one thread. */
export class SqliteConnection {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(path: string, mode: "write" | "read") {
    this.#db = new DatabaseSync(path, { readOnly: mode === "read", timeout: 10_000, enableForeignKeyConstraints: true });
    if (mode === "write") {
      // full, not normal: NORMAL does not fsync at commit, so that an acknowledged change could be lost at a power cut.
      this.#db.exec("pragma journal_mode=wal; pragma synchronous=full; pragma fullfsync=on; pragma checkpoint_fullfsync=on;");
    }
    this.#db.exec("pragma temp_store=memory; pragma cache_size=-16000;");
  }

  all(sql: string, params: readonly SqlValue[]): Row[] {
    return this.#prepare(sql).all(...(params as SQLInputValue[])) as Row[];
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** All changes in one transaction, each in its own savepoint; durable on return. A failure of the commit itself refuses all. */
  commitAll(changes: readonly Change[]): Outcome[] {
    const outcomes: Outcome[] = [];
    try {
      this.#db.exec("begin immediate");
      for (const change of changes) outcomes.push(this.#apply(change));
      this.#db.exec("commit");
      return outcomes;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("rollback");
      const refused = refusalOf(error);
      return changes.map(() => ({ refused }));
    }
  }

  #apply(change: Change): Outcome {
    this.#db.exec("savepoint change");
    const committed: Row[][] = [];
    for (const one of change) {
      let refused: Refusal | undefined;
      try {
        const prepared = this.#prepare(one.sql);
        if (prepared.columns().length > 0) {
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
      if (refused) {
        this.#db.exec("rollback to change; release change");
        return { refused };
      }
    }
    this.#db.exec("release change");
    return { committed };
  }

  close(): void {
    this.#prepared.clear();
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let prepared = this.#prepared.get(sql);
    if (!prepared) {
      prepared = this.#db.prepare(sql);
      if (this.#prepared.size >= 500) this.#prepared.clear();
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}

const numberOf = (error: unknown): number => (typeof error === "object" && error !== null && "errcode" in error && typeof error.errcode === "number" ? error.errcode : 0);
/** SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY. */
const isUniqueViolation = (error: unknown): boolean => numberOf(error) === 2067 || numberOf(error) === 1555;
const refusalOf = (error: unknown): Refusal => ({
  kind: "error",
  message: error instanceof Error ? error.message : String(error),
  // SQLITE_FULL, SQLITE_IOERR and its kinds
  disk: (numberOf(error) & 0xff) === 13 || (numberOf(error) & 0xff) === 10,
});
