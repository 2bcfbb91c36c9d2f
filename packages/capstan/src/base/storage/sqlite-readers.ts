import { CapstanError } from "../foundation/errors.ts";
import { Threads } from "../foundation/threads.ts";
import type { Row, SqlValue } from "./database.ts";
import { type Refusal, refusalError } from "./refusal.ts";

export type Read = { sql: string; params: readonly SqlValue[] };
export type ReadAnswer = { rows: Row[] } | { refused: Refusal };

const atMost = 4;

/** Threads that read, each one question at a time, so that no short read stands behind a long one while another thread is free. */
export class SqliteReaders {
  readonly #threads: Threads<Read, ReadAnswer>;
  readonly #asked = new Set<Promise<ReadAnswer>>();

  constructor(path: string) {
    // The bundle has the worker beside the main file under the same name.
    const file = import.meta.url.endsWith(".ts") ? "./sqlite-reader-worker.ts" : "./sqlite-reader-worker.js";
    this.#threads = new Threads({ file: new URL(file, import.meta.url), workerData: { path }, atMost });
  }

  async read(sql: string, params: readonly SqlValue[]): Promise<Row[]> {
    const asked = this.#threads.ask({ sql, params });
    this.#asked.add(asked);
    try {
      const answer = await asked.catch((error: Error) => {
        throw new CapstanError("CAP-STORE-001", { problem: error.message }, { cause: error });
      });
      if ("refused" in answer) throw refusalError(answer.refused);
      return answer.rows;
    } finally {
      this.#asked.delete(asked);
    }
  }

  /** Waits for what was asked. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#asked);
    await this.#threads.close();
  }
}
