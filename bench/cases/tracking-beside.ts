import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Case, type Figure, round } from "../measure.ts";
import { fillPostgres } from "../search/fill-postgres.ts";
import { fillStore } from "../search/fill.ts";
import { type Beside, openReader, openWriter, type Reader } from "../tracking/beside.ts";
import { exportFor } from "../tracking/export.ts";
import { linesPerRequest, streamPoints } from "../tracking/points.ts";
import { startCapstan, type TrackingServer } from "../tracking/server.ts";
import { createRun, openConnections } from "../tracking/writes.ts";

const runsHeld = 100_000;
const curves = 4;
const pointsOfCurve = 1_000_000;
/** Beside one kind of reading, unless one reading takes longer. */
const leastMs = 4000;
const exportMs = 15_000;
/** Runs with very many metrics, in an experiment of their own. */
const wide = { runs: 250, metrics: 2000 };

/** What holds up whom: small writes over a kept connection while each kind of huge read goes on, on a store of 100k runs and four curves of a million points. */
export const trackingBeside: Case = async (bench) => {
  const folder = join(bench.folder, "beside");
  const made = await startCapstan(bench, folder);
  await made.stop();
  fillStore(made.database, runsHeld, 7);
  const url = await bench.postgres?.();
  if (url !== undefined) await fillPostgres(made.database, url);
  const figures = [await measured(await startCapstan(bench, folder), folder, "")];
  if (url === undefined) return figures;
  const postgres = join(folder, "postgres");
  return [...figures, await measured(await startCapstan(bench, postgres, url), postgres, " on PostgreSQL")];
};

async function measured(server: Awaited<ReturnType<typeof startCapstan>>, folder: string, where: string): Promise<Figure> {
  const reader = openReader();
  const writer = await openWriter(server);
  try {
    const runs = await curveRuns(server);
    const wideExperiment = await wideRuns(server);
    const alone = await writer.beside(() => pause(leastMs, { bytes: 0, ms: 0 }), 0);
    const table: { read: string; measured: Beside }[] = [{ read: "nothing", measured: alone }];
    for (const [read, work] of reads(server, reader, runs, wideExperiment, folder))
      table.push({ read, measured: await writer.beside(work, leastMs) });
    const again = await writer.beside(() => pause(leastMs, { bytes: 0, ms: 0 }), 0);
    table.push({ read: "nothing again", measured: again });
    const idleMs = Math.max(alone.maxMs, again.maxMs);
    const slowest = table.slice(1, -1).reduce((a, b) => (b.measured.maxMs > a.measured.maxMs ? b : a));
    return {
      name: `log-metric beside a huge read, slowest${where}`,
      value: round(slowest.measured.maxMs, 1),
      unit: "ms",
      goal: { text: "50 ms more than alone", holds: slowest.measured.maxMs <= idleMs + 50 },
      facts: {
        beside: slowest.read,
        slowestAloneMs: round(idleMs, 1),
        mostLoopMs: round(Math.max(...table.map((one) => one.measured.loopMs)), 1),
        runs: runsHeld,
        curves,
        pointsOfCurve,
        memoryMb: round(server.residentMb(), 0),
      },
      table: table.map(({ read, measured: one }) => ({
        beside: read,
        writes: one.writes,
        p50Ms: round(one.p50Ms),
        p99Ms: round(one.p99Ms, 1),
        slowestMs: round(one.maxMs, 1),
        loopMs: round(one.loopMs, 1),
        reads: one.times,
        readMs: round(one.readMs, 0),
        answerMb: round(one.answerMb, 1),
      })),
    };
  } finally {
    writer.close();
    await reader.close();
    await server.stop();
  }
}

/** Half of the curves have steps that follow each other, half have not. */
async function curveRuns(server: TrackingServer): Promise<string[]> {
  const [connection] = await openConnections(server.url, 1);
  if (!connection) throw new Error("there is no connection");
  const runs: string[] = [];
  for (let r = 0; r < curves; r++) {
    const run = await createRun(connection);
    runs.push(run);
    const step = (i: number): number => (r % 2 === 0 ? i : 3 * i + (i % 3 === 0 ? 1 : 0));
    const line = (i: number): string =>
      `{"key":"loss","value":${Math.exp(-i / 3e5) + ((Math.sin(i * 12.9898) * 43_758.5453) % 0.01)},"step":${step(i)},"timeMs":${1_700_000_000_000 + i * 13}}\n`;
    for (let from = 0; from < pointsOfCurve; from += linesPerRequest) await streamPoints(server, run, from, linesPerRequest, line);
  }
  connection.close();
  return runs;
}

