import { Threads } from "../../../base/foundation/threads.ts";
import type { Database, SqlValue } from "../../../base/storage/database.ts";
import { readingOf, type StepRange } from "../blocks.ts";
import { type Segment, segmentsOf } from "../history.ts";
import type { SeriesColumns } from "../model.ts";
import { type Points, pointsPerBlock } from "../points.ts";
import { inParts, listOf } from "../rows.ts";
import { type AtStep, mostStepBlocks, tooManyBlocks } from "../step-values.ts";
import { answerOf } from "./answer.ts";
import { historyPieces } from "./history-text.ts";
import type { CurveAnswer, CurveQuestion, HistoryAnswer, HistoryQuestion, SampleQuestion, Series } from "./question.ts";

/** So many points are read on the caller's thread: fewer than it takes to start another. */
const fewPoints = 50_000;
/** What of an answer crosses threads at a time. */
const bucketsAtOnce = 20_000;
/** All that an answer may hold; more curves have fewer buckets each. */
const mostBuckets = 500_000;
const keysOfRun = 200;
/** Of a history: about a megabyte of text. */
const blocksAtOnce = 4;
const mostBlocksAtOnce = 16;

/** Curves of many points are read in threads of their own, so that they hold up nobody; the answers are the same. */
export function createCurves(database: Database, options: { fewPoints?: number } = {}) {
  const { source } = database;
  const few = options.fewPoints ?? fewPoints;
  const here = readingOf(database);
  const threads =
    source &&
    new Threads<CurveQuestion, CurveAnswer>({
      // The bundle has the worker beside the main file under the same name.
      file: new URL(import.meta.url.endsWith(".ts") ? "./curve-worker.ts" : "./curve-worker.js", import.meta.url),
      workerData: { source },
      atMost: 2,
    });
  const answer = (question: CurveQuestion, points: number): Promise<CurveAnswer> =>
    threads && points > few ? threads.ask(question) : answerOf(here, question);

  const ask = async (question: HistoryQuestion, points: number): Promise<HistoryAnswer> =>
    (await answer(question, points)) as HistoryAnswer;

  return {
    /** Series of these keys, or the first 200 of each run, by run; a run that is not of the project is left out. A run without such a series is there with none. */
    async series(project: string, runIds: readonly string[], keys: readonly string[] | undefined): Promise<Map<string, Series[]>> {
      const runs = listOf(runIds);
      const named = keys && listOf(keys);
      const metrics = named
        ? `select run_id, key, points, 1 as place from metric_latest where run_id in ${runs.sql} and key in ${named.sql}`
        : `select run_id, key, points, row_number() over (partition by run_id order by key) as place from metric_latest where run_id in ${runs.sql}`;
      const rows = await database.all<{ id: string; key: string | null; points: number }>(
        `select r.id as id, m.key as key, m.points as points from run r left join (${metrics}) m on m.run_id = r.id and m.place <= ${keysOfRun} where r.project = ? and r.id in ${runs.sql} order by r.id, m.key`,
        [...runs.params, ...(named?.params ?? []), project, ...runs.params] satisfies SqlValue[],
      );
      const found = new Map<string, Series[]>();
      for (const { id, key, points } of rows) {
        const list = found.get(id) ?? [];
        found.set(id, list);
        if (key !== null) list.push({ runId: id, key, points });
      }
      return found;
    },

    /** Each in at most so many buckets, in fewer where there are very many series; some at a time, in their order. */
    async *charts(series: readonly Series[], buckets: number, range: StepRange): AsyncGenerator<SeriesColumns> {
      const each = Math.max(1, Math.min(buckets, Math.floor(mostBuckets / Math.max(1, series.length))));
      const size = Math.max(1, Math.floor(bucketsAtOnce / each));
      for (let from = 0; from < series.length; from += size) {
        const some = series.slice(from, from + size);
        const points = some.reduce((sum, one) => sum + one.points, 0);
        const found = await answer({ kind: "chart", series: some, buckets: each, range }, points);
        if ("charts" in found) yield* found.charts;
      }
    },

    /** Points of each run at evenly spaced steps of all of them, by run. */
    async samples(asked: Omit<SampleQuestion, "kind">): Promise<Map<string, Points>> {
      const runIds = [...new Set(asked.runIds)];
      const list = listOf(runIds);
      const row = await database.find<{ points: number | null }>(
        `select sum(points) as points from metric_latest where run_id in ${list.sql} and key = ?`,
        [...list.params, asked.key],
      );
      const found = await answer({ kind: "sample", ...asked, runIds }, Number(row?.points ?? 0));
      const samples = "samples" in found ? found.samples : [];
      return new Map(runIds.map((id, i) => [id, samples[i] as Points]));
    },

    /** The value of a metric at a step of each run that has one. Fails when too much would have to be read for it. */
    async valuesAtStep({ runIds, key, step }: AtStep): Promise<Map<string, number>> {
      const found = new Map<string, number>();
      let left = mostStepBlocks;
      await inParts(runIds, async (part) => {
        const list = listOf(part);
        const row = await database.find<{ points: number | null }>(
          `select sum(points) as points from metric_latest where run_id in ${list.sql} and key = ? and step > ?`,
          [...list.params, key, step],
        );
        const one = await answer({ kind: "step", runIds: part, key, step, limit: left }, Number(row?.points ?? 0));
        if (!("values" in one)) return;
        if (one.read === undefined) throw tooManyBlocks(key, step);
        left -= one.read;
        for (const [runId, value] of one.values) found.set(runId, value);
      });
      return found;
    },

    /** Points of a history from one on, at most so many, as MLflow's wire shows them, some thousands at a time; then whether there are more. */
    async *history(runId: string, key: string, from: number, limit: number): AsyncGenerator<Uint8Array, boolean> {
      const { segments, skip: first } = await segmentsOf(here, runId, key, from, blocksAtOnce);
      const points = segments.reduce((sum, one) => sum + (one.points ?? one.blocks.length * pointsPerBlock), 0);
      let [skip, left, at, more] = [first, limit, 0, false];
      const question = (segment: Segment): HistoryQuestion => ({ kind: "history", runId, key, segment, skip, limit: left });
      const took = (taken: { points: number; skipped: number }): void => {
        skip -= taken.skipped;
        left -= taken.points;
      };
      const coming: Promise<HistoryAnswer>[] = [];
      const next = async (): Promise<void> => {
        const segment = segments[at];
        if (!segment || left <= 0 || segment.blocks.length > mostBlocksAtOnce) return;
        at++;
        const asked = ask(question(segment), points);
        asked.catch(() => undefined);
        coming.push(asked);
        const skipped = segment.points === undefined ? 0 : Math.min(skip, segment.points);
        // Where it is not known how many points come, the next part waits for them.
        took(segment.points === undefined ? await asked : { skipped, points: Math.min(left, segment.points - skipped) });
      };
      while (at < segments.length && left > 0) {
        await next();
        for (let one = coming.shift(); one; one = coming.shift()) {
          // While one is sent, the next is made.
          await next();
          const answer = await one;
          more = answer.more;
          if (answer.points > 0) yield answer.text;
        }
        const long = segments[at];
        if (!long || left <= 0) continue;
        // Blocks that overlap so much are too many for one text.
        at++;
        const pieces = historyPieces(here, question(long));
        for (let one = await pieces.next(); ; one = await pieces.next()) {
          if (!one.done) yield one.value;
          else {
            more = one.value.more;
            took(one.value);
            break;
          }
        }
      }
      return more || at < segments.length;
    },

    close: async (): Promise<void> => threads?.close(),
  };
}
