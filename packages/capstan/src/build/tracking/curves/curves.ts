import { Threads } from "../../../base/foundation/threads.ts";
import type { Database, SqlValue } from "../../../base/storage/database.ts";
import { readingOf } from "../blocks.ts";
import type { StepRange } from "../curve.ts";
import type { SeriesColumns } from "../model.ts";
import type { Points } from "../points.ts";
import { listOf } from "../rows.ts";
import { answerOf } from "./answer.ts";
import type { CurveAnswer, CurveQuestion, SampleQuestion, Series } from "./question.ts";

/** So many points are read on the caller's thread: fewer than it takes to start another. */
const fewPoints = 50_000;
/** What of an answer crosses threads at a time. */
const bucketsAtOnce = 20_000;
/** All that an answer may hold; more curves have fewer buckets each. */
const mostBuckets = 500_000;
const keysOfRun = 200;

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

    close: async (): Promise<void> => threads?.close(),
  };
}
