import { parentPort, workerData } from "node:worker_threads";
import type { ErrorCode } from "@capstan/contract";
import { toCapstanError } from "../../base/foundation/errors.ts";
import type { Batch } from "./model.ts";
import { openSession } from "./onnx-session.ts";

/** The thread of one session. First message out: `{ready}` or `{id: 0, error}`. Then `{id, batch}` in, `{id, batch}` or `{id, error}` out; `{close: true}` ends it. */
export type WorkerAnswer = {
  id: number;
  ready?: true;
  batch?: Batch;
  error?: { code: ErrorCode; params: Record<string, string | number> };
};

const port = parentPort;
if (!port) throw new Error("this file is the body of a worker thread");
const say = (answer: WorkerAnswer): void => port.postMessage(answer);
const problem = (error: unknown): NonNullable<WorkerAnswer["error"]> => {
  const known = toCapstanError(error);
  return { code: known.code, params: { ...known.params } };
};

try {
  const session = await openSession((workerData as { path: string }).path);
  port.on("message", async (message: { id: number; batch?: Batch; close?: true }) => {
    if (message.close) {
      await session.close();
      port.close();
      return;
    }
    try {
      if (message.batch) say({ id: message.id, batch: await session.run(message.batch) });
    } catch (error) {
      say({ id: message.id, error: problem(error) });
    }
  });
  say({ id: 0, ready: true });
} catch (error) {
  say({ id: 0, error: problem(error) });
}
