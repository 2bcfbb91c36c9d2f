import { allocate, fill, isTyped } from "../../build/inference/batch.ts";
import type { Batch, Column, Runtime, Values } from "../../build/inference/model.ts";

/** Plain values by input name, validated; more columns than the model has are ignored. */
export type PlainColumns = Readonly<Record<string, ArrayLike<unknown>>>;
/** Rows `start` to `start + rows` of `columns` are the caller's. Called once. */
type Done = (error: unknown, answer: Batch | undefined, start: number) => void;

export type Batcher = {
  submit(columns: PlainColumns, rows: number, done: Done): void;
  /** Runs and rows since the beginning: rows / runs is the mean size of a merge. */
  readonly counts: { readonly runs: number; readonly rows: number };
};

type Waiting = { readonly columns: PlainColumns; readonly rows: number; readonly done: Done };

/** One run should not block the loop for longer, microseconds. */
const runBudgetUs = 300;

/**
 * Makes one run of all requests that wait when a turn of the event loop has ended, without any waiting window.
 * At most one run is under way; what arrives meanwhile is the next one. Rows of a run are capped by its measured cost.
 */
export function createBatcher(runtime: Runtime, now: () => number = () => performance.now()): Batcher {
  let queue: Waiting[] = [];
  let scheduled = false;
  let running = false;
  let capRows = 256;
  const counts = { runs: 0, rows: 0 };

  const schedule = (): void => {
    if (scheduled || running || queue.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const taken = take();
      running = true;
      run(taken, () => {
        running = false;
        schedule();
      });
    });
  };

  const take = (): Waiting[] => {
    let rows = 0;
    let count = 0;
    // The first one goes in any case: a request is never cut.
    while (count < queue.length && (count === 0 || rows + queue[count]!.rows <= capRows)) rows += queue[count++]!.rows;
    if (count === queue.length) {
      const all = queue;
      queue = [];
      return all;
    }
    return queue.splice(0, count);
  };

  const run = (taken: readonly Waiting[], finished: () => void): void => {
    const batch = merge(runtime.signature.inputs, taken);
    const startedMs = now();
    counts.runs++;
    counts.rows += batch.rows;
    runtime.predict(batch).then(
      (answer) => {
        const usPerRow = ((now() - startedMs) * 1000) / batch.rows;
        // Half old, half new: follows a change within a few runs and does not jump at one slow one.
        const wanted = Math.min(4096, Math.max(16, Math.floor(runBudgetUs / usPerRow)));
        capRows = Math.round((capRows + wanted) / 2);
        finished();
        let start = 0;
        for (const one of taken) {
          one.done(undefined, answer, start);
          start += one.rows;
        }
      },
      (error: unknown) => {
        if (taken.length === 1) {
          finished();
          taken[0]!.done(error, undefined, 0);
          return;
        }
        // One request's rows may have failed all: each on its own shows which.
        let left = taken.length;
        for (const one of taken) {
          run([one], () => {
            if (--left === 0) finished();
          });
        }
      },
    );
  };

  return {
    counts,
    submit(columns, rows, done) {
      queue.push({ columns, rows, done });
      schedule();
    },
  };
}

function merge(inputs: readonly Column[], taken: readonly Waiting[]): Batch {
  let rows = 0;
  for (const one of taken) rows += one.rows;
  const columns: Record<string, Values> = {};
  for (const column of inputs) {
    const values = allocate(column.datatype, rows);
    let start = 0;
    for (const one of taken) {
      fill(values, start, one.columns[column.name] ?? []);
      start += one.rows;
    }
    columns[column.name] = values;
  }
  return { rows, columns };
}

/** The rows of one request out of a merged answer. */
export const rowsOf = (values: Values, start: number, rows: number): Values =>
  start === 0 && values.length === rows
    ? values
    : isTyped(values)
      ? values.subarray(start, start + rows)
      : values.slice(start, start + rows);
