import { Readable } from "node:stream";
import { noPoints, type Points } from "../points.ts";
import { absent, integer, offsetOf, requiredText, runId, text, texts, token } from "./fields.ts";
import { invalid } from "./failures.ts";
import { wireNumber } from "./messages.ts";
import type { WireReply, WireRequest, WireRoute } from "./model.ts";
import type { Surface } from "./surface.ts";

const pointsPerPiece = 2048;

/**
 * `{"metrics":[…]}` in pieces, so that a long history is never one text and the event loop goes on between them. Nothing found is `{}`. At most `limit` points, then the
 * token of the next page when there are more.
 */
async function* historyText(history: AsyncIterable<Points>, key: string, from: number, limit: number): AsyncGenerator<string> {
  const start = `{"key":${JSON.stringify(key)},"value":`;
  let done = 0;
  for await (const { step, timeMs, value } of history) {
    for (let at = 0; at < step.length;) {
      if (done === limit) return void (yield `],"next_page_token":${JSON.stringify(token({ offset: from + done }))}}`);
      let piece = done === 0 ? '{"metrics":[' : ",";
      const end = Math.min(step.length, at + pointsPerPiece, at + limit - done);
      done += end - at;
      for (const first = at; at < end; at++) {
        const one = value[at] ?? 0;
        piece += `${at > first ? "," : ""}${start}${Number.isFinite(one) ? one : JSON.stringify(wireNumber(one))},"timestamp":${timeMs[at]},"step":${step[at]}}`;
      }
      yield piece;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  yield done === 0 ? "{}" : "]}";
}

/** Evenly spaced indices and the last, when there are more than `limit`. */
export function sampled(steps: readonly number[], limit: number): number[] {
  if (steps.length <= limit) return [...steps];
  const every = steps.length / limit;
  const chosen = new Set(Array.from({ length: limit }, (_, i) => steps[Math.floor(i * every)] ?? 0));
  chosen.add(steps[steps.length - 1] ?? 0);
  return [...chosen];
}

type MetricMessage = { key: string; value: number | "NaN"; timestamp: number; step: number; run_id: string };

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
    const text = historyText(tracking.historyPieces(id, key, from), key, from, limit ?? Infinity);
    // What cannot be read is said before an answer has begun.
    const first = await text.next();
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      stream: Readable.from(
        (async function* () {
          if (!first.done) yield first.value;
          yield* text;
        })(),
      ),
    };
  }

  /** Of several runs, run by run in the order of their ids. */
  async function bulk({ input, caller }: WireRequest): Promise<WireReply> {
    const ids = texts(input, "run_id");
    if (ids.length === 0) throw invalid("GetMetricHistoryBulk request must specify at least one run_id.");
    if (ids.length > 100)
      throw invalid(`GetMetricHistoryBulk request cannot specify more than 100 run_ids. Received ${ids.length} run_ids.`);
    const key = text(input, "metric_key");
    if (!key) throw invalid("GetMetricHistoryBulk request must specify a metric_key.");
    const limit = Math.min(integer(input, "max_results") ?? 25_000, 25_000);
    const metrics: MetricMessage[] = [];
    const runs = [...new Set(ids)].sort();
    for (const id of runs) await surface.mustSee(caller, id);
    const histories = await tracking.histories(runs, key);
    for (const id of runs) {
      if (metrics.length >= limit) break;
      const { step, timeMs, value } = histories.get(id) ?? noPoints(0);
      const end = Math.min(step.length, limit - metrics.length);
      for (let i = 0; i < end; i++)
        metrics.push({ key, value: wireNumber(value[i] ?? 0), timestamp: timeMs[i] ?? 0, step: step[i] ?? 0, run_id: id });
    }
    return { status: 200, json: { metrics } };
  }

  async function bulkInterval({ input, caller }: WireRequest): Promise<WireReply> {
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
    const fromStep = start ?? 0;
    for (const id of ids) await surface.mustSee(caller, id);
    const histories = await tracking.histories([...new Set(ids)], key, { fromStep, toStep: end });
    const all = ids.map((id) => ({ id, points: histories.get(id) ?? noPoints(0) }));
    const inside = (step: number): boolean => step >= fromStep && (end === undefined || step <= end);
    const steps = new Set<number>();
    const ends = new Set<number>();
    for (const { points } of all) {
      let min = Infinity;
      let max = -Infinity;
      for (const step of points.step) {
        if (!inside(step)) continue;
        steps.add(step);
        if (step < min) min = step;
        if (step > max) max = step;
      }
      if (min <= max) ends.add(min).add(max);
    }
    const chosen = new Set([
      ...sampled(
        [...steps].sort((a, b) => a - b),
        limit,
      ),
      ...ends,
    ]);
    const metrics = all.flatMap(({ id, points }) => {
      const found: MetricMessage[] = [];
      points.step.forEach((step, i) => {
        if (chosen.has(step))
          found.push({ key, value: wireNumber(points.value[i] ?? 0), timestamp: points.timeMs[i] ?? 0, step, run_id: id });
      });
      return found.sort((a, b) => a.step - b.step);
    });
    return { status: 200, json: metrics.length > 0 ? { metrics } : {} };
  }

  return [
    { method: "GET", path: "/mlflow/metrics/get-history", capability: "read", takes: "message", handle: history },
    { method: "GET", path: "/mlflow/metrics/get-history-bulk-interval", capability: "read", takes: "message", handle: bulkInterval },
    { method: "GET", path: "/mlflow/metrics/get-history-bulk", capability: "read", takes: "message", handle: bulk },
  ];
}
