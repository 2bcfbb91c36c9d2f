import type { RunDetail, RunRef, RunSummary, Series } from "@capstan/contract/operations/tracking";
import { toTime } from "../../base/foundation/clock.ts";
import type { FullRun, Run, RunEnvironment, SeriesColumns } from "./model.ts";
import type { Progress } from "./service.ts";

/** JSON has no word for these three numbers. */
export const metricWord = (value: number): number | "NaN" | "Infinity" | "-Infinity" =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

export const secondsOf = (run: Run, nowMs: number): number | null =>
  run.resources.wallSeconds ?? Math.max(0, (run.endedMs ?? nowMs) - run.startedMs) / 1000;

export const refOf = (run: Run, nowMs: number): RunRef => ({
  id: run.id,
  name: run.name,
  kind: run.kind,
  step: run.step,
  status: run.status,
  verdict: run.verdict,
  started: toTime(run.startedMs),
  seconds: secondsOf(run, nowMs),
});

export const summaryOf = (run: FullRun, experiment: string, progress: Progress | undefined, nowMs: number): RunSummary => ({
  ...refOf(run, nowMs),
  project: run.project,
  experiment: { id: run.experimentId, name: experiment },
  ended: run.endedMs === null ? null : toTime(run.endedMs),
  by: run.by,
  parent: run.parentId,
  because: run.because,
  metrics: Object.fromEntries(run.metrics.map((one) => [one.key, metricWord(one.value)])),
  params: run.params,
  tags: Object.fromEntries(Object.entries(run.tags).filter(([key]) => !key.startsWith("mlflow."))),
  progress: progress ?? null,
  seal: run.seal,
});

/** What MLflow's clients say in tags stands in for what was not captured. */
export const environmentOf = (environment: RunEnvironment, tags: Record<string, string>): RunDetail["environment"] => ({
  node: environment.node ?? null,
  platform: environment.platform ?? null,
  lockDigest: environment.lockDigest ?? null,
  command: environment.command ?? tags["mlflow.source.name"] ?? null,
  commit: environment.commit ?? tags["mlflow.source.git.commit"] ?? null,
  dirty: environment.dirty ?? null,
  diffDigest: environment.diffDigest ?? null,
  more: environment.more ?? {},
});

export const metricFactsOf = (run: FullRun): RunDetail["metricFacts"] =>
  run.metrics.map((one) => ({
    key: one.key,
    last: metricWord(one.value),
    step: one.step,
    at: timeOf(one.timeMs),
    min: one.min,
    max: one.max,
    points: one.points,
    nonFinite: one.nonFinite,
  }));

/** A client may send any time; the last one that a date can say is 275760. */
const timeOf = (ms: number): string => toTime(Math.min(Math.max(ms, 0), 8.64e15));

const finite = (values: readonly number[]): (number | null)[] => values.map((value) => (Number.isFinite(value) ? value : null));
export const seriesOf = (run: string, key: string, columns: SeriesColumns): Series => ({
  run,
  key,
  ...columns,
  first: finite(columns.first),
  min: finite(columns.min),
  max: finite(columns.max),
  last: finite(columns.last),
});

/** One row per key, in the order of first appearance: a value per run, and whether they differ. */
export function compared<T>(
  rows: readonly Readonly<Record<string, T | null>>[],
): { key: string; values: (T | null)[]; differs: boolean }[] {
  const keys = new Set(rows.flatMap((row) => Object.keys(row)));
  return [...keys].map((key) => {
    const values = rows.map((row) => row[key] ?? null);
    return { key, values, differs: values.some((value) => value !== values[0]) };
  });
}
