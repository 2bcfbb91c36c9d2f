import { Threads } from "../../../../base/foundation/threads.ts";
import type { DatabaseSource } from "../../../../base/storage/snapshots.ts";
import type { Question, Said } from "./question.ts";

/** The thread of columns as its asker sees it: one, because what it holds is large. */
export const searchThread = (source: DatabaseSource, memoryBytes: number): Threads<Question, Said> =>
  new Threads({
    // The bundle has the worker beside the main file under the same name.
    file: new URL(import.meta.url.endsWith(".ts") ? "./search-worker.ts" : "./search-worker.js", import.meta.url),
    workerData: { source, memoryBytes },
    atMost: 1,
  });
