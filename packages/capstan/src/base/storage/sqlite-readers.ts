import type { Row, SqlValue } from "./database.ts";
import { SqliteThread } from "./sqlite-thread.ts";

type Read = { sql: string; params: readonly SqlValue[]; resolve(rows: Row[]): void; reject(error: unknown): void };

const limit = 4;
/** A read that has waited this long has a long one before it, and is worth a thread of its own. */
const patienceMs = 10;

/** Threads that read, each one question at a time, so that no short read stands behind a long one while another thread is free. */
export class SqliteReaders {
  readonly #path: string;
  readonly #idle: SqliteThread[] = [];
  readonly #all: SqliteThread[] = [];
  readonly #waiting: Read[] = [];
  #patience: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  read(sql: string, params: readonly SqlValue[]): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ sql, params, resolve, reject });
      if (this.#all.length === 0) this.#grow();
      this.#serve();
    });
  }

  /** Waits for what was asked. */
  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#idle.length < this.#all.length) await new Promise((resolve) => setTimeout(resolve, 1));
    await Promise.all(this.#all.map((one) => one.close()));
  }

  #grow(): void {
    const thread = new SqliteThread(this.#path, "read");
    this.#all.push(thread);
    this.#idle.push(thread);
  }

  #serve(): void {
    for (let thread = this.#idle.pop(); thread; thread = this.#idle.pop()) {
      const next = this.#waiting.shift();
      if (!next) {
        this.#idle.push(thread);
        return;
      }
      void this.#answer(thread, next);
    }
    if (this.#waiting.length === 0 || this.#all.length >= limit) return;
    this.#patience ??= setTimeout(() => {
      this.#patience = undefined;
      if (this.#waiting.length === 0) return;
      this.#grow();
      this.#serve();
    }, patienceMs);
  }

  async #answer(thread: SqliteThread, read: Read): Promise<void> {
    try {
      read.resolve(((await thread.ask({ sql: read.sql, params: read.params })) as { rows: Row[] }).rows);
    } catch (error) {
      read.reject(error);
    }
    this.#idle.push(thread);
    this.#serve();
  }
}
