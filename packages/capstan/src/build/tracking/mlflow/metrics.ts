import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { type Points, slicePoints } from "../points.ts";
import { absent, integer, offsetOf, requiredText, runId, text, texts, token } from "./fields.ts";
import { invalid } from "./failures.ts";
import { wireNumber } from "./messages.ts";
import type { WireReply, WireRequest, WireRoute } from "./model.ts";
import { pointsText } from "./points-text.ts";
import type { Surface } from "./surface.ts";

const pointsPerPiece = 1024;
type Piece = string | Uint8Array;

/** `{"metrics":[…]}` in pieces, so that a long history is never one text. Nothing found is `{}`. After the last point the token of the next page when there are more. */
async function* historyText(texts: AsyncGenerator<Uint8Array, boolean>, from: number, limit: number): AsyncGenerator<Piece> {
  let begun = false;
  for (;;) {
    const { value, done } = await texts.next();
    if (done) {
      const next = value ? `,"next_page_token":${JSON.stringify(token({ offset: from + limit }))}` : "";
      return void (yield begun ? `]${next}}` : "{}");
    }
    yield begun ? "," : '{"metrics":[';
    begun = true;
    yield value;
  }
}

/** Of one run at most, however many lie at the chosen steps. */
const pointsOfRun = 25_000;

type OfRun = { id: string; points: Points };

/** `{"metrics":[…]}` of several runs in pieces. */
async function* runsText(all: AsyncIterable<OfRun>, key: string, none: string): AsyncGenerator<string> {
  let begun = false;
  for await (const { id, points } of all) {
    const more = `,"run_id":${JSON.stringify(id)}`;
    for (let at = 0; at < points.step.length;) {
      const end = Math.min(points.step.length, at + pointsPerPiece);
      yield `${begun ? "," : '{"metrics":['}${pointsText(key, points, at, end, more)}`;
      begun = true;
      at = end;
      await turn();
    }
  }
  yield begun ? "]}" : none;
}

/** The answer that pieces of text make; what cannot be read is said before it has begun. */
async function streamed(text: AsyncGenerator<Piece>): Promise<WireReply> {
  const first = await text.next();
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    stream: Readable.from(
      (async function* () {
        if (!first.done) yield first.value;
        yield* text;
      })(),
      // What waits to be sent is not made ahead.
      { highWaterMark: 1 },
    ),
  };
}

export function metricRoutes(surface: Surface): WireRoute[] {
  const { tracking } = surface;

  async function history({ input, caller }: WireRequest): Promise<WireReply> {
    const id = runId(input);
    const key = requiredText(input, "metric_key");
    const limit = integer(input, "max_results");
    if (limit !== undefined && limit < 1)
      throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied: It must be at least 1.`);
    const from = offsetOf(input);
    await surface.mustSee(caller, id);
    return streamed(historyText(tracking.historyText(id, key, from, limit ?? Infinity), from, limit ?? Infinity));
  }

  /** Of several runs, run by run in the order of their ids. */
  async function bulk({ input, caller }: WireRequest): Promise<WireReply> {
    const ids = texts(input, "run_id");
    if (ids.length === 0) throw invalid("GetMetricHistoryBulk request must specify at least one run_id.");
    if (ids.length > 100)
      throw invalid(`GetMetricHistoryBulk request cannot specify more than 100 run_ids. Received ${ids.length} run_ids.`);
    const key = text(input, "metric_key");
    if (!key) throw invalid("GetMetricHistoryBulk request must specify a metric_key.");
    const read = (id: string): AsyncGenerator<Points> => tracking.historyPieces(id, key);
    const limit = Math.min(integer(input, "max_results") ?? 25_000, 25_000);
    const runs = [...new Set(ids)].sort();
    for (const id of runs) await surface.mustSee(caller, id);
    async function* first(): AsyncGenerator<OfRun> {
      let left = limit;
      for (const id of runs)
        for await (const points of read(id)) {
          yield { id, points: slicePoints(points, 0, left) };
          left -= points.step.length;
          if (left <= 0) return;
        }
    }
    return streamed(runsText(first(), key, '{"metrics":[]}'));
  }

  async function bulkInterval({ input, caller, whole }: WireRequest): Promise<WireReply> {
    const ids = texts(input, "run_ids");
    if (ids.length === 0) throw absent("run_ids");
    const key = requiredText(input, "metric_key");
    if (ids.length > 100)
      throw invalid(`GetMetricHistoryBulkInterval request must specify at most 100 run_ids. Received ${ids.length} run_ids.`);
    const limit = integer(input, "max_results") ?? 2500;
    if (limit < 1 || limit > 2500) throw invalid(`max_results must be between 1 and 2500. Received max_results=${limit}.`);
    const [start, end] = [integer(input, "start_step"), integer(input, "end_step")];
    if ((start === undefined) !== (end === undefined))
      throw invalid("If either start step or end step are specified, both must be specified.");
    if (start !== undefined && end !== undefined && start > end)
      throw invalid(`end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`);
    for (const id of ids) await surface.mustSee(caller, id);
    const samples = await tracking.samples({ runIds: ids, key, fromStep: start ?? 0, toStep: end, steps: limit, points: pointsOfRun });
    const found = ids.flatMap((id): OfRun[] => {
      const points = samples.get(id);
      return points ? [{ id, points }] : [];
    });
    if (!whole) {
      return streamed(
        runsText(
          (async function* () {
            yield* found;
          })(),
          key,
          "{}",
        ),
      );
    }
    const metrics = found.flatMap(({ id, points: { step, timeMs, value } }) =>
      Array.from(step, (at, i) => ({ key, value: wireNumber(value[i] ?? 0), timestamp: timeMs[i] ?? 0, step: at, run_id: id })),
    );
    return { status: 200, json: metrics.length > 0 ? { metrics } : {} };
  }

  return [
    { method: "GET", path: "/mlflow/metrics/get-history", capability: "read", takes: "message", handle: history },
    { method: "GET", path: "/mlflow/metrics/get-history-bulk-interval", capability: "read", takes: "message", handle: bulkInterval },
    { method: "GET", path: "/mlflow/metrics/get-history-bulk", capability: "read", takes: "message", handle: bulk },
  ];
}
