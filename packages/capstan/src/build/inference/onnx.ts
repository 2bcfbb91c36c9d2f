import { Worker } from "node:worker_threads";
import { CapstanError } from "../../base/foundation/errors.ts";
import { allocate } from "./batch.ts";
import type { Batch, Runtime, Signature } from "./model.ts";
import type { WorkerAnswer } from "./onnx-worker.ts";
import { type OnnxSession, openSession } from "./onnx-session.ts";

/** A run below this p99 stays on the caller's thread: the hop to a worker costs 65 µs and more. Microseconds. */
const threadLimitUs = 300;
const warmUpRuns = 100;

/** Loads a verified ONNX file, measures it and places it. `placement` overrides the measurement. */
export async function loadOnnx(path: string, options: { placement?: "thread" | "worker" } = {}): Promise<Runtime> {
  const session = await openSession(path);
  let p99Us: number;
  try {
    p99Us = await measure(session);
  } catch (error) {
    await session.close();
    throw error;
  }
  const placement = options.placement ?? (p99Us < threadLimitUs ? "thread" : "worker");
  if (placement === "thread") return onThread(session, p99Us);
  await session.close();
  return inWorker(path, session.signature, p99Us);
}

/** The signature of an ONNX file, read by loading it. */
export async function signatureOf(path: string): Promise<Signature> {
  const session = await openSession(path);
  await session.close();
  return session.signature;
}

/** p99 of one-row runs, microseconds; of the calmest of up to three rounds, because other programs on the machine only ever add time. */
async function measure(session: OnnxSession): Promise<number> {
  const columns = Object.fromEntries(session.signature.inputs.map((column) => [column.name, allocate(column.datatype, 1)]));
  const once = async (): Promise<number> => {
    // The binding runs in an immediate of its own; ours is queued just before it, so that other work of the loop is not measured.
    let startMs = performance.now();
    setImmediate(() => (startMs = performance.now()));
    await session.run({ rows: 1, columns });
    return (performance.now() - startMs) * 1000;
  };
  for (let i = 0; i < 10; i++) await once();
  let calmest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3 && calmest >= threadLimitUs; round++) {
    const times: number[] = [];
    for (let i = 0; i < warmUpRuns; i++) times.push(await once());
    times.sort((a, b) => a - b);
    calmest = Math.min(calmest, times[Math.ceil(times.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY);
  }
  return calmest;
}

const closedError = (): CapstanError => new CapstanError("CAP-MODEL-004", { problem: "the runtime is closed" });

function onThread(session: OnnxSession, p99Us: number): Runtime {
  let running = 0;
  let closing: (() => void) | undefined;
  let closed: Promise<void> | undefined;
  return {
    signature: session.signature,
    warmUp: { p99Us, placement: "thread" },
    async predict(batch) {
      if (closed) throw closedError();
      running++;
      try {
        return await session.run(batch);
      } finally {
        running--;
        if (running === 0) closing?.();
      }
    },
    close() {
      closed ??= (async () => {
        if (running > 0) await new Promise<void>((resolve) => (closing = resolve));
        await session.close();
      })();
      return closed;
    },
  };
}

async function inWorker(path: string, signature: Signature, p99Us: number): Promise<Runtime> {
  type Waiting = { resolve(batch: Batch): void; reject(error: Error): void };
  const file = import.meta.url.endsWith(".ts") ? "./onnx-worker.ts" : "./onnx-worker.js";
  const worker = new Worker(new URL(file, import.meta.url), { workerData: { path } });
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let broken: Error | undefined;
  let idle: (() => void) | undefined;
  let closed: Promise<void> | undefined;

  const fail = (error: Error): void => {
    broken = error;
    for (const one of waiting.values()) one.reject(error);
    waiting.clear();
    idle?.();
  };
  await new Promise<void>((resolve, reject) => {
    worker.once("message", (message: WorkerAnswer) =>
      message.error ? reject(new CapstanError(message.error.code, message.error.params)) : resolve(),
    );
    worker.once("error", reject);
  });
  worker.on("message", (message: WorkerAnswer) => {
    const one = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.batch) one?.resolve(message.batch);
    else if (message.error) one?.reject(new CapstanError(message.error.code, message.error.params));
    if (waiting.size === 0) {
      worker.unref();
      idle?.();
    }
  });
  worker.on("error", (error) => fail(new CapstanError("CAP-MODEL-004", { problem: "its thread failed" }, { cause: error })));
  worker.on("exit", () => fail(closedError()));
  worker.unref();

  return {
    signature,
    warmUp: { p99Us, placement: "worker" },
    predict(batch) {
      if (closed || broken) return Promise.reject(broken ?? closedError());
      return new Promise((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, batch });
      });
    },
    close() {
      closed ??= (async () => {
        if (waiting.size > 0) await new Promise<void>((resolve) => (idle = resolve));
        if (!broken) {
          const ended = new Promise((resolve) => worker.once("exit", resolve));
          worker.ref();
          worker.postMessage({ id: 0, close: true });
          await ended;
        }
      })();
      return closed;
    },
  };
}
