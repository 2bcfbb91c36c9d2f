import { createHash } from "node:crypto";
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { Connection } from "../connection.ts";
import { median, quantile } from "../measure.ts";
import type { TrackingServer } from "./server.ts";

export type WriteTimes = {
  singleMs: number;
  singleP99Ms: number;
  /** One small append with its sync by the client itself, some after each few writes: the disk at the same time, and neither waits for what the other left to do. */
  syncMs: number;
  eightPerSecond: number;
  batchPointsPerSecond: number;
  batchFourPointsPerSecond: number;
  createPerSecond: number;
  createEightPerSecond: number;
  /** Of what came back after the single writes: equal for all servers. */
  digest: string;
};

const api = "/api/2.0/mlflow";
const startMs = 1_700_000_000_000;
const [rounds, singlesPerRound, syncsPerRound] = [20, 25, 10];
const warmingSingles = 500;
const seconds = 3;

export async function openConnections(url: string, count: number): Promise<Connection[]> {
  const all = Array.from({ length: count }, () => new Connection(url));
  await Promise.all(all.map((one) => one.opened));
  return all;
}

export async function createRun(connection: Connection): Promise<string> {
  const made = await connection.json<{ run: { info: { run_id: string } } }>(
    connection.post(`${api}/runs/create`, { experiment_id: "0", start_time: startMs, tags: [{ key: "team", value: "bench" }] }),
  );
  return made.run.info.run_id;
}

const written = async (connection: Connection, path: string, body: object): Promise<void> => {
  const { status, body: answer } = await connection.post(path, body);
  if (status !== 200) throw new Error(`${path}: ${status} ${answer.toString().slice(0, 300)}`);
};

/** How often `work` ends per second, on so many connections at once, for about three seconds after one that is not counted. Each connection has a run of its own. */
async function perSecond(
  url: string,
  count: number,
  work: (connection: Connection, run: string, i: number) => Promise<void>,
): Promise<number> {
  const connections = await openConnections(url, count);
  const runs = await Promise.all(connections.map(createRun));
  let next = 0;
  const phase = async (forSeconds: number): Promise<number> => {
    let done = 0;
    const began = performance.now();
    const until = began + forSeconds * 1000;
    await Promise.all(
      connections.map(async (connection, c) => {
        for (; performance.now() < until; done++) await work(connection, runs[c] ?? "", next++);
      }),
    );
    return done / ((performance.now() - began) / 1000);
  };
  try {
    await phase(1);
    return await phase(seconds);
  } finally {
    for (const connection of connections) connection.close();
  }
}

const point = (run: string, i: number): object => ({
  run_id: run,
  key: "loss",
  value: 1 / (i + 1),
  timestamp: startMs + i * 1000,
  step: i,
});

/** 1000 metrics: 10 keys, 100 metric steps each, as training loops send them. */
const batch = (run: string, from: number): object => ({
  run_id: run,
  metrics: Array.from({ length: 1000 }, (_, i) => {
    const step = from * 100 + Math.floor(i / 10);
    return { key: `metric_${i % 10}`, value: Math.sin(step) + (i % 10), timestamp: startMs + step, step };
  }),
});

export async function measureWrites({ url, database }: TrackingServer): Promise<WriteTimes> {
  const logBatch = (connection: Connection, run: string, i: number): Promise<void> =>
    written(connection, `${api}/runs/log-batch`, batch(run, i));
  const logMetric = (connection: Connection, run: string, i: number): Promise<void> =>
    written(connection, `${api}/runs/log-metric`, point(run, i));
  const create = async (connection: Connection): Promise<void> => void (await createRun(connection));
  return {
    ...(await measureSingle(url, dirname(database))),
    eightPerSecond: await perSecond(url, 8, logMetric),
    batchPointsPerSecond: 1000 * (await perSecond(url, 1, logBatch)),
    batchFourPointsPerSecond: 1000 * (await perSecond(url, 4, logBatch)),
    createPerSecond: await perSecond(url, 1, create),
    createEightPerSecond: await perSecond(url, 8, create),
  };
}

async function measureSingle(url: string, folder: string): Promise<Pick<WriteTimes, "singleMs" | "singleP99Ms" | "syncMs" | "digest">> {
  const [connection] = await openConnections(url, 1);
  if (!connection) throw new Error("there is no connection");
  const file = openSync(join(folder, "sync-beside"), "w");
  const piece = Buffer.alloc(512, 1);
  const syncs: number[] = [];
  try {
    const run = await createRun(connection);
    const times: number[] = [];
    let next = 0;
    const write = async (): Promise<number> => {
      const began = performance.now();
      await written(connection, `${api}/runs/log-metric`, point(run, next++));
      return performance.now() - began;
    };
    for (let i = 0; i < warmingSingles; i++) await write();
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < singlesPerRound; i++) times.push(await write());
      for (let i = 0; i < syncsPerRound; i++) {
        const began = performance.now();
        writeSync(file, piece);
        fdatasyncSync(file);
        syncs.push(performance.now() - began);
      }
    }
    const history = await connection.json<{ metrics: { step: number; timestamp: number; value: number }[] }>(
      connection.get(`${api}/metrics/get-history?run_id=${run}&metric_key=loss&max_results=25000`),
    );
    const digest = createHash("sha256")
      .update(JSON.stringify(history.metrics.map((m) => [m.step, m.timestamp, m.value])))
      .digest("hex");
    return { singleMs: median(times), singleP99Ms: quantile(times, 0.99), syncMs: median(syncs), digest };
  } finally {
    closeSync(file);
    connection.close();
  }
}
