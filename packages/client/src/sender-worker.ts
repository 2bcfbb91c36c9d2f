import { parentPort, workerData } from "node:worker_threads";
import { Sender, type WirePoint } from "./sender.ts";
import { createTransport } from "./transport.ts";

/** The thread that sends, so that a training loop which never yields still shows its curve. `waiting` counts points that are not settled. */
export type WorkerData = {
  uri: string;
  token: string | undefined;
  name: string;
  experimentId: string | undefined;
  spool: string | undefined;
  patienceMs: number | undefined;
  waiting: SharedArrayBuffer;
};
export type ToSender =
  | { kind: "points"; points: WirePoint[] }
  | { kind: "params" | "tags"; texts: [string, string][] }
  | { kind: "progress"; done: number; total: number | null; unit: string }
  | { kind: "artifact"; id: number; file: string; name: string }
  | { kind: "end"; id: number; status: string };
export type FromSender = { kind: "started"; run: string } | { kind: "answered"; id: number; error?: string };

const data = workerData as WorkerData;
const port = parentPort;
if (!port) throw new Error("this file is the body of a worker thread");
const waiting = new Int32Array(data.waiting);
const sender = new Sender({
  transport: createTransport(data.uri, data.token),
  spool: data.spool,
  patienceMs: data.patienceMs,
  settled(points) {
    Atomics.sub(waiting, 0, points);
    Atomics.notify(waiting, 0);
  },
});
const tell = (message: FromSender): void => port.postMessage(message);
const answer = (id: number, work: Promise<unknown>): void =>
  void work.then(
    () => tell({ kind: "answered", id }),
    (error: unknown) => tell({ kind: "answered", id, error: error instanceof Error ? error.message : String(error) }),
  );

answer(
  0,
  sender.start({ name: data.name, experimentId: data.experimentId }).then((run) => {
    tell({ kind: "started", run });
    port.on("message", (message: ToSender) => {
      switch (message.kind) {
        case "points":
          return sender.points(message.points);
        case "params":
          return sender.params(message.texts);
        case "tags":
          return sender.tags(message.texts);
        case "progress":
          return sender.progress(message.done, message.total, message.unit);
        case "artifact":
          return answer(message.id, sender.artifact(message.file, message.name));
        case "end":
          return answer(message.id, sender.end(message.status));
      }
    });
  }),
);
