import type { monitoringOperations } from "@capstan/contract/operations/monitoring";
import type { Handlers } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import { columnFacts, distributionOf, typeOf } from "./column-view.ts";
import { getEvidence } from "./evidence.ts";
import { alertName, type Alert } from "./model.ts";
import type { MonitoringService } from "./service.ts";
import { entryIndexes, type StoredBacktest, type StoredWindow } from "./store.ts";
import { alertView, causeViews, factsOf, markersOf, monitorRow, sentenceOf, seriesView, windowView } from "./views.ts";

const time = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));
const backtestView = (one: StoredBacktest) => ({
  alpha: one.alpha,
  alarms: one.alarms,
  cells: one.cells,
  weeksWithAlarm: one.weeksWithAlarm,
  weeks: one.weeks,
  verdict: one.verdict,
});

const mostMutedMs = 90 * 86_400_000;

export const monitoringHandlers = (service: MonitoringService, store: Store): Handlers<typeof monitoringOperations> => {
  const views = async (alerts: readonly Alert[]) => {
    const indexes = await entryIndexes(
      store.database,
      alerts.map((alert) => alert.entryId),
    );
    return alerts.map((alert) => alertView(alert, indexes));
  };
  const one = async (alert: Alert) => {
    const [view] = await views([alert]);
    if (!view) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "alert", name: alertName(alert.number) });
    return view;
  };
  const rangeOf = (from: string | undefined, to: string | undefined): { fromMs?: number; toMs?: number } => ({
    ...(from !== undefined && { fromMs: Date.parse(from) }),
    ...(to !== undefined && { toMs: Date.parse(to) }),
  });

  return {
    async "monitors.list"({ project }) {
      const [monitors, open] = await Promise.all([service.monitors(project), service.alerts(project, { open: true })]);
      return {
        monitors: await Promise.all(
          monitors.map(async (monitor) => {
            const [windows, backtest] = await Promise.all([
              service.windows(project, monitor.name),
              service.lastBacktest(project, monitor.name),
            ]);
            return monitorRow(monitor, windows, backtest, open.filter((alert) => alert.monitor === monitor.name).length);
          }),
        ),
      };
    },
    async "monitors.get"({ project, monitor: name, from, to }) {
      const monitor = await service.find(project, name);
      const [windows, backtest, alerts] = await Promise.all([
        service.windows(project, name, rangeOf(from, to)),
        service.lastBacktest(project, name),
        service.alerts(project, { monitor: name }),
      ]);
      return {
        ...monitorRow(monitor, windows, backtest, alerts.filter((alert) => alert.state !== "closed").length),
        sentence: sentenceOf(monitor, backtest),
        reference: backtest?.referenceName ?? monitor.against,
        windowList: windows.map(windowView),
        seriesList: (backtest?.series ?? []).map((spec) => seriesView(spec, windows)),
        markers: markersOf(project, name, alerts),
        facts: factsOf(monitor, windows, backtest, alerts),
        backtest: backtest ? backtestView(backtest) : null,
        alerts: await views(alerts),
      };
    },
    async "monitors.column"({ project, monitor: name, column, window: wanted }) {
      await service.find(project, name);
      const [windows, backtest, alerts] = await Promise.all([
        service.windows(project, name),
        service.lastBacktest(project, name),
        service.alerts(project, { monitor: name }),
      ]);
      const spec = backtest?.series.find((one) => one.name === column) ?? backtest?.series.find((one) => one.id === column);
      if (!backtest || !spec) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "series", name: `${name}/${column}` });
      const shown = indexOf(windows, spec.id, time(wanted));
      const window = windows[shown];
      if (!window) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "window", name: wanted ?? `of ${name}` });
      const evidence = await getEvidence(store, window.evidence);
      const pair = evidence.profiles[spec.id];
      const at = (id: string) => window.cells.find((cell) => cell.series === id);
      const alert = alerts.find((one) => one.startMs === window.startMs && one.series.includes(spec.id));
      return {
        monitor: name,
        column: spec.name,
        type: typeOf(spec, pair?.reference),
        unit: spec.unit,
        series: seriesView(spec, windows),
        windowList: windows.map(windowView),
        shown,
        markers: markersOf(project, name, alerts),
        reference: backtest.referenceName,
        distribution: distributionOf(pair),
        facts: columnFacts(spec, at(spec.id), evidence),
        causes: causeViews(window.causes.filter((cause) => cause.explains.includes(spec.id))),
        evidence: window.evidence,
        incident: alert?.incident ?? null,
        columns: backtest.series.map((one) => ({
          column: one.name,
          group: one.group,
          verdict: at(one.id)?.verdict ?? "skipped",
          value: at(one.id)?.value ?? null,
        })),
      };
    },
    async "monitors.evaluate"({ project, until }, caller) {
      const evaluation = await service.evaluate(project, time(until), caller);
      const opened = (await service.alerts(project)).filter((alert) => evaluation.alerts.includes(alert.number));
      return {
        windows: evaluation.windows,
        alerts: await views(opened),
        incidents: [...evaluation.incidents],
        seconds: evaluation.seconds,
        triggered: evaluation.triggered.map((one) => ({
          trigger: one.trigger,
          job: one.job,
          incident: one.incident,
          dueAt: toTime(one.dueMs),
          set: [...one.set],
        })),
      };
    },
    async "monitors.backtest"({ project }, caller) {
      const { backtests, entryId } = await service.backtest(project, caller);
      const indexes = await entryIndexes(store.database, entryId === null ? [] : [entryId]);
      return {
        monitors: backtests.map((one) => ({
          monitor: one.monitor,
          ...backtestView(one),
          alarming: one.alarming.map((cell) => ({ series: cell.series, week: toTime(cell.weekMs), value: cell.value, bound: cell.bound })),
        })),
        entry: entryId === null ? null : (indexes.get(entryId) ?? null),
      };
    },
    async "alerts.list"({ project, state, limit, cursor }) {
      const below = cursor === undefined ? undefined : Number(cursor);
      if (below !== undefined && !Number.isSafeInteger(below))
        throw new CapstanError("CAP-REQUEST-001", { operation: "alerts.list", problem: "cursor is not one that this list gave" });
      const found = await service.alerts(project, {
        ...(state === "open" && { open: true }),
        limit: limit + 1,
        ...(below !== undefined && { below }),
      });
      return { alerts: await views(found.slice(0, limit)), next: found.length > limit ? String(found[limit - 1]?.number) : null };
    },
    async "alerts.get"({ project, alert: name }) {
      const alert = await service.alert(project, name);
      return { ...(await one(alert)), causes: causeViews(alert.causes) };
    },
    async "alerts.acknowledge"({ project, alert, note }, caller) {
      return one(await service.acts.acknowledge(await service.alert(project, alert), note, caller));
    },
    async "alerts.explain"({ project, alert, reason }, caller) {
      return one(await service.acts.explain(await service.alert(project, alert), reason, caller));
    },
    async "alerts.mute"({ project, alert, reason, until }, caller) {
      const [untilMs, nowMs] = [Date.parse(until), store.clock.nowMs()];
      if (untilMs <= nowMs || untilMs > nowMs + mostMutedMs)
        throw new CapstanError("CAP-REQUEST-001", { operation: "alerts.mute", problem: "until lies within the next 90 days" });
      return one(await service.acts.mute(await service.alert(project, alert), { reason, untilMs }, caller));
    },
  };
};

/** The window asked for; else the newest that alerts on the series, else the newest. */
function indexOf(windows: readonly StoredWindow[], series: string, startMs: number | undefined): number {
  if (startMs !== undefined) return windows.findIndex((window) => window.startMs <= startMs && startMs < window.endMs);
  const failing = windows.findLastIndex((window) => window.cells.some((cell) => cell.series === series && cell.verdict === "fail"));
  return failing >= 0 ? failing : windows.length - 1;
}
