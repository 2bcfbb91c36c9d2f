import type { Verdict } from "@capstan/contract";
import type { MonitorConfig, ProjectConfig } from "@capstan/contract/config";
import type { ColumnProfile } from "@capstan/statistics";
import type { EntryDraft } from "../../base/record/model.ts";
import type { Change } from "../../base/storage/database.ts";
import type { Segment } from "../../ship/serving/model.ts";

/** A monitor as declared, resolved to the route whose predictions it watches. */
export type Monitor = {
  readonly project: string;
  readonly name: string;
  readonly route: string;
  readonly model: string;
  readonly config: MonitorConfig;
  readonly windowMs: number;
  /** From the end of a window until its labels count as complete; null when the route declares none. */
  readonly labelDelayMs: number | null;
  /** Reference rows as named in the configuration, such as `step:backtest.reference`. */
  readonly against: string;
  /** Names of columns in the reference rows. */
  readonly columns: ReferenceColumns;
};
export type ReferenceColumns = { readonly time: string; readonly label: string; readonly score: string };

/** Declared here, plugged in by the program: the rows that a model learned its world from, with honest scores on them. */
export type ReferenceRows = {
  /** Paths of Parquet files for reading only; undefined when they have never been made. */
  resolve(
    project: string,
    reference: string,
  ): Promise<{ readonly paths: readonly string[]; readonly digest: string; readonly name: string } | undefined>;
};
/** Declared here, plugged in by the program: what capstan.yaml of a project says now. */
export type ProjectConfigs = { config(project: string): Promise<ProjectConfig | undefined> };
/** What this room needs of serving. */
export type Predictions = {
  flush(route: string): Promise<void>;
  closedSegments(route: string): Promise<(Segment & { path: string })[]>;
  writeLabels(route: string, path: string): Promise<number>;
};
/** Declared here, implemented by incidents: which incident an alert belongs to. What it returns becomes part of the alert's own change. */
export type IncidentGrouping = {
  /** `earlier` are joined in the same change and not yet to be read. */
  join(alert: AlertDraft, earlier: readonly Joined[]): Promise<Joined>;
  /** The stretch of an incident's windows has ended: `quietFromMs` is the start of the first window without it. */
  quiet(event: {
    project: string;
    incident: string;
    quietFromMs: number;
    because: string;
  }): Promise<{ change: Change; entries: readonly EntryDraft[] }>;
};
export type Joined = {
  readonly incident: string;
  readonly created: boolean;
  /** Of the entry that opened the incident. */ readonly entryId: string;
  readonly change: Change;
  readonly entries: readonly EntryDraft[];
};
export type { ProjectConfig };

/** Half-open slice of event time. */
export type Span = { readonly startMs: number; readonly endMs: number };

export type SeriesGroup = "column" | "prediction" | "estimated" | "realised" | "fairness" | "service";
/** What one series measures. `distance`: of a distribution from the reference's; `level`: a mean or share that may move both ways; `lower`, `upper`: a quality that fails on one side. */
export type Measure = "distance" | "level" | "lower" | "upper";
export type SeriesSpec = {
  readonly id: string;
  readonly name: string;
  readonly group: SeriesGroup;
  readonly unit: string;
  readonly measure: Measure;
  readonly of:
    | { readonly kind: "column"; readonly column: string }
    | { readonly kind: "score" }
    | { readonly kind: "score_mean" }
    | { readonly kind: "label_share" }
    | { readonly kind: "quality"; readonly metric: QualityMetric };
  /** Needs the truth. */
  readonly labels: boolean;
  readonly method: "psi" | "js";
  /** Chance of a false alarm per window, when the configuration says one; learned from the reference otherwise. */
  readonly alpha: number | null;
  /** A distance below this is never reported, however unusual. */
  readonly effect: number | null;
  readonly minRows: number | null;
};
export const qualityMetrics = ["auc", "ece", "brier", "log_loss"] as const;
export type QualityMetric = (typeof qualityMetrics)[number];

export type ColumnKind = "number" | "category";
/** How live and reference rows are counted, so that both can be compared: edges and categories come from the reference alone. */
export type Counting = {
  readonly kinds: Readonly<Record<string, ColumnKind>>;
  readonly edges: Readonly<Record<string, readonly number[]>>;
  readonly categories: Readonly<Record<string, readonly string[]>>;
};
/** The score is counted like a column of this name. */
export const scoreColumn = "\u0001score";

