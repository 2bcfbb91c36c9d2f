import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bench, type Case, type Figure, type NotRun, quantile, round, timed } from "../measure.ts";
import { noPeer, peerDatabase, peerVersion, startPeer, workerCounts } from "../peer-mlflow.ts";
import { type Asked, askAll, startsOf } from "../search/ask.ts";
import { type Beside, writesBesidePage } from "../search/beside.ts";
import { fillStore } from "../search/fill.ts";
import { queries } from "../search/queries.ts";
import { startCapstan } from "../tracking/server.ts";

const seed = 20_261_121;
/** Beyond this MLflow would be waited for in vain; above 10k runs it is asked with one worker only, its better way for one client. */
const mostPeerRuns = 100_000;
const limitMs = 30_000;

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
    async () => capstan,
    queries,
    queries.map(() => 0),
    1,
    limitMs,
  );
  const firstSeconds = (performance.now() - beganFirst) / 1000;
  const starts = await startsOf(capstan, queries);
  const times = await askAll(async () => capstan, queries, starts, 5, limitMs);
  const memoryMb = capstan.residentMb();
  const beside = await writesBesidePage(capstan, Math.min(50_000, runs));
  await capstan.stop();

  const peers: Peer[] = [];
  const python = bench.mlflow;
  if (python !== undefined && runs <= mostPeerRuns) {
    const version = await peerVersion(python);
    const target = peerDatabase(folder);
    const script = fileURLToPath(new URL("../search/fill-mlflow.py", import.meta.url));
    const filled = await timed(python, [script, made.database, target], { timeoutMs: 1_800_000 });
    if (filled.code !== 0) throw new Error(filled.stderr.slice(-500));
    for (const workers of runs > 10_000 ? [1] : workerCounts) {
      const name = `MLflow ${version}, SQLite, ${workers} worker${workers > 1 ? "s" : ""}`;
      console.error(`  ${name} …`);
      const start = async () => ({ ...(await startPeer(python, folder, workers)), name, kind: "mlflow" as const, database: target });
      let server = await start();
      const idle = async (late: boolean) => {
        if (!late) return server;
        // What nobody waits for any more would go on beside the next question.
        await server.stop();
        server = await start();
        return server;
      };
      try {
        peers.push({ name, asked: await askAll(idle, queries, starts, 1, limitMs) });
      } finally {
        await server.stop();
      }
    }
  }
  const slowestFirst = Math.max(...first.map((one) => one.ms ?? limitMs));
  return figuresOf(runs, times, peers, beside, {
    memoryMb: round(memoryMb, 0),
    firstSeconds: round(firstSeconds, 1),
    slowestFirstMs: round(slowestFirst, 0),
    ...(bench.mlflow === undefined && { peer: noPeer }),
  });
}

/** The times of one server over the corpus; what was not answered in time counts as the limit. */
const timesOf = (asked: readonly Asked[]): number[] => asked.map((one) => one.ms ?? limitMs);
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

function figuresOf(
  runs: number,
  times: readonly Asked[],
  peers: readonly Peer[],
  beside: Beside,
  facts: Record<string, string | number>,
): Figure[] {
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
          peerNotInTime: late,
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
    {
      name: `log-metric beside one answer of ${Math.min(50_000, runs)} runs, slowest`,
      value: round(beside.worstMs, 1),
      unit: "ms",
      goal: { text: "50 ms more than alone", holds: beside.worstMs <= beside.worstAloneMs + 50 },
      facts: { writes: beside.writes, slowestAloneMs: round(beside.worstAloneMs, 1), answerMb: round(beside.answerMb, 1) },
    },
  ];
}
