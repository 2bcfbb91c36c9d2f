import { createHash } from "node:crypto";
import { Connection } from "../connection.ts";
import { median } from "../measure.ts";
import type { TrackingServer } from "../tracking/server.ts";
import type { Query } from "./queries.ts";

const pageSize = 100;
/** Pages of a walk that is not measured. */
const stride = 10_000;
const path = "/api/2.0/mlflow/runs/search";

type Pair = { key: string; value: string | number };
type Page = {
  runs?: { info: { run_id: string }; data: { metrics?: Pair[]; params?: Pair[]; tags?: Pair[] } }[];
  next_page_token?: string;
};
export type Asked = {
  /** Undefined when there was no answer within the limit. */
  ms: number | undefined;
  /** Of the runs of the page, in their order, with all that they hold. */
  digest: string;
  runs: number;
  bytes: number;
};

const bodyOf = (query: Query, size: number, token: string | undefined): string =>
  JSON.stringify({
    experiment_ids: query.experiments.map(String),
    filter: query.filter,
    order_by: query.orderBy,
    max_results: size,
    ...(token !== undefined && { page_token: token }),
  });

/** How many runs are before each query's page, found by walking there on Capstan. A filter that finds too few for six pages is asked for its last one. */
export async function startsOf(capstan: TrackingServer, queries: readonly Query[]): Promise<number[]> {
  const connection = new Connection(capstan.url);
  await connection.opened;
  const starts: number[] = [];
  for (const query of queries) {
    const most = query.page === "last" ? Number.POSITIVE_INFINITY : query.page * pageSize;
    let found = 0;
    for (let token: string | undefined, begun = false; most > pageSize && found < most && !(begun && token === undefined); begun = true) {
      const page = await connection.json<Page>(connection.post(path, bodyOf(query, Math.min(stride, most), token)));
      found += page.runs?.length ?? 0;
      token = page.next_page_token;
    }
    starts.push(Math.max(0, Math.floor((found - 1) / pageSize) * pageSize));
  }
  connection.close();
  return starts;
}

/** Tokens of MLflow say how many runs to skip; those of Capstan are given with the page before. */
async function tokenOf(connection: Connection, server: TrackingServer, query: Query, before: number): Promise<string | undefined> {
  if (before === 0) return undefined;
  if (server.kind === "mlflow") return Buffer.from(JSON.stringify({ offset: before })).toString("base64");
  let token: string | undefined;
  for (let left = before; left > 0; left -= stride)
    token = (await connection.json<Page>(connection.post(path, bodyOf(query, Math.min(left, stride), token)))).next_page_token;
  return token;
}

/**
 * Asks each query `times` times over one kept connection; the median counts. `starts` says how many runs are before its page, `limitMs` how long an answer is waited
 * for; then `serverNow` is asked for one that has nothing to do.
 */
export async function askAll(
  serverNow: (late: boolean) => Promise<TrackingServer>,
  queries: readonly Query[],
  starts: readonly number[],
  times: number,
  limitMs: number,
): Promise<Asked[]> {
  const asked: Asked[] = [];
  let late = false;
  for (const [i, query] of queries.entries()) {
    const server = await serverNow(late);
    late = false;
    const connection = new Connection(server.url);
    await connection.opened;
    try {
      const body = bodyOf(query, pageSize, await tokenOf(connection, server, query, starts[i] ?? 0));
      const all: number[] = [];
      let last: Asked | undefined;
      for (let round = 0; round < times; round++) {
        const began = performance.now();
        const answer = await withinLimit(connection.post(path, body), limitMs);
        late = answer === undefined;
        if (answer === undefined) break;
        all.push(performance.now() - began);
        if (answer.status !== 200) throw new Error(`${query.filter}: ${answer.status} ${answer.body.toString().slice(0, 300)}`);
        const { runs = [] } = JSON.parse(answer.body.toString()) as Page;
        last = { ms: undefined, digest: digestOf(runs), runs: runs.length, bytes: answer.body.length };
      }
      asked.push(last && all.length === times ? { ...last, ms: median(all) } : { ms: undefined, digest: "", runs: 0, bytes: 0 });
    } finally {
      connection.close();
    }
  }
  return asked;
}

async function withinLimit<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), limitMs)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const digestOf = (runs: NonNullable<Page["runs"]>): string => {
  const sorted = (pairs: Pair[] = []): [string, string | number][] =>
    pairs.map((one): [string, string | number] => [one.key, one.value]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const all = runs.map(({ info, data }) => [info.run_id, sorted(data.metrics), sorted(data.params), sorted(data.tags)]);
  return createHash("sha256").update(JSON.stringify(all)).digest("hex");
};
