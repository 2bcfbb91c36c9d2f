import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Connection } from "../connection.ts";
import { type Case, type Figure, median, round } from "../measure.ts";
import { linesPerRequest, streamPoints } from "../tracking/points.ts";
import { startCapstan, type TrackingServer } from "../tracking/server.ts";
import { createRun, openConnections } from "../tracking/writes.ts";

const pointsOfRun = 10_000_000;

/** A falling curve with noise in every bit, as a real one has: nothing that compresses well. */
const valueAt = (i: number): number => Math.exp(-i / 3e6) + ((Math.sin(i * 12.9898) * 43_758.5453) % 0.01);
const lineAt = (i: number): string => `{"key":"loss","value":${valueAt(i)},"step":${i},"timeMs":${1_700_000_000_000 + i * 13 + (i % 5)}}\n`;

type Filled = { run: string; seconds: number[]; singles: number[]; sealMs: number };

/** Many millions of points, ten million in each run, as streams of lines: whether writes stay as fast as at first, what a point takes on disk, how long a seal and reading take. */
export const trackingPoints: Case = async (bench) => {
  const total = Math.ceil(bench.points / pointsOfRun) * pointsOfRun;
  const server = await startCapstan(bench, join(bench.folder, "points"));
  try {
    const [connection] = await openConnections(server.url, 1);
    if (!connection) throw new Error("there is no connection");
    const runs: Filled[] = [];
    for (let i = 0; i < total / pointsOfRun; i++) runs.push(await filledRun(server, connection));
    const kept = onDisk(server, runs[runs.length - 1]?.run ?? "");
    if (kept.points !== total || kept.unsealed > 0)
      throw new Error(`${kept.points} points are in blocks, ${kept.unsealed} runs have no seal`);
    const seals = runs.map((one) => one.sealMs);
    return [
      flatness(runs, total, round(server.residentMb(), 0)),
      {
        name: "bytes of a point on disk, everything counted",
        value: round(kept.bytes / total, 2),
        unit: "bytes",
        goal: { text: "12 bytes", holds: kept.bytes / total <= 12 },
        facts: { points: total, blocksOnly: round(kept.blockBytes / total, 2), fileBytes: statSync(server.database).size },
      },
      {
        name: "seal of a run of 10M points, slowest",
        value: round(Math.max(...seals), 1),
        unit: "ms",
        goal: { text: "200 ms", holds: Math.max(...seals) <= 200 },
        facts: { points: pointsOfRun, seals: seals.length, medianMs: round(median(seals), 1), requestIncluded: true },
      },
      ...(await readBack(server, runs)),
    ];
  } finally {
    await server.stop();
  }
};

async function filledRun(server: TrackingServer, connection: Connection): Promise<Filled> {
  const run = await createRun(connection);
  const filled: Filled = { run, seconds: [], singles: [], sealMs: 0 };
  const timed = async (path: string, body: object): Promise<number> => {
    const began = performance.now();
    const answer = await connection.post(`/api/2.0/mlflow/runs/${path}`, body);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
    return performance.now() - began;
  };
  for (let from = 0; from < pointsOfRun; from += linesPerRequest) {
    filled.seconds.push(await streamPoints(server, run, from, linesPerRequest, lineAt));
    filled.singles.push(await timed("log-metric", { run_id: run, key: "other", value: 1, timestamp: from, step: from }));
  }
  filled.sealMs = await timed("update", { run_id: run, status: "FINISHED", end_time: 1_800_000_000_000 });
  return filled;
}

function flatness(runs: readonly Filled[], total: number, memoryMb: number): Figure {
  const [seconds, singles] = [runs.flatMap((one) => one.seconds), runs.flatMap((one) => one.singles)];
  const tenth = seconds.length / 10;
  const rate = (some: readonly number[]): number => linesPerRequest / median(some);
  const [first, last] = [rate(seconds.slice(0, tenth)), rate(seconds.slice(-tenth))];
  return {
    name: `${total / 1e6}M points, the last tenth's speed against the first's`,
    value: round(last / first, 2),
    unit: "share",
    goal: { text: "flat: 0.8 and more", holds: last / first >= 0.8 },
    facts: {
      runs: runs.length,
      firstPointsPerSecond: round(first, 0),
      lastPointsPerSecond: round(last, 0),
      singleMsAtFirst: round(median(singles.slice(0, tenth)), 2),
      singleMsAtLast: round(median(singles.slice(-tenth)), 2),
      memoryMb,
    },
  };
}

