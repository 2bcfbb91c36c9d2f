import { Worker } from "node:worker_threads";
import { CapstanError } from "../foundation/errors.ts";
import type { Change, Committed, Database, Row, SqlValue } from "./database.ts";
import { type Outcome, type Refusal, SqliteConnection } from "./sqlite-connection.ts";

const readerCount = 2;

/** Opens a SQLite file for its host: one thread writes, others read, the caller's thread never waits for either. */
export function openSqlite(path: string): Database {
  const writer = new Thread(path, "write");
  const readers: Thread[] = [];
  let nextReader = 0;
  let waiting: { change: Change; resolve(committed: Committed): void; reject(error: Error): void }[] = [];
  let busy = false;
  let closed = false;

  const flush = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const { outcomes } = (await writer.ask({ changes: batch.map((one) => one.change) })) as { outcomes: Outcome[] };
        batch.forEach((one, i) => {
          const outcome = outcomes[i];
          if (outcome && "committed" in outcome) one.resolve(outcome.committed);
          else one.reject(errorOf(outcome?.refused ?? { kind: "error", message: "no outcome", disk: false }));
        });
      } catch (error) {
        for (const one of batch) one.reject(error as Error);
      }
    }
    busy = false;
  };

  const all = async <T>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> => {
    if (closed) throw new CapstanError("CAP-STORE-001", { problem: "it is closed" });
    const index = nextReader++ % readerCount;
    const reader = (readers[index] ??= new Thread(path, "read"));
    return ((await reader.ask({ sql, params })) as { rows: T[] }).rows;
  };

  return {
    dialect: "sqlite",
    all,
    find: async <T>(sql: string, params?: readonly SqlValue[]) => (await all<T>(sql, params))[0],
    commit(change) {
      if (closed) return Promise.reject(new CapstanError("CAP-STORE-001", { problem: "it is closed" }));
      return new Promise((resolve, reject) => {
        waiting.push({ change, resolve, reject });
        // One turn's changes travel together: the queue is looked at when the turn has ended.
        if (waiting.length === 1 && !busy) setImmediate(() => void flush());
      });
    },
    async close() {
      if (closed) return;
      await flush();
      while (busy) await new Promise((resolve) => setImmediate(resolve));
      closed = true;
      await Promise.all([...readers.filter(Boolean).map((reader) => reader.close()), writer.close()]);
    },
  };
}

/** Reads a SQLite file on the caller's thread, for commands that only look. Commits are refused. */
export function openSqliteReadOnly(path: string): Database {
  const connection = new SqliteConnection(path, "read");
  const all = async <T>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> => connection.all(sql, params) as T[];
  return {
    dialect: "sqlite",
    all,
    find: async <T>(sql: string, params?: readonly SqlValue[]) => (await all<T>(sql, params))[0],
    commit: () => Promise.reject(new CapstanError("CAP-STORE-004", {})),
    close: async () => connection.close(),
  };
}

function errorOf(refusal: Refusal): CapstanError {
  if (refusal.kind === "moved") return new CapstanError("CAP-MOVED-001", { noun: refusal.noun, name: refusal.name });
  if (refusal.kind === "exists") return new CapstanError("CAP-EXISTS-001", { noun: refusal.noun, name: refusal.name });
  if (refusal.disk) return new CapstanError("CAP-STORE-003", { problem: refusal.message });
  return new CapstanError("CAP-STORE-001", { problem: refusal.message }, { cause: new Error(refusal.message) });
}

/** A worker thread that answers numbered questions in order. */
class Thread {
  readonly #worker: Worker;
  readonly #asked = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  #nextId = 0;

  constructor(path: string, mode: "write" | "read") {
    // The bundle has the worker beside the main file under the same name.
    const file = import.meta.url.endsWith(".ts") ? "./sqlite-worker.ts" : "./sqlite-worker.js";
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData: { path, mode } });
    this.#worker.on("message", (message: { id: number; error?: string; rows?: Row[] }) => {
      const asked = this.#asked.get(message.id);
      this.#asked.delete(message.id);
      if (this.#asked.size === 0) this.#worker.unref();
      if (message.error === undefined) asked?.resolve(message);
      else asked?.reject(new CapstanError("CAP-STORE-001", { problem: message.error }, { cause: new Error(message.error) }));
    });
    this.#worker.on("error", (error) => this.#fail(error as Error));
    this.#worker.on("exit", () => this.#fail(new Error("its thread has ended")));
    this.#worker.unref();
  }

  ask(question: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#asked.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, ...question });
    });
  }

  async close(): Promise<void> {
    await this.ask({ close: true });
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    for (const asked of this.#asked.values()) asked.reject(new CapstanError("CAP-STORE-001", { problem: error.message }, { cause: error }));
    this.#asked.clear();
  }
}
