import { Worker } from "node:worker_threads";
import type { DatabaseSource } from "../../../../base/storage/snapshots.ts";
import type { Answer, Question, Unanswered } from "./question.ts";

type Asked = { resolve(answer: Answer | Unanswered): void; reject(error: Error): void };

/** Its memory is given back when nobody searched for so long. */
const idleMs = 600_000;

/** The thread of columns as its asker sees it: started by the first question, and again by the next one after it broke. */
export class SearchThread {
  readonly #source: DatabaseSource;
  readonly #memoryBytes: number;
  readonly #asked = new Map<number, Asked>();
  #worker: Worker | undefined;
  #nextId = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(source: DatabaseSource, memoryBytes: number) {
    this.#source = source;
    this.#memoryBytes = memoryBytes;
  }

  ask(question: Question): Promise<Answer | Unanswered> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#asked.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, question });
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    // The bundle has the worker beside the main file under the same name.
    const file = import.meta.url.endsWith(".ts") ? "./search-worker.ts" : "./search-worker.js";
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: { source: this.#source, memoryBytes: this.#memoryBytes },
      execArgv: [],
    });
    worker.unref();
    worker.on("message", (message: { id: number; answer?: Answer | Unanswered; failed?: string }) => {
      const asked = this.#asked.get(message.id);
      this.#asked.delete(message.id);
      if (this.#asked.size === 0) {
        worker.unref();
        clearTimeout(this.#idle);
        this.#idle = setTimeout(() => void this.close(), idleMs).unref();
      }
      if (message.answer) asked?.resolve(message.answer);
      else asked?.reject(new Error(message.failed ?? "no answer"));
    });
    const end = (error: unknown): void => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const asked of this.#asked.values()) asked.reject(error instanceof Error ? error : new Error(String(error)));
      this.#asked.clear();
    };
    worker.on("error", end);
    worker.on("exit", () => end(new Error("the thread of searches has ended")));
    return worker;
  }
}
