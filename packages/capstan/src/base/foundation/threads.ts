import { Worker } from "node:worker_threads";

type Asked<Question, Answer> = { question: Question; resolve(answer: Answer): void; reject(error: Error): void };
/** What the body of a thread says to one question. */
export type Said<Answer> = { answer: Answer } | { failed: string };

export type ThreadOptions = {
  /** Body of a thread: gets `{question}` and says `Said`, one question at a time. */
  readonly file: URL;
  readonly workerData: unknown;
  readonly atMost: number;
};

/** Who has waited so long has a long question before it, and is worth one more thread. */
const patienceMs = 10;
/** Memory is given back when nobody asked for so long. */
const idleMs = 600_000;

/** Threads that answer questions, each one at a time, started by the first question. One that broke fails its question alone; the next question starts another. */
export class Threads<Question, Answer> {
  readonly #options: ThreadOptions;
  readonly #all = new Set<Worker>();
  readonly #free: Worker[] = [];
  readonly #busy = new Map<Worker, Asked<Question, Answer>>();
  readonly #waiting: Asked<Question, Answer>[] = [];
  #patience: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  ask(question: Question): Promise<Answer> {
    clearTimeout(this.#idle);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      this.#serve();
    });
  }

  /** Ends them; what was asked fails. The next question would start others. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    clearTimeout(this.#patience);
    this.#patience = undefined;
    const ended = new Error("its threads were closed");
    for (const asked of [...this.#waiting.splice(0), ...this.#busy.values()]) asked.reject(ended);
    const all = [...this.#all];
    this.#all.clear();
    this.#busy.clear();
    this.#free.length = 0;
    await Promise.all(all.map((worker) => worker.terminate()));
  }

  #serve(): void {
    if (this.#all.size === 0 && this.#waiting.length > 0) this.#start();
    for (let worker = this.#free.pop(); worker; worker = this.#free.pop()) {
      const next = this.#waiting.shift();
      if (!next) return void this.#free.push(worker);
      this.#give(worker, next);
    }
    if (this.#waiting.length === 0 || this.#all.size >= this.#options.atMost) return;
    this.#patience ??= setTimeout(() => {
      this.#patience = undefined;
      if (this.#waiting.length === 0) return;
      this.#start();
      this.#serve();
    }, patienceMs);
  }

  #give(worker: Worker, asked: Asked<Question, Answer>): void {
    this.#busy.set(worker, asked);
    worker.ref();
    try {
      worker.postMessage({ question: asked.question });
    } catch (error) {
      // A value that cannot cross threads is the asker's mistake.
      this.#busy.delete(worker);
      worker.unref();
      this.#free.push(worker);
      asked.reject(error as Error);
    }
  }

  #start(): void {
    const { file, workerData } = this.#options;
    // Options of the process's own start are none of a thread's.
    const worker = new Worker(file, { workerData, execArgv: [] });
    this.#all.add(worker);
    this.#free.push(worker);
    worker.unref();
    worker.on("message", (said: Said<Answer>) => {
      if (!this.#all.has(worker)) return;
      const asked = this.#busy.get(worker);
      this.#busy.delete(worker);
      worker.unref();
      this.#free.push(worker);
      if ("answer" in said) asked?.resolve(said.answer);
      else asked?.reject(new Error(said.failed));
      this.#serve();
      if (this.#busy.size === 0) this.#idle = setTimeout(() => void this.close(), idleMs).unref();
    });
    const end = (error: unknown): void => {
      if (!this.#all.delete(worker)) return;
      const at = this.#free.indexOf(worker);
      if (at >= 0) this.#free.splice(at, 1);
      this.#busy.get(worker)?.reject(error instanceof Error ? error : new Error(String(error)));
      this.#busy.delete(worker);
      this.#serve();
    };
    worker.on("error", end);
    worker.on("exit", () => end(new Error("the thread has ended")));
  }
}