function onDisk(server: TrackingServer, lastRun: string): { points: number; blockBytes: number; bytes: number; unsealed: number } {
  const database = new DatabaseSync(server.database, { readOnly: true });
  const number = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0);
  try {
    const ofLast = database.prepare("select sum(points) as points from metric_block where run_id = ? and key = 'loss'").get(lastRun);
    if (Number(ofLast?.["points"]) !== pointsOfRun) throw new Error(`the last run has ${String(ofLast?.["points"])} points in blocks`);
    return {
      points: number("select sum(points) from metric_block where key = 'loss'"),
      blockBytes: number("select sum(length(data)) from metric_block where key = 'loss'"),
      bytes: number(
        "select (page_count - freelist_count) * page_size from pragma_page_count(), pragma_freelist_count(), pragma_page_size()",
      ),
      unsealed: number("select count(*) from run where seal is null"),
    };
  } finally {
    database.close();
  }
}

/** A chart of one run and of ten, and a history, from the filled store; what comes back is compared with what was sent. */
async function readBack(server: TrackingServer, runs: readonly Filled[]): Promise<Figure[]> {
  const run = runs[Math.floor(runs.length / 2)]?.run ?? "";
  const get = async <T>(path: string): Promise<{ ms: number; body: T }> => {
    const connection = new Connection(server.url);
    await connection.opened;
    const began = performance.now();
    const body = await connection.json<T>(connection.get(path));
    const ms = performance.now() - began;
    connection.close();
    return { ms, body };
  };
  type Curves = { series: { points: number; count: number[]; min: number[]; max: number[] }[] };
  const chart = async (some: readonly string[], more = ""): Promise<number[]> => {
    const all: number[] = [];
    for (let i = 0; i < 6; i++) {
      const { ms, body } = await get<Curves>(`/api/v1/p/default/runs/series?run=${some.join(",")}&key=loss&buckets=500${more}`);
      for (const one of body.series)
        if (one.count.reduce((a, b) => a + b, 0) !== one.points || (more === "" && one.points !== pointsOfRun))
          throw new Error(`a curve has ${one.points} points`);
      all.push(ms);
    }
    return all.slice(1);
  };
  const ten = runs.slice(0, 10).map((one) => one.run);
  const charts = await chart([run]);
  const wide = await chart(ten);
  const zoomed = await chart([run], "&fromStep=5000000&toStep=5020000");
  type History = { metrics: { step: number; timestamp: number; value: number }[] };
  const last: number[] = [];
  for (const skipped of [0, pointsOfRun / 2, pointsOfRun - 25_000]) {
    const token = skipped === 0 ? "" : `&page_token=${Buffer.from(JSON.stringify({ offset: skipped })).toString("base64")}`;
    const { ms, body } = await get<History>(`/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=loss&max_results=25000${token}`);
    const wrong = body.metrics.findIndex((one, i) => one.step !== skipped + i || one.value !== valueAt(skipped + i));
    if (wrong >= 0 || body.metrics.length !== 25_000) throw new Error(`the history from ${skipped} on is wrong at ${wrong}`);
    last.push(ms);
  }
  const sampled: number[] = [];
  for (let i = 0; i < 4; i++) {
    const { ms, body } = await get<History>(
      `/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=${run}&metric_key=loss&max_results=320`,
    );
    if (body.metrics.length < 320 || body.metrics.some((one) => one.value !== valueAt(one.step)))
      throw new Error("sampled points are wrong");
    sampled.push(ms);
  }
  return [
    { name: "chart of a run of 10M points", value: round(median(charts), 1), unit: "ms", facts: { buckets: 500, countsChecked: true } },
    { name: `charts of ${ten.length} runs of 10M points`, value: round(median(wide), 1), unit: "ms", facts: { buckets: 500 } },
    { name: "chart of 20 000 steps of 10M", value: round(median(zoomed), 1), unit: "ms", facts: { buckets: 500 } },
    { name: "320 points of 10M, MLflow's wire", value: round(median(sampled.slice(1)), 1), unit: "ms", facts: { valuesChecked: true } },
    {
      name: "25 000 points of a history of 10M, anywhere",
      value: round(Math.max(...last), 1),
      unit: "ms",
      facts: { firstMs: round(last[0] ?? 0, 1), middleMs: round(last[1] ?? 0, 1), lastMs: round(last[2] ?? 0, 1), valuesChecked: true },
    },
  ];
}
