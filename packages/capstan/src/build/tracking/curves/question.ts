import type { StepRange } from "../blocks.ts";
import type { Segment } from "../history.ts";
import type { SeriesColumns } from "../model.ts";
import type { Points } from "../points.ts";
import type { AtStep } from "../step-values.ts";

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
/** Points of a part of a history, as text; the first `skip` of them are left out. */
export type HistoryQuestion = {
  readonly kind: "history";
  readonly runId: string;
  readonly key: string;
  readonly segment: Segment;
  readonly skip: number;
  readonly limit: number;
};
/** The value of each run at one step. */
export type StepQuestion = AtStep & { readonly kind: "step"; /** Blocks and chunks that may be read. */ readonly limit: number };
/** What crosses threads. */
export type CurveQuestion = ChartQuestion | SampleQuestion | HistoryQuestion | StepQuestion;
/** `more`: the limit left points out. */
export type HistoryTaken = { readonly points: number; readonly skipped: number; readonly more: boolean };
export type HistoryAnswer = HistoryTaken & { readonly text: Uint8Array };
/** By run; a run without a value is absent. `read`: blocks and chunks; undefined when they would have been more than the limit. */
export type StepAnswer = { readonly values: ReadonlyMap<string, number>; readonly read: number | undefined };
/** In the order of the series, or of the runs, that were asked for. */
export type CurveAnswer =
  | { readonly charts: readonly SeriesColumns[] }
  | { readonly samples: readonly Points[] }
  | HistoryAnswer
  | StepAnswer;
