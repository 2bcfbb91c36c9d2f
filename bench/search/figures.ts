import { loadavg } from "node:os";
import { type Figure, quantile, round } from "../measure.ts";
import type { Asked } from "./ask.ts";
import type { Beside } from "./beside.ts";
import type { FirstUse } from "./first-use.ts";
import { queries } from "./queries.ts";
import type { WithTotal } from "./with-total.ts";

/** What one server took for the corpus. `ms` of what was not answered is the limit: then it is at least that. */
export type Timed = { name: string; asked: Asked[]; limitMs: number };
export type Measured = {
  runs: number;
  capstan: Timed;
  firstUse: FirstUse;
  totals: WithTotal;
  /** The same with the store on PostgreSQL. */
  postgres: { timed: Timed; firstUse: FirstUse } | undefined;
  memoryMb: number;
  beside: Beside;
  peers: readonly Timed[];
  facts: Readonly<Record<string, string | number>>;
};

const timesOf = ({ asked, limitMs }: Timed): number[] => asked.map((one) => one.ms ?? limitMs);
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

/** How many times faster than the faster of the peers, per query. An answer that no peer gave within its limit makes it a lower bound. */
function compared(own: Timed, peers: readonly Timed[]) {
  const ownMs = timesOf(own);
  const answered = (i: number): Timed[] => peers.filter(({ asked }) => asked[i]?.ms !== undefined);
  const best = queries.map((_, i) => Math.min(...peers.map((peer) => peer.asked[i]?.ms ?? peer.limitMs)));
  const times = queries.map((_, i) => (best[i] ?? 0) / (ownMs[i] ?? 1));
  const late = queries.map((_, i) => answered(i).length === 0);
  const differ = queries.filter((_, i) => answered(i).some(({ asked }) => asked[i]?.digest !== own.asked[i]?.digest));
  const worst = times.indexOf(Math.min(...times));
  return { best, times, late, differ, worst, sumTimes: sum(best) / sum(ownMs) };
}

const textOf = (query: (typeof queries)[number]): string =>
  `${query.filter || "all"} | ${query.orderBy.join(", ") || "newest"} | experiments ${query.experiments.join(" ")} | page ${query.page}`;

export function figuresOf({ runs, capstan, firstUse, totals, postgres, memoryMb, beside, peers, facts }: Measured): Figure[] {
  const own = timesOf(capstan);
  const against = peers.length > 0 ? compared(capstan, peers) : undefined;
  if (against && against.differ.length > 0)
    throw new Error(`${against.differ.length} answers differ from MLflow's: ${JSON.stringify(against.differ[0])}`);
  const elsewhere = postgres && queries.filter((_, i) => postgres.timed.asked[i]?.digest !== capstan.asked[i]?.digest);
  if (elsewhere && elsewhere.length > 0)
    throw new Error(`${elsewhere.length} answers differ on PostgreSQL: ${JSON.stringify(elsewhere[0])}`);
  const onPostgres = postgres && timesOf(postgres.timed);
  const wanted = runs >= 100_000 ? 500 : 50;
  const peerLate = against?.late.filter(Boolean).length ?? 0;
  const table = queries.map((query, i) => ({
    query: textOf(query),
    runs: capstan.asked[i]?.runs ?? 0,
    capstanMs: round(own[i] ?? 0, 1),
    ...(onPostgres && { postgresMs: round(onPostgres[i] ?? 0, 1) }),
    ...Object.fromEntries(
      peers.map(({ name, asked, limitMs }) => [name, asked[i]?.ms === undefined ? `over ${limitMs}` : round(asked[i].ms, 0)]),
    ),
    ...(against && { times: `${against.late[i] ? "over " : ""}${round(against.times[i] ?? 0, 0)}` }),
  }));
  const slowest = ({ columns }: FirstUse) => columns.reduce((most, one) => (one.ms > most.ms ? one : most));
  const slowestColumn = slowest(firstUse);
  const million = runs >= 1_000_000;
  return [
    {
      name: `searches at ${runs} runs, sum over the corpus`,
      value: round(sum(own), 0),
      unit: "ms",
      ...(onPostgres && { postgres: round(sum(onPostgres), 0) }),
      ...(against && {
        goal: { text: `${wanted} × MLflow`, holds: against.sumTimes >= wanted },
        peers: Object.fromEntries(peers.map((peer) => [peer.name, `${peerLate > 0 ? "over " : ""}${round(sum(timesOf(peer)), 0)} ms`])),
      }),
      facts: {
        ...facts,
        queries: queries.length,
        load: round(loadavg()[0] ?? 0, 1),
        memoryMb: round(memoryMb, 0),
        ...(against && {
          // Where MLflow did not answer in time its limit counts, so that all of these are lower bounds.
          ...(peerLate > 0 && { lowerBounds: true }),
          times: round(against.sumTimes, 0),
          medianTimes: round(quantile(against.times, 0.5), 0),
          worstTimes: round(against.times[against.worst] ?? 0, 0),
          worstQuery: textOf(queries[against.worst] ?? { experiments: [], filter: "", orderBy: [], page: 1 }),
          answersCompared: queries.length - peerLate,
          answersDiffering: against.differ.length,
          peerNotInTime: peerLate,
        }),
      },
      table,
    },
    {
      name: `searches at ${runs} runs, p50`,
      value: round(quantile(own, 0.5), 1),
      unit: "ms",
      ...(onPostgres && { postgres: round(quantile(onPostgres, 0.5), 1) }),
      ...(million && { goal: { text: "50 ms", holds: quantile(own, 0.5) <= 50 } }),
      facts: {},
    },
    {
      name: `searches at ${runs} runs, p99`,
      value: round(quantile(own, 0.99), 1),
      unit: "ms",
      ...(onPostgres && { postgres: round(quantile(onPostgres, 0.99), 1) }),
      ...(million && { goal: { text: "300 ms", holds: quantile(own, 0.99) <= 300 } }),
      facts: {},
    },
    {
      name: `pages of our own table with the exact total at ${runs} runs, p50`,
      value: round(quantile(totals.ms, 0.5), 1),
      unit: "ms",
      ...(million && { goal: { text: "50 ms, p99 300 ms", holds: quantile(totals.ms, 0.5) <= 50 && quantile(totals.ms, 0.99) <= 300 } }),
      facts: { p99Ms: round(quantile(totals.ms, 0.99), 1), totalsChecked: totals.checked },
    },
    {
      name: `first search by a column at ${runs} runs, slowest of ${firstUse.columns.length}`,
      value: round(slowestColumn.ms, 0),
      unit: "ms",
      ...(postgres && { postgres: round(slowest(postgres.firstUse).ms, 0) }),
      goal: { text: "1 s", holds: slowestColumn.ms <= 1000 },
      facts: {
        column: slowestColumn.name,
        medianMs: round(
          quantile(
            firstUse.columns.map((one) => one.ms),
            0.5,
          ),
          0,
        ),
        firstOfAllMs: round(firstUse.runsMs, 0),
      },
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
