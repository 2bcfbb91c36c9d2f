import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { quantile } from "../measure.ts";
import type { Asked, Read } from "./reader-worker.ts";
import { createRun, openConnections } from "./writes.ts";

/** Small writes over a kept connection while something large goes on. */
export type Beside = {
  writes: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** Most that the server's event loop worked, by processor time, while one write was on its way: what a write waits for on a machine with nothing else to do. */
  loopMs: number;
  times: number;
  answerMb: number;
  readMs: number;
};
export type Reader = { ask(asked: Asked): Promise<Read>; close(): Promise<void> };

export function openReader(): Reader {
  const worker = new Worker(new URL("./reader-worker.ts", import.meta.url));
  return {
    ask: (asked) =>
      new Promise((resolve, reject) => {
        worker.once("message", (read: Read) =>
          read.status === 200 ? resolve(read) : reject(new Error(`${asked.url.slice(0, 200)} was answered ${read.status}`)),
        );
        worker.postMessage(asked);
      }),
    close: async () => void (await worker.terminate()),
  };
}

export type Writer = { beside(work: () => Promise<Pick<Read, "bytes" | "ms">>, leastMs: number): Promise<Beside>; close(): void };

/** Processor time of the first thread of a process, which is that of its event loop; always 0 where the system does not tell. */
function loopMsOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return 0;
  }
}

/** One log-metric after the other, with two milliseconds between them. */
export async function openWriter({ url, child }: { url: string; child: { pid?: number | undefined } }): Promise<Writer> {
  const [connection] = await openConnections(url, 1);
  if (!connection) throw new Error("there is no connection");
  const run_id = await createRun(connection);
  let step = 0;
  let loopMs = 0;
  const write = async (): Promise<number> => {
    const worked = loopMsOf(child.pid ?? 0);
    const began = performance.now();
    const { status } = await connection.post("/api/2.0/mlflow/runs/log-metric", { run_id, key: "m", value: 1, timestamp: 1, step: step++ });
    if (status !== 200) throw new Error(`log-metric answered ${status}`);
    const ms = performance.now() - began;
    loopMs = Math.max(loopMs, loopMsOf(child.pid ?? 0) - worked);
    await pause(2);
    return ms;
  };
  for (let i = 0; i < 100; i++) await write();
  return {
    /** While `work` is done, again and again until so much time has passed. */
    async beside(work, leastMs) {
      const began = performance.now();
      let going = true;
      let times = 0;
      let bytes = 0;
      let readMs = 0;
      const reading = (async () => {
        try {
          while (times === 0 || performance.now() - began < leastMs) {
            const read = await work();
            bytes = read.bytes;
            readMs = Math.max(readMs, read.ms);
            times++;
          }
        } finally {
          going = false;
        }
      })();
      reading.catch(() => undefined);
      const all: number[] = [];
      loopMs = 0;
      while (going) all.push(await write());
      await reading;
      return {
        writes: all.length,
        p50Ms: quantile(all, 0.5),
        p99Ms: quantile(all, 0.99),
        maxMs: Math.max(...all),
        loopMs,
        times,
        answerMb: bytes / 1e6,
        readMs,
      };
    },
    close: () => connection.close(),
  };
}
