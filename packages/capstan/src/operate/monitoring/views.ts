import type { OutputOf, Verdict } from "@capstan/contract";
import { worstVerdict } from "@capstan/contract";
import type { alert as alertShape, monitoringOperations } from "@capstan/contract/operations/monitoring";
import type { z } from "zod";
import { toTime } from "../../base/foundation/clock.ts";
import { type Alert, alertName, type Cell, type Monitor, type SeriesSpec } from "./model.ts";
import { familyAlpha } from "./rules.ts";
import type { StoredBacktest, StoredWindow } from "./store.ts";
import { lengthOf, number, percent, plural } from "./words.ts";

type View = OutputOf<(typeof monitoringOperations)["monitors.get"]>;
export type AlertView = z.output<typeof alertShape>;
export type SeriesView = View["seriesList"][number];
const shownVerdicts = 48;

/** Entry indexes by id, for links into the record. */
export type Indexes = ReadonlyMap<string, number>;

export const alertView = (alert: Alert, indexes: Indexes): AlertView => ({
  id: alertName(alert.number),
  monitor: alert.monitor,
  verdict: "fail",
  state: alert.state,
  title: alert.title,
  detail: alert.detail,
  series: [...alert.series],
  window: { start: toTime(alert.startMs), end: toTime(alert.endMs) },
  openedAt: toTime(alert.openedMs),
  incident: alert.incident,
  retrains: alert.retrains,
  evidence: alert.evidence,
  entry: indexes.get(alert.entryId) ?? null,
});
export const causeViews = (causes: Alert["causes"]) =>
  causes.map(({ kind, title, evidence, score, href }) => ({ kind, title, evidence, score, href }));

export const windowView = (window: StoredWindow, index: number): View["windowList"][number] => ({
  index,
  start: toTime(window.startMs),
  end: toTime(window.endMs),
  rows: window.rows,
  labels: window.labels,
  verdict: window.verdict,
});

/** The side of a level that a value is nearer to. */
export const boundNear = (cell: Cell): number | null =>
  cell.lower !== null && cell.bound !== null && cell.value !== null && cell.value - cell.lower < cell.bound - cell.value
    ? cell.lower
    : cell.bound;

export function seriesView(spec: SeriesSpec, windows: readonly StoredWindow[]): SeriesView {
  const found = windows.map((window) => window.cells.find((cell) => cell.series === spec.id));
  const newest = found.findLast((cell) => cell?.p !== null && cell?.p !== undefined) ?? found.at(-1);
  return {
    id: spec.id,
    name: spec.name,
    group: spec.group,
    unit: spec.unit,
    bound: newest?.bound ?? null,
    above: spec.measure !== "lower",
    lower: newest?.lower ?? null,
    floor: newest?.floor ?? null,
    importance: null,
    verdict: worstVerdict(found.flatMap((cell) => (cell && cell.verdict !== "inconclusive" ? [cell.verdict] : []))),
    cells: found.map((cell) =>
      cell
        ? {
            value: cell.value,
            bound: boundNear(cell),
            interval: cell.interval ? [cell.interval[0], cell.interval[1]] : null,
            excess: cell.excess,
            verdict: cell.verdict,
            mature: cell.mature,
          }
        : { value: null, bound: null, interval: null, excess: 0, verdict: "skipped", mature: true },
    ),
  };
}

export function monitorRow(
  monitor: Monitor,
  windows: readonly StoredWindow[],
  backtest: StoredBacktest | undefined,
  openAlerts: number,
): OutputOf<(typeof monitoringOperations)["monitors.list"]>["monitors"][number] {
  const newest = windows.at(-1);
  const decided = windows.findLast((window) => window.verdict !== "inconclusive");
  const loud = new Set(decided?.cells.filter((cell) => cell.verdict === "fail" || cell.verdict === "warn").map((cell) => cell.series));
  const series = backtest?.series.length ?? 0;
  const verdict: Verdict = openAlerts > 0 ? "fail" : (decided?.verdict ?? (newest ? "inconclusive" : "skipped"));
  return {
    monitor: monitor.name,
    model: monitor.model,
    route: monitor.route,
    verdict,
    quiet: series - loud.size,
    series,
    windows: windows.length,
    windowSeconds: monitor.windowMs / 1000,
    lastWindow: newest ? { start: toTime(newest.startMs), end: toTime(newest.endMs) } : null,
    recent: windows.slice(-shownVerdicts).map((window) => window.verdict),
    labelDelaySeconds: monitor.labelDelayMs === null ? null : monitor.labelDelayMs / 1000,
    alertsOpen: openAlerts,
  };
}

export function sentenceOf(monitor: Monitor, backtest: StoredBacktest | undefined): string {
  const groups = backtest?.series ?? [];
  const columns = groups.filter((one) => one.group === "column").length;
  const rest = groups.filter((one) => one.group !== "column").map((one) => one.name);
  const watched = [columns > 0 ? plural(columns, "input") : "", ...rest].filter(Boolean).join(", ") || "Nothing yet";
  const learned = backtest
    ? ` Bounds are learned from ${plural(backtest.weeks, "window")} of ${backtest.referenceName}, leaving one out.`
    : " Its bounds are learned when there are reference rows.";
  return `${watched} of route ${monitor.route}, in windows of ${lengthOf(monitor.windowMs)}. Alerts when a window as a whole is unusual (false discovery rate ${percent(familyAlpha)} over its series); one series beyond its own bound warns.${learned}`;
}

export function factsOf(
  monitor: Monitor,
  windows: readonly StoredWindow[],
  backtest: StoredBacktest | undefined,
  alerts: readonly Alert[],
): View["facts"] {
  const newest = windows.at(-1);
  const open = alerts.filter((alert) => alert.state !== "closed").length;
  return [
    { label: "Alerts", value: `${alerts.length}`, small: `${open} open`, mark: open > 0 ? "fail" : "pass" },
    {
      label: "On the reference",
      value: backtest ? `${backtest.alarms} of ${backtest.cells}` : "not tried",
      small: backtest ? `alarms, ${backtest.weeksWithAlarm} of ${backtest.weeks} windows with any` : "",
      mark: backtest?.verdict ?? null,
    },
    { label: "Level", value: backtest ? percent(backtest.alpha) : "none", small: "false alarms per series and window", mark: null },
    {
      label: "Label delay",
      value: monitor.labelDelayMs === null ? "not declared" : lengthOf(monitor.labelDelayMs),
      small: "until the truth counts as complete",
      mark: null,
    },
    {
      label: "Newest window",
      value: newest ? number(newest.rows) : "none",
      small: newest ? `rows, ${number(newest.labels)} with truth` : "",
      mark: newest?.verdict ?? null,
    },
    {
      label: "Next window",
      value: newest ? toTime(newest.endMs + monitor.windowMs).slice(0, 10) : "with the first rows",
      small: "end, event time",
      mark: null,
    },
  ];
}

export function markersOf(project: string, monitor: string, alerts: readonly Alert[]): View["markers"] {
  const href = (alert: Alert): string =>
    alert.incident === null ? `/p/${project}/monitors/${monitor}` : `/p/${project}/incidents/${alert.incident}`;
  // One marker for a stretch: where an incident begins.
  const first = new Map<string, Alert>();
  for (const alert of alerts.toSorted((a, b) => a.startMs - b.startMs)) {
    const key = alert.incident ?? alertName(alert.number);
    if (!first.has(key)) first.set(key, alert);
  }
  return [...first].map(([label, alert]) => ({
    at: toTime(alert.startMs),
    label,
    kind: alert.incident === null ? ("alert" as const) : ("incident" as const),
    href: href(alert),
  }));
}
