import { ClientError, errorOf, type Fetch } from "./http.ts";

export type StreamPoint = { key: string; value: number; step?: number; /** Milliseconds since 1970; now unless given. */ timeMs?: number };

export type MetricStreamOptions = {
  url: string;
  token?: string | undefined;
  project: string;
  run: string;
  /** Its name within the run; a random one unless given. Who goes on with a stream gives the same name, and where it is. */
  stream?: string;
  /** Lines of the stream that are durable already (`runs.stream` says it); 0 unless given. */
  durable?: number;
  /** How long a server may be away before `flush` rejects; a minute unless given. */
  patienceMs?: number;
  fetch?: Fetch;
};

export type MetricStream = {
  readonly stream: string;
  /** Lines that the server has kept for good. */
  readonly durable: number;
  /** Takes a point; it is sent behind the caller's back. */
  log(point: StreamPoint): void;
  /** Resolves with `durable` when everything logged so far is kept; rejects with what the server refused, or with why it was not reached. */
  flush(): Promise<number>;
};

const linesPerRequest = 5000;
const longestPauseMs = 5000;

/** Points of a run as numbered lines: what a lost connection leaves unsaid is sent again from its number, and nothing is kept twice. */
export function openMetricStream(options: MetricStreamOptions): MetricStream {
  const stream = options.stream ?? crypto.randomUUID();
  const send: Fetch = options.fetch ?? ((url, init) => fetch(url, init));
  const path = `${options.url.replace(/\/+$/, "")}/api/v1/p/${encodeURIComponent(options.project)}/runs/${encodeURIComponent(options.run)}/metrics?stream=${encodeURIComponent(stream)}`;
  const headers = { "content-type": "application/x-ndjson", ...(options.token && { authorization: `Bearer ${options.token}` }) };
  const patienceMs = options.patienceMs ?? 60_000;
  /** Lines from number `durable` on. */
  let waiting: string[] = [];
  let durable = options.durable ?? 0;
  let sending: Promise<void> | undefined;

  async function post(): Promise<void> {
    const lines = waiting.slice(0, linesPerRequest);
    const answer = await send(`${path}&offset=${durable}`, { method: "POST", headers, body: `${lines.join("\n")}\n` });
    const text = await answer.text();
    const last = lastOf(text);
    if (last !== undefined) {
      waiting = waiting.slice(last.durable - durable);
      durable = last.durable;
    }
    if (last?.error) throw new ClientError(answer.status, last.error);
    if (answer.status !== 200 || !last?.done) throw new ClientError(answer.status, errorOf(answer.status, text));
  }

  async function drain(): Promise<void> {
    let sinceMs = Date.now();
    let pauseMs = 50;
    while (waiting.length > 0) {
      const before = durable;
      try {
        await post();
      } catch (error) {
        const final = error instanceof ClientError && error.status >= 400 && error.status < 500 && ![408, 429].includes(error.status);
        if (durable > before) [sinceMs, pauseMs] = [Date.now(), 50];
        if (final || Date.now() - sinceMs > patienceMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(longestPauseMs, pauseMs * 2);
        continue;
      }
      [sinceMs, pauseMs] = [Date.now(), 50];
    }
  }

  /** One request at a time, with all that has gathered. */
  function start(): Promise<void> {
    if (!sending) {
      sending = Promise.resolve()
        .then(drain)
        .finally(() => (sending = undefined));
      // Said to whoever flushes.
      sending.catch(() => undefined);
    }
    return sending;
  }

  return {
    stream,
    get durable() {
      return durable;
    },
    log({ key, value, step = 0, timeMs = Date.now() }) {
      waiting.push(JSON.stringify({ key, value: Number.isFinite(value) ? value : String(value), step, timeMs }));
      void start().catch(() => undefined);
    },
    async flush() {
      while (waiting.length > 0) await start();
      return durable;
    },
  };
}

type Last = { durable: number; done?: boolean; error?: ConstructorParameters<typeof ClientError>[1] };
/** The last line of an answer: how far it came. */
function lastOf(text: string): Last | undefined {
  try {
    const last = JSON.parse(text.trimEnd().split("\n").at(-1) ?? "") as Last;
    return Number.isSafeInteger(last.durable) ? last : undefined;
  } catch {
    return undefined;
  }
}
