import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bench, type Case, type Figure, type NotRun, timed } from "../measure.ts";
import { noPeer, peerDatabase, peerVersion, startPeer, workerCounts } from "../peer-mlflow.ts";
import { askAll, startsOf } from "../search/ask.ts";
import { writesBesidePage } from "../search/beside.ts";
import { figuresOf, type Measured, type Timed } from "../search/figures.ts";
import { fillPostgres } from "../search/fill-postgres.ts";
import { fillStore } from "../search/fill.ts";
import { firstUseOf } from "../search/first-use.ts";
import { queries } from "../search/queries.ts";
import { withTotals } from "../search/with-total.ts";
import { startCapstan, type TrackingServer } from "../tracking/server.ts";

const seed = 20_261_121;
/** Beyond this MLflow would be waited for in vain; above 10k runs it is asked with one worker only, its better way for one client. */
const mostPeerRuns = 100_000;
const limitMs = 30_000;
/** MLflow is broken off here, and has then taken at least so long. */
const peerLimitMs = 60_000;

/** The corpus of 40 searches over MLflow's wire, on stores of the sizes of `--runs`, beside MLflow with one and four workers on the same runs. Every answer is compared. */
export const search: Case = async (bench) => {
  const results: (Figure | NotRun)[] = [];
  for (const runs of bench.runs) results.push(...(await measured(bench, runs)));
  return results;
};

async function measured(bench: Bench, runs: number): Promise<(Figure | NotRun)[]> {
  const folder = join(bench.folder, `search-${runs}`);
  console.error(`  ${runs} runs …`);
  const made = await startCapstan(bench, folder);
  await made.stop();
  fillStore(made.database, runs, seed);

  const capstan = await startCapstan(bench, folder);
  const firstUse = await firstUseOf(capstan);
  const starts = await startsOf(capstan, queries);
  const asked = await askAll(async () => capstan, queries, starts, 5, limitMs);
  const totals = await withTotals(capstan, runs);
  const memoryMb = capstan.residentMb();
  const beside = await writesBesidePage(capstan, Math.min(50_000, runs));
  await capstan.stop();
  return figuresOf({
    runs,
    capstan: { name: capstan.name, asked, limitMs },
    firstUse,
    totals,
    memoryMb,
    beside,
    postgres: await onPostgres(bench, folder, made.database, starts),
    peers: await peersOf(bench, folder, made.database, runs, starts),
    facts: bench.mlflow === undefined ? { peer: noPeer } : {},
  });
}

/** The same runs and questions with the store on PostgreSQL, where that was asked for. */
async function onPostgres(bench: Bench, folder: string, database: string, starts: readonly number[]): Promise<Measured["postgres"]> {
  const url = await bench.postgres?.();
  if (url === undefined) return undefined;
  console.error("  Capstan on PostgreSQL …");
  await fillPostgres(database, url);
  const server = await startCapstan(bench, join(folder, "postgres"), url);
  try {
    const firstUse = await firstUseOf(server);
    return { timed: { name: "PostgreSQL", asked: await askAll(async () => server, queries, starts, 5, limitMs), limitMs }, firstUse };
  } finally {
    await server.stop();
  }
}

/** MLflow over the corpus, on a copy of the store in its own tables. */
async function peersOf(bench: Bench, folder: string, database: string, runs: number, starts: readonly number[]): Promise<Timed[]> {
  const python = bench.mlflow;
  if (python === undefined || runs > mostPeerRuns) return [];
  const version = await peerVersion(python);
  const target = peerDatabase(folder);
  const script = fileURLToPath(new URL("../search/fill-mlflow.py", import.meta.url));
  const filled = await timed(python, [script, database, target], { timeoutMs: 1_800_000 });
  if (filled.code !== 0) throw new Error(filled.stderr.slice(-500));
  const peers: Timed[] = [];
  for (const workers of runs > 10_000 ? [1] : workerCounts) {
    const name = `MLflow ${version}, SQLite, ${workers} worker${workers > 1 ? "s" : ""}`;
    console.error(`  ${name} …`);
    const start = async (): Promise<TrackingServer> => ({
      ...(await startPeer(python, folder, workers)),
      name,
      kind: "mlflow",
      database: target,
    });
    let server = await start();
    const idle = async (late: boolean): Promise<TrackingServer> => {
      if (!late) return server;
      // What nobody waits for any more would go on beside the next question.
      await server.stop();
      server = await start();
      return server;
    };
    try {
      peers.push({ name, asked: await askAll(idle, queries, starts, 1, peerLimitMs), limitMs: peerLimitMs });
    } finally {
      await server.stop();
    }
  }
  return peers;
}
