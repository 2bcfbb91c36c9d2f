import { Worker } from "node:worker_threads";
import { CapstanError } from "../foundation/errors.ts";
import { type Refusal, refusalError } from "./refusal.ts";

type Asked = { resolve(answer: unknown): void; reject(error: Error): void };

/** A worker thread that owns the connection that writes, and answers questions in the order in which they were asked. Once it has ended, every question fails at once. */
export class SqliteWriter {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  #nextId = 0;
  #ended: CapstanError | undefined;

  constructor(path: string) {
    // The bundle has the worker beside the main file under the same name.
    const file = import.meta.url.endsWith(".ts") ? "./sqlite-writer-worker.ts" : "./sqlite-writer-worker.js";
    // Options of the process's own start (such as the type of its input) are none of this thread's.
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData: { path }, execArgv: [] });
    this.#worker.on("message", (message: { id: number; refused?: Refusal }) => {
      // The database itself could not be opened: that is the answer to everything.
      if (message.id < 0)
        return this.#end(refusalError(message.refused ?? { kind: "error", message: "it could not be opened", reason: "other" }));
      const asked = this.#asked.get(message.id);
      this.#asked.delete(message.id);
      if (this.#asked.size === 0) this.#worker.unref();
      if (message.refused) asked?.reject(refusalError(message.refused));
      else asked?.resolve(message);
    });
    this.#worker.on("error", (error: unknown) =>
      this.#end(new CapstanError("CAP-STORE-001", { problem: error instanceof Error ? error.message : String(error) }, { cause: error })),
    );
    this.#worker.on("exit", () => this.#end(new CapstanError("CAP-STORE-001", { problem: "its thread has ended" })));
    this.#worker.unref();
  }

  ask(question: object): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#asked.set(id, { resolve, reject });
      this.#worker.ref();
      try {
        this.#worker.postMessage({ id, ...question });
      } catch (error) {
        // A value that cannot cross threads is the asker's mistake and must not leave a question open.
        this.#asked.delete(id);
        if (this.#asked.size === 0) this.#worker.unref();
        reject(error as Error);
      }
    });
  }

  async close(): Promise<void> {
    await this.ask({ close: true }).catch(() => undefined);
    await this.#worker.terminate();
  }

  #end(error: CapstanError): void {
    this.#ended ??= error;
    for (const asked of this.#asked.values()) asked.reject(this.#ended);
    this.#asked.clear();
    this.#worker.unref();
  }
}
