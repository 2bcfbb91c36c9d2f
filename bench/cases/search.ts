import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bench, type Case, type Figure, type NotRun, quantile, round, timed } from "../measure.ts";
import { noPeer, peerDatabase, peerVersion, startPeer, workerCounts } from "../peer-mlflow.ts";
import { type Asked, askAll, startsOf } from "../search/ask.ts";
import { fillStore } from "../search/fill.ts";
import { queries } from "../search/queries.ts";
import { startCapstan } from "../tracking/server.ts";

const seed = 20_261_121;
/** Filling MLflow's store beyond this, and waiting for it, takes hours. */
const mostPeerRuns = 100_000;
const limitMs = 60_000;

/** The corpus of 40 searches over MLflow's wire, on stores of the sizes of `--runs`, beside MLflow with one and four workers on the same runs. Every answer is compared. */
export const search: Case = async (bench) => {
  const results: (Figure | NotRun)[] = [];
  for (const runs of bench.runs) results.push(...(await measured(bench, runs)));
  return results;
};

type Peer = { name: string; asked: Asked[] };

async function measured(bench: Bench, runs: number): Promise<(Figure | NotRun)[]> {
  const folder = join(bench.folder, `search-${runs}`);
  console.error(`  ${runs} runs …`);
  const made = await startCapstan(bench, folder);
  await made.stop();
  fillStore(made.database, runs, seed);

  const capstan = await startCapstan(bench, folder);
  const beganFirst = performance.now();
  const first = await askAll(
    capstan,
    queries,
    queries.map(() => 0),
    1,
    limitMs,
  );
  const firstSeconds = (performance.now() - beganFirst) / 1000;
  const starts = await startsOf(capstan, queries);
  const times = await askAll(capstan, queries, starts, 5, limitMs);
  const memoryMb = capstan.residentMb();
  await capstan.stop();

  const peers: Peer[] = [];
  if (bench.mlflow !== undefined && runs <= mostPeerRuns) {
    const version = await peerVersion(bench.mlflow);
    const target = peerDatabase(folder);
    const script = fileURLToPath(new URL("../search/fill-mlflow.py", import.meta.url));
    const filled = await timed(bench.mlflow, [script, made.database, target], { timeoutMs: 1_800_000 });
    if (filled.code !== 0) throw new Error(filled.stderr.slice(-500));
    for (const workers of workerCounts) {
      const name = `MLflow ${version}, SQLite, ${workers} worker${workers > 1 ? "s" : ""}`;
      console.error(`  ${name} …`);
      const server = await startPeer(bench.mlflow, folder, workers);
      try {
        const rounds = runs > 10_000 ? 1 : 2;
        peers.push({ name, asked: await askAll({ ...server, name, kind: "mlflow", database: target }, queries, starts, rounds, limitMs) });
      } finally {
        await server.stop();
      }
    }
  }
  const slowestFirst = Math.max(...first.map((one) => one.ms ?? limitMs));
  return figuresOf(runs, times, peers, {
    memoryMb: round(memoryMb, 0),
    firstSeconds: round(firstSeconds, 1),
    slowestFirstMs: round(slowestFirst, 0),
    ...(bench.mlflow === undefined && { peer: noPeer }),
  });
}

/** The times of one server over the corpus; what was not answered in time counts as the limit. */
const timesOf = (asked: readonly Asked[]): number[] => asked.map((one) => one.ms ?? limitMs);
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

function figuresOf(runs: number, times: readonly Asked[], peers: readonly Peer[], facts: Record<string, string | number>): Figure[] {
  const wrong = queries.filter((_, i) => peers.some(({ asked }) => asked[i]?.ms !== undefined && asked[i]?.digest !== times[i]?.digest));
  if (wrong.length > 0) throw new Error(`${wrong.length} answers differ from MLflow's: ${JSON.stringify(wrong[0])}`);
  const own = timesOf(times);
  const best = queries.map((_, i) => Math.min(...peers.map(({ asked }) => asked[i]?.ms ?? limitMs)));
  const factor = sum(best) / sum(own);
  const late = queries.filter((_, i) => peers.length > 0 && peers.every(({ asked }) => asked[i]?.ms === undefined)).length;
  const wanted = runs >= 100_000 ? 500 : 50;
  const table = queries.map((query, i) => ({
    query: `${query.filter || "all"} | ${query.orderBy.join(", ") || "newest"} | experiments ${query.experiments.join(" ")} | page ${query.page}`,
    runs: times[i]?.runs ?? 0,
    capstanMs: round(own[i] ?? 0, 1),
    ...Object.fromEntries(peers.map(({ name, asked }) => [name, asked[i]?.ms === undefined ? `over ${limitMs}` : round(asked[i].ms, 0)])),
  }));
  const peer = peers.length > 0;
  return [
    {
      name: `searches at ${runs} runs, sum over the corpus`,
      value: round(sum(own), 0),
      unit: "ms",
      ...(peer && {
        goal: { text: `${wanted} × MLflow`, holds: factor >= wanted },
        peers: Object.fromEntries(peers.map(({ name, asked }) => [name, `${round(sum(timesOf(asked)), 0)} ms`])),
      }),
      facts: {
        ...facts,
        queries: queries.length,
        ...(peer && {
          times: round(factor, 0),
          medianTimes: round(
            quantile(
              own.map((ms, i) => (best[i] ?? 0) / ms),
              0.5,
            ),
            0,
          ),
          answersCompared: queries.length - late,
          peerOver60s: late,
        }),
      },
      table,
    },
    {
      name: `searches at ${runs} runs, p50`,
      value: round(quantile(own, 0.5), 1),
      unit: "ms",
      ...(runs >= 1_000_000 && { goal: { text: "50 ms", holds: quantile(own, 0.5) <= 50 } }),
      facts: {},
    },
    {
      name: `searches at ${runs} runs, p99`,
      value: round(quantile(own, 0.99), 1),
      unit: "ms",
      ...(runs >= 1_000_000 && { goal: { text: "300 ms", holds: quantile(own, 0.99) <= 300 } }),
      facts: {},
    },
  ];
}
