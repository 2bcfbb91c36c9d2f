import type { StepRange } from "../curve.ts";
import type { SeriesColumns } from "../model.ts";
import type { Points } from "../points.ts";

/** A series and how many points it has, repeats counted. */
export type Series = { readonly runId: string; readonly key: string; readonly points: number };

/** Curves in at most so many buckets each. */
export type ChartQuestion = {
  readonly kind: "chart";
  readonly series: readonly Series[];
  readonly buckets: number;
  readonly range: StepRange;
};
/** Points at evenly spaced steps of several runs together. */
export type SampleQuestion = {
  readonly kind: "sample";
  readonly runIds: readonly string[];
  readonly key: string;
  readonly fromStep: number;
  readonly toStep: number | undefined;
  /** Steps at most, the last one and the ends of each run not counted. */
  readonly steps: number;
  /** Points of one run at most. */
  readonly points: number;
};
/** What crosses threads. */
export type CurveQuestion = ChartQuestion | SampleQuestion;
/** In the order of the series, or of the runs, that were asked for. */
export type CurveAnswer = { readonly charts: readonly SeriesColumns[] } | { readonly samples: readonly Points[] };
