import { parentPort, workerData } from "node:worker_threads";
import type { Said } from "../../../base/foundation/threads.ts";
import { type DatabaseSource, openSnapshots } from "../../../base/storage/snapshots.ts";
import { answerOf } from "./answer.ts";
import type { CurveAnswer, CurveQuestion } from "./question.ts";

/** A thread that reads curves on a connection of its own, each question as of one moment. */
const { source } = workerData as { source: DatabaseSource };
const port = parentPort;
if (!port) throw new Error("this file is the body of a worker thread");

const reader = await openSnapshots(source);
port.on("message", async ({ question }: { question: CurveQuestion }) => {
  try {
    const answer = await reader.read((snapshot) => answerOf(snapshot, question));
    // Node's own small buffers share their memory with others.
    const moved = "text" in answer && answer.text.byteLength === answer.text.buffer.byteLength ? [answer.text.buffer as ArrayBuffer] : [];
    port.postMessage({ answer } satisfies Said<CurveAnswer>, moved);
  } catch (error) {
    port.postMessage({ failed: error instanceof Error ? error.message : String(error) } satisfies Said<CurveAnswer>);
  }
});
