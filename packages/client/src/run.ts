import { basename, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import type { WirePoint } from "./sender.ts";
import type { FromSender, ToSender, WorkerData } from "./sender-worker.ts";

export type MetricPoint = {
  key: string;
  value: number;
  step?: number;
  /** Milliseconds since 1970; now unless given. */ timestamp?: number;
};

export type Run = {
  /** Null outside Capstan, where nothing is logged. */
  readonly id: string | null;
  /** Nested objects become keys with dots. A param keeps its first value. */
  logParams(params: Readonly<Record<string, unknown>>): void;
  logMetric(key: string, value: number, step?: number): void;
  logMetrics(points: readonly MetricPoint[]): void;
  setTags(tags: Readonly<Record<string, string>>): void;
  /** Keeps a file with the run, under its own name unless another is given. */
  logArtifact(path: string, name?: string): Promise<void>;
  progress(done: number, total?: number | null, unit?: string): void;
  /** Resolves when the server has everything, or the spool has what it could not be given; rejects with the first thing that it did not take. */
  end(status?: "FINISHED" | "FAILED" | "KILLED"): Promise<void>;
};

export type RunOptions = {
  name: string;
  /** `MLFLOW_TRACKING_URI` unless given. */
  uri?: string;
  /** `MLFLOW_TRACKING_TOKEN` unless given. */
  token?: string;
  /** `MLFLOW_EXPERIMENT_ID` unless given. */
  experimentId?: string;
  /** Folder where waits what no server takes, for whoever made it; `CAPSTAN_SPOOL` unless given. */
  spool?: string;
  /** How long a server may be away before what is logged goes to the spool (5000 unless given) or, without one, is given up (60 000). */
  patienceMs?: number;
};

/** More points than this wait for the server only while the caller waits, too. */
const mostWaiting = 200_000;
/** Longer than the patience and one request that is not answered. */
const slackMs = 40_000;

const silent: Run = {
  id: null,
  logParams() {},
  logMetric() {},
  logMetrics() {},
  setTags() {},
  logArtifact: async () => {},
  progress() {},
  end: async () => {},
};

/** Begins a run at the tracking server that the surroundings name; without one, what is logged goes nowhere. */
export async function startRun(options: RunOptions): Promise<Run> {
  const uri = options.uri ?? process.env["MLFLOW_TRACKING_URI"];
  if (!uri || !/^https?:/.test(uri)) return silent;
  const waiting = new Int32Array(new SharedArrayBuffer(4));
  const data: WorkerData = {
    uri,
    name: options.name,
    waiting: waiting.buffer as SharedArrayBuffer,
    spool: options.spool ?? (process.env["CAPSTAN_SPOOL"] || undefined),
    patienceMs: options.patienceMs,
    token: options.token ?? (process.env["MLFLOW_TRACKING_TOKEN"] || undefined),
    experimentId: options.experimentId ?? (process.env["MLFLOW_EXPERIMENT_ID"] || undefined),
  };
  const file = import.meta.url.endsWith(".ts") ? "./sender-worker.ts" : "./sender-worker.js";
  const worker = new Worker(new URL(file, import.meta.url), { workerData: data });

  const longestWaitMs = (options.patienceMs ?? 60_000) + slackMs;
  const asked = new Map<number, { resolve(): void; reject(error: Error): void }>();
  let nextId = 1;
  let id = "";
  const ask = (message: (id: number) => ToSender): Promise<void> =>
    new Promise((resolve, reject) => {
      const number = nextId++;
      asked.set(number, { resolve, reject });
      worker.ref();
      worker.postMessage(message(number));
    });
  const fail = (error: Error): void => {
    for (const one of asked.values()) one.reject(error);
    asked.clear();
  };
  const started = new Promise<void>((resolve, reject) => asked.set(0, { resolve, reject }));
  worker.on("message", (message: FromSender) => {
    if (message.kind === "started") return void (id = message.run);
    const one = asked.get(message.id);
    asked.delete(message.id);
    if (asked.size === 0) worker.unref();
    if (message.error === undefined) one?.resolve();
    else one?.reject(new Error(message.error));
  });
  worker.on("error", (error) => fail(error as Error));
  worker.on("exit", () => fail(new Error("the thread that sends has ended")));
  try {
    await started;
  } catch (error) {
    await worker.terminate();
    throw error;
  }

  let points: WirePoint[] = [];
  let postedMs = Date.now();
  let progressMs = 0;
  let posting = false;
  let ended: Promise<void> | undefined;
  const post = (): void => {
    posting = false;
    if (points.length === 0) return;
    const batch = points;
    points = [];
    postedMs = Date.now();
    const before = Atomics.add(waiting, 0, batch.length);
    worker.postMessage({ kind: "points", points: batch } satisfies ToSender);
    // A loop that logs faster than the server takes it is held here: memory stays bounded and nothing is dropped.
    for (let now = before + batch.length; now > mostWaiting; now = Atomics.load(waiting, 0)) {
      if (Atomics.wait(waiting, 0, now, longestWaitMs) === "timed-out")
        throw new Error(`${now} metric points wait for ${uri}, which has not answered for ${longestWaitMs / 1000} s`);
    }
  };
  const put = (point: MetricPoint): void => {
    if (ended) throw new Error("the run has ended");
    const nowMs = Date.now();
    points.push({ key: point.key, value: point.value, step: point.step ?? 0, timestamp: point.timestamp ?? nowMs });
    if (points.length >= 500 || nowMs - postedMs > 250) post();
    else if (!posting) {
      posting = true;
      queueMicrotask(post);
    }
  };

  const run: Run = {
    id,
    logParams: (params) => worker.postMessage({ kind: "params", texts: flat(params) } satisfies ToSender),
    setTags: (tags) => worker.postMessage({ kind: "tags", texts: Object.entries(tags) } satisfies ToSender),
    logMetric: (key, value, step) => put({ key, value, ...(step !== undefined && { step }) }),
    logMetrics: (all) => all.forEach(put),
    logArtifact: (path, name) => ask((number) => ({ kind: "artifact", id: number, file: resolve(path), name: name ?? basename(path) })),
    progress(done, total = null, unit = "") {
      const nowMs = Date.now();
      if (nowMs - progressMs < 100 && done !== total) return;
      progressMs = nowMs;
      worker.postMessage({ kind: "progress", done, total, unit } satisfies ToSender);
    },
    end: (status = "FINISHED") =>
      (ended ??= (async () => {
        post();
        process.off("beforeExit", atExit);
        try {
          await ask((number) => ({ kind: "end", id: number, status }));
        } finally {
          await worker.terminate();
        }
      })()),
  };
  // A script that forgot to end its run, but came to its own end.
  const atExit = (): void =>
    void run.end(process.exitCode ? "FAILED" : "FINISHED").catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode ||= 1;
    });
  process.once("beforeExit", atExit);
  return run;
}

/** `{a: {b: 1}}` is `a.b`: `1`; lists are JSON. */
function flat(params: Readonly<Record<string, unknown>>, prefix = ""): [string, string][] {
  return Object.entries(params).flatMap(([key, value]): [string, string][] => {
    if (value === undefined) return [];
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return flat(value as Record<string, unknown>, `${prefix}${key}.`);
    return [[prefix + key, typeof value === "string" ? value : JSON.stringify(value)]];
  });
}
