import type { Change, Committed } from "./database.ts";
import { closedError, type Outcome, refusalError } from "./refusal.ts";

/** Changes beyond these wait for the next transaction, so that none grows without bound. */
const batchLimit = 1000;

/** Collects the changes of a turn, and those that come while the former batch is written, and hands them on as one. */
export class CommitQueue {
  readonly #commitAll: (changes: readonly Change[]) => Promise<readonly Outcome[]>;
  #waiting: { change: Change; resolve(committed: Committed): void; reject(error: unknown): void }[] = [];
  #busy = false;
  #closed: (() => void)[] | undefined;

  /** `commitAll` answers for each change, or rejects when none has happened. It is not called again before it has answered. */
  constructor(commitAll: (changes: readonly Change[]) => Promise<readonly Outcome[]>) {
    this.#commitAll = commitAll;
  }

  submit(change: Change): Promise<Committed> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      setImmediate(() => void this.#work());
    });
  }

  /** Resolves when everything submitted is answered; nothing more is taken. */
  close(): Promise<void> {
    this.#closed ??= [];
    return new Promise((resolve) => {
      if (this.#busy) this.#closed?.push(resolve);
      else resolve();
    });
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchLimit);
      try {
        const outcomes = await this.#commitAll(batch.map((one) => one.change));
        batch.forEach((one, i) => {
          const outcome = outcomes[i];
          if (outcome && "committed" in outcome) one.resolve(outcome.committed);
          else one.reject(refusalError(outcome?.refused ?? { kind: "error", message: "no outcome", reason: "other" }));
        });
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    this.#busy = false;
    for (const done of this.#closed ?? []) done();
  }
}
