import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { Connection } from "../connection.ts";
import { median } from "../measure.ts";
import { processorMs } from "./memory.ts";
import type { TrackingServer } from "./server.ts";
import { createRun, openConnections } from "./writes.ts";

export const curveRuns = 10;
export const curvePoints = 100_000;

export type CurveTimes = {
  /** Of 100k points over MLflow's wire, in pages of 25 000 as its clients read. */
  historyMs: number;
  /** 10 runs × 100k points in 320 points each, as MLflow's pages ask. */
  wireChartMs: number;
  /** The same by our own operation; MLflow has none. */
  chartMs: number | undefined;
  historyDigest: string;
  chartDigest: string;
  /** What the server works for one answer, on all of its threads: says more than the time where the machine has other work. */
  processorMs: { history: number; wireChart: number; chart: number };
};

const valueAt = (run: number, step: number): number => Math.exp(-step / 30_000) + ((step * 7919 + run * 31) % 1000) / 10_000;
const timeAt = (step: number): number => 1_700_000_000_000 + step * 40 + (step % 7);

/** Ten runs with a curve of 100k points each: through the wire, or (where that takes minutes) as rows of the peer's own table. */
async function fill({ url, kind, database }: TrackingServer): Promise<string[]> {
  const [connection] = await openConnections(url, 1);
  if (!connection) throw new Error("there is no connection");
  const runs: string[] = [];
  for (let i = 0; i < curveRuns; i++) runs.push(await createRun(connection));
  if (kind === "capstan") {
    for (const [r, run] of runs.entries()) {
      for (let from = 0; from < curvePoints; from += 1000) {
        const metrics = Array.from({ length: 1000 }, (_, i) => ({
          key: "loss",
          value: valueAt(r, from + i),
          timestamp: timeAt(from + i),
          step: from + i,
        }));
        const { status } = await connection.post("/api/2.0/mlflow/runs/log-batch", { run_id: run, metrics });
        if (status !== 200) throw new Error(`log-batch answered ${status}`);
      }
    }
  } else fillRows(database, runs);
  connection.close();
  return runs;
}

function fillRows(path: string, runs: readonly string[]): void {
  const database = new DatabaseSync(path, { timeout: 30_000 });
  const add = database.prepare("insert into metrics (key, value, timestamp, run_uuid, step, is_nan) values ('loss', ?, ?, ?, ?, 0)");
  const latest = database.prepare(
    "insert into latest_metrics (key, value, timestamp, step, is_nan, run_uuid) values ('loss', ?, ?, ?, 0, ?)",
  );
  for (const [r, run] of runs.entries()) {
    database.exec("begin");
    for (let i = 0; i < curvePoints; i++) add.run(valueAt(r, i), timeAt(i), run, i);
    latest.run(valueAt(r, curvePoints - 1), timeAt(curvePoints - 1), curvePoints - 1, run);
    database.exec("commit");
  }
  database.close();
}

const digestOf = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");
type WirePoint = { step: number; timestamp: number; value: number; run_id?: string };

async function history(connection: Connection, run: string): Promise<WirePoint[]> {
  const all: WirePoint[] = [];
  for (let token = ""; ;) {
    const page = await connection.json<{ metrics: WirePoint[]; next_page_token?: string }>(
      connection.get(
        `/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=loss&max_results=25000${token && `&page_token=${encodeURIComponent(token)}`}`,
      ),
    );
    for (const one of page.metrics) all.push(one);
    if (!page.next_page_token) return all;
    token = page.next_page_token;
  }
}

export async function measureCurves(server: TrackingServer): Promise<CurveTimes> {
  const runs = await fill(server);
  const timed = async <T>(
    times: number,
    work: (connection: Connection) => Promise<T>,
  ): Promise<{ ms: number; processorMs: number; last: T }> => {
    const ms: number[] = [];
    let worked = 0;
    for (let i = 0; ; i++) {
      if (i === 1) worked = processorMs(server.child?.pid ?? 0);
      const [connection] = await openConnections(server.url, 1);
      if (!connection) throw new Error("there is no connection");
      const began = performance.now();
      const last = await work(connection);
      // The first is not counted.
      if (i > 0) ms.push(performance.now() - began);
      connection.close();
      if (i === times) return { ms: median(ms), processorMs: (processorMs(server.child?.pid ?? 0) - worked) / times, last };
    }
  };
  const times = server.kind === "capstan" ? 7 : 2;
  const read = await timed(times, (connection) => history(connection, runs[3] ?? ""));
  const ids = runs.map((run) => `run_ids=${run}`).join("&");
  const wire = await timed(times, (connection) =>
    connection.json<{ metrics: WirePoint[] }>(
      connection.get(`/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?${ids}&metric_key=loss&max_results=320`),
    ),
  );
  const own =
    server.kind === "capstan"
      ? await timed(times, (connection) =>
          connection.json<{ series: { points: number; count: number[]; min: number[]; max: number[] }[] }>(
            connection.get(`/api/v1/p/default/runs/series?run=${runs.join(",")}&key=loss&buckets=500`),
          ),
        )
      : undefined;
  for (const [r, one] of (own?.last.series ?? []).entries()) {
    const values = Array.from({ length: curvePoints }, (_, i) => valueAt(r, i));
    const sum = one.count.reduce((a, b) => a + b, 0);
    if (one.points !== curvePoints || sum !== curvePoints) throw new Error(`the chart counts ${one.points} and ${sum} points`);
    const least = values.reduce((a, b) => Math.min(a, b));
    const greatest = values.reduce((a, b) => Math.max(a, b));
    if (Math.min(...one.min) !== least || Math.max(...one.max) !== greatest) throw new Error("the chart lost an extreme");
  }
  return {
    historyMs: read.ms,
    wireChartMs: wire.ms,
    chartMs: own?.ms,
    processorMs: { history: read.processorMs, wireChart: wire.processorMs, chart: own?.processorMs ?? 0 },
    historyDigest: digestOf(read.last.map((one) => [one.step, one.timestamp, one.value])),
    chartDigest: digestOf(wire.last.metrics.map((one) => [runs.indexOf(one.run_id ?? ""), one.step, one.timestamp, one.value])),
  };
}
