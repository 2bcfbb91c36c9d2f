import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Case, median, round } from "../measure.ts";
import { startCapstan } from "../tracking/server.ts";
import { createRun, openConnections } from "../tracking/writes.ts";

const total = 10_000_000;
const linesPerRequest = 50_000;

/** A falling curve with noise in every bit, as a real one has: nothing that compresses well. */
const valueAt = (i: number): number => Math.exp(-i / 3e6) + ((Math.sin(i * 12.9898) * 43_758.5453) % 0.01);

/** Ten million points of one metric in one run, as a stream of lines: whether writes stay as fast as at first, what a point takes on disk, and how long the seal takes. */
export const trackingPoints: Case = async (bench) => {
  const server = await startCapstan(bench, join(bench.folder, "points"));
  try {
    const [connection] = await openConnections(server.url, 1);
    if (!connection) throw new Error("there is no connection");
    const run = await createRun(connection);
    const seconds: number[] = [];
    let singles: number[] = [];
    const firstSingles: number[] = [];
    for (let from = 0; from < total; from += linesPerRequest) {
      let body = "";
      for (let i = from; i < from + linesPerRequest; i++)
        body += `{"key":"loss","value":${valueAt(i)},"step":${i},"timeMs":${1_700_000_000_000 + i * 13 + (i % 5)}}\n`;
      const began = performance.now();
      const answer = await fetch(`${server.url}/api/v1/p/default/runs/${run}/metrics?stream=bench&offset=${from}`, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body,
      });
      const text = await answer.text();
      if (!text.includes('"done":true')) throw new Error(text.slice(-300));
      seconds.push((performance.now() - began) / 1000);
      const again = performance.now();
      const { status } = await connection.post("/api/2.0/mlflow/runs/log-metric", {
        run_id: run,
        key: "other",
        value: 1,
        timestamp: from,
        step: from,
      });
      if (status !== 200) throw new Error(`log-metric answered ${status}`);
      (from < total / 10 ? firstSingles : singles).push(performance.now() - again);
    }
    const tenth = seconds.length / 10;
    const rate = (some: readonly number[]): number => linesPerRequest / median(some);
    const [first, last] = [rate(seconds.slice(0, tenth)), rate(seconds.slice(-tenth))];
    singles = singles.slice(-tenth);
    const began = performance.now();
    const ended = await connection.post("/api/2.0/mlflow/runs/update", { run_id: run, status: "FINISHED", end_time: 1_800_000_000_000 });
    const sealMs = performance.now() - began;
    if (ended.status !== 200) throw new Error(`the end was answered ${ended.status}: ${ended.body.toString().slice(0, 300)}`);
    connection.close();
    const database = new DatabaseSync(server.database, { readOnly: true });
    const kept = database
      .prepare("select sum(points) as points, sum(length(data)) as bytes from metric_block where run_id = ? and key = 'loss'")
      .get(run) as { points: number; bytes: number };
    const sealed = database.prepare("select seal from run where id = ?").get(run) as { seal: string | null };
    database.exec("pragma query_only = 1");
    const pages = database.prepare("select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()").get() as {
      bytes: number;
    };
    const free = database.prepare("select freelist_count * page_size as bytes from pragma_freelist_count(), pragma_page_size()").get() as {
      bytes: number;
    };
    database.close();
    if (kept.points !== total || sealed.seal === null) throw new Error(`${kept.points} points are in blocks, seal ${sealed.seal}`);
    const bytes = (pages.bytes - free.bytes) / total;
    return [
      {
        name: "10M points of one run, the last million against the first",
        value: round(last / first, 2),
        unit: "share",
        goal: { text: "flat: 0.8 and more", holds: last / first >= 0.8 },
        facts: {
          firstPointsPerSecond: round(first, 0),
          lastPointsPerSecond: round(last, 0),
          singleMsAtFirst: round(median(firstSingles), 2),
          singleMsAtLast: round(median(singles), 2),
          memoryMb: round(server.residentMb(), 0),
        },
      },
      {
        name: "bytes of a point on disk, everything counted",
        value: round(bytes, 2),
        unit: "bytes",
        goal: { text: "12 bytes", holds: bytes <= 12 },
        facts: { points: kept.points, blocksOnly: round(kept.bytes / kept.points, 2), fileBytes: statSync(server.database).size },
      },
      {
        name: "seal of a run of 10M points",
        value: round(sealMs, 1),
        unit: "ms",
        goal: { text: "200 ms", holds: sealMs <= 200 },
        facts: { points: total, requestIncluded: true },
      },
    ];
  } finally {
    await server.stop();
  }
};