async function wideRuns(server: TrackingServer): Promise<string> {
  const [connection] = await openConnections(server.url, 1);
  if (!connection) throw new Error("there is no connection");
  const api = "/api/2.0/mlflow";
  const { experiment_id } = await connection.json<{ experiment_id: string }>(
    connection.post(`${api}/experiments/create`, { name: "wide" }),
  );
  for (let r = 0; r < wide.runs; r++) {
    const made = await connection.json<{ run: { info: { run_id: string } } }>(connection.post(`${api}/runs/create`, { experiment_id }));
    const { run_id } = made.run.info;
    for (let from = 0; from < wide.metrics; from += 1000) {
      const metrics = Array.from({ length: 1000 }, (_, i) => ({
        key: `layer_${from + i}/norm`,
        value: Math.sin(r + i),
        timestamp: r,
        step: r,
      }));
      await connection.json(connection.post(`${api}/runs/log-batch`, { run_id, metrics }));
    }
  }
  connection.close();
  return experiment_id;
}

/** What runs of the made store hold. */
const columns = [
  ...["accuracy", "val_accuracy", "loss", "epochs", "train_seconds", "examples", "auc", "f1", "latency_ms"].map((key) => `metrics.${key}`),
  ...["lr", "batch_size", "optimizer", "model", "seed", "dropout", "layers", "dataset", "note", "warmup"].map((key) => `params.${key}`),
  ...["team", "stage"].map((key) => `tags.${key}`),
];

type Work = () => Promise<{ bytes: number; ms: number }>;

function reads({ url }: TrackingServer, reader: Reader, runs: readonly string[], wideExperiment: string, folder: string): [string, Work][] {
  const get =
    (path: string): Work =>
    () =>
      reader.ask({ url: url + path });
  const post =
    (path: string, body: object): Work =>
    () =>
      reader.ask({ url: url + path, body: JSON.stringify(body) });
  const exporting =
    (name: string, experiment: string): Work =>
    async () => ({ bytes: 0, ms: await exportFor(join(folder, "store"), join(folder, `${name}-${exports++}`), experiment, exportMs) });
  let exports = 0;
  const file = (format: string): Work =>
    get(`/api/v1/p/default/runs-file?format=${format}&order=-metrics.accuracy&${columns.map((one) => `columns=${one}`).join("&")}`);
  const named = (name: string): string => runs.map((run) => `${name}=${run}`).join("&");
  const metrics = "/ajax-api/2.0/mlflow/metrics";
  const millions = `${curves} × ${pointsOfCurve / 1e6}M points`;
  return [
    [
      "a search page of 50 000 runs",
      post("/api/2.0/mlflow/runs/search", { experiment_ids: ["1", "2", "3"], max_results: 50_000, order_by: ["metrics.loss ASC"] }),
    ],
    [
      `a search page of ${wide.runs} runs with ${wide.metrics} metrics each`,
      post("/api/2.0/mlflow/runs/search", { experiment_ids: [wideExperiment], max_results: wide.runs }),
    ],
    [
      `the table: ${wide.runs} runs with 200 columns`,
      post("/api/v1/p/default/runs/search", {
        experiment: wideExperiment,
        limit: wide.runs,
        columns: Array.from({ length: 200 }, (_, i) => `metrics.layer_${i * 7}/norm`),
      }),
    ],
    [
      `a list of ${wide.runs} runs with ${wide.metrics} metrics each`,
      get(`/api/v1/p/default/runs?experiment=${wideExperiment}&limit=${wide.runs}`),
    ],
    [`CSV of ${wide.runs} runs with ${wide.metrics} columns`, get(`/api/v1/p/default/runs-file?format=csv&experiment=${wideExperiment}`)],
    ["a history of 1M points", get(`${metrics}/get-history?run_id=${runs[0]}&metric_key=loss`)],
    [`get-history-bulk of ${millions}`, get(`${metrics}/get-history-bulk?${named("run_id")}&metric_key=loss`)],
    [
      `get-history-bulk-interval of ${millions}`,
      get(`${metrics}/get-history-bulk-interval?${named("run_ids")}&metric_key=loss&max_results=2500`),
    ],
    [
      `the same through GraphQL`,
      post("/graphql", {
        query:
          "query Q($data: MlflowGetMetricHistoryBulkIntervalInput!) { mlflowGetMetricHistoryBulkInterval(input: $data) { metrics { key value timestamp step runId } } }",
        variables: { data: { runIds: runs, metricKey: "loss", maxResults: 2500 } },
      }),
    ],
    [`charts of ${millions} in 5000 buckets`, get(`/api/v1/p/default/runs/series?run=${runs.join(",")}&key=loss&buckets=5000`)],
    [`CSV of ${runsHeld} runs with ${columns.length} columns`, file("csv")],
    [`Parquet of ${runsHeld} runs with ${columns.length} columns`, file("parquet")],
    [`an export of ${millions}, 15 s at most`, exporting("curves", "Default")],
    ["an export of 5000 runs, 15 s at most", exporting("runs", "bench-3")],
  ];
}
