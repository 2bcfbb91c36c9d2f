import type { Caller } from "../base/foundation/caller.ts";
type H = Record<string, (input: never, caller: Caller) => Promise<unknown>>;
const t = (ms: number) => new Date(ms).toISOString();
export const monitoringHandlers = (m: any): H => ({
  "monitors.backtest": async ({ project }: any, caller) => { const b = await m.backtest(project, caller); return { monitors: b.backtests.map((x: any) => ({ monitor: x.monitor, alarms: x.alarms, cells: x.cells, weeksWithAlarm: x.weeksWithAlarm ?? x.windowsWithAlarm, weeks: x.weeks ?? x.windows, verdict: x.verdict, alarming: [] })), entry: null }; },
  "monitors.evaluate": async ({ project, until }: any, caller) => { const e = await m.evaluate(project, until ? Date.parse(until) : undefined, caller); return { windows: e.windows, alerts: [], incidents: e.incidents, triggered: [], seconds: e.seconds }; },
  "alerts.list": async ({ project }: any) => ({ alerts: (await m.alerts(project, {})).map((a: any) => ({ id: "AL-" + a.number, verdict: a.verdict, title: a.title, detail: a.detail, incident: a.incident, window: { start: t(a.startMs), end: t(a.endMs) } })), next: null }),
});
export const incidentsHandlers = (m: any): H => ({
  "incidents.list": async ({ project }: any) => ({ incidents: (await m.list(project, {})).map((i: any) => ({ incident: "INC-" + i.number, title: i.title, class: i.class, severity: i.severity, state: i.state })), next: null }),
});