/** A part of a window, such as its Mondays: windows that lack some are compared with the same parts of the others. */
export type Tile = {
  readonly rows: number;
  readonly profiles: Readonly<Record<string, ColumnProfile>>;
  readonly scoreSum: number;
  readonly labels: number;
  readonly labelSum: number;
};
export type Quality = { readonly rows: number } & { readonly [K in QualityMetric]: number | null } & {
  readonly aucInterval: readonly [number, number] | null;
};
/** Everything that is known of one window. */
export type WindowFacts = Span & {
  readonly tiles: ReadonlyMap<number, Tile>;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly quality: Quality | null;
  /** Rows by version number that answered them; empty for the reference. */
  readonly versions: Readonly<Record<string, number>>;
};
export type Reference = {
  readonly name: string;
  readonly digest: string;
  readonly counting: Counting;
  readonly windows: readonly WindowFacts[];
};

/** One series in one window, judged. */
export type Cell = {
  readonly series: string;
  readonly value: number | null;
  readonly bound: number | null;
  /** Smallest acceptable value of a level. */
  readonly lower: number | null;
  readonly interval: readonly [number, number] | null;
  readonly floor: number | null;
  /** Chance of a value at least as unusual, if the window is like the reference's. */
  readonly p: number | null;
  /** The same, corrected for all series of the window. */
  readonly q: number | null;
  readonly excess: number;
  readonly verdict: Verdict;
  readonly mature: boolean;
};
export type JudgedWindow = Span & {
  readonly rows: number;
  readonly labels: number;
  readonly mature: boolean;
  readonly verdict: Verdict;
  readonly cells: readonly Cell[];
  /** Why it could not be judged, when it could not. */
  readonly reason: string | null;
};

export type CauseKind = "unit" | "data" | "prior" | "slice" | "release" | "upstream" | "impact" | "fault";
export type Cause = {
  readonly kind: CauseKind;
  readonly title: string;
  readonly evidence: string;
  /** Share 0–1 of the failing series that it explains. */
  readonly score: number;
  readonly href: string | null;
  /** Ids of the series that it explains. */
  readonly explains: readonly string[];
  /** What makes two windows of it one incident, such as the column whose unit changed. */
  readonly about: string;
};

export type AlertState = "open" | "acknowledged" | "explained" | "closed";
export type AlertDraft = Span & {
  readonly project: string;
  readonly number: number;
  readonly monitor: string;
  readonly route: string;
  readonly model: string;
  /** Kind and subject of its cause; equal ones in neighbouring windows are one incident. */
  readonly cluster: string;
  readonly kind: CauseKind;
  readonly title: string;
  readonly detail: string;
  readonly series: readonly string[];
  readonly causes: readonly Cause[];
  /** Realised quality of the window against its own bounds: true inside, null unknown. */
  readonly harmless: boolean | null;
  readonly severity: number;
  readonly evidence: string;
  readonly entryId: string;
  readonly openedMs: number;
};
export type Alert = Omit<AlertDraft, "harmless" | "severity"> & {
  readonly state: AlertState;
  readonly incident: string | null;
  readonly retrains: boolean;
  readonly closedMs: number | null;
};
/** A cause that a person asked not to be told of again for a while. */
export type Mute = {
  readonly entryId: string;
  readonly project: string;
  readonly monitor: string;
  readonly cluster: string;
  readonly untilMs: number;
  readonly reason: string;
};
export const alertName = (number: number): string => `AL-${number}`;
export const alertNode = (number: number): string => `alert:${alertName(number)}`;
export const windowId = (monitor: string, startMs: number): string => `${monitor}/${new Date(startMs).toISOString().slice(0, 19)}Z`;

export type BacktestResult = {
  readonly monitor: string;
  readonly alpha: number;
  readonly alarms: number;
  readonly cells: number;
  readonly weeksWithAlarm: number;
  readonly weeks: number;
  readonly verdict: Verdict;
  readonly alarming: readonly { readonly series: string; readonly weekMs: number; readonly value: number; readonly bound: number }[];
};
export type TriggerRequest = {
  readonly project: string;
  readonly trigger: string;
  readonly incident: string;
  readonly alertEntry: string;
  readonly set: readonly string[];
  readonly dueMs: number;
  readonly jobKey: string;
  readonly asked: boolean;
};
