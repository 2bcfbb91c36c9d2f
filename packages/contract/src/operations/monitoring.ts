import { z } from "zod";
import { operation } from "../operation.ts";
import { paged, project, time, verdict } from "../shapes.ts";

const window = z.object({ index: z.number().int(), start: time, end: time, rows: z.number().int(), labels: z.number().int(), verdict });

/** One series of one monitor: a value per window against its own bound. */
const series = z.object({
  /** `column:distance`, `prediction:mean`, `quality:auc`, `service:errors`: group and name. */
  id: z.string(),
  name: z.string(),
  group: z.enum(["column", "prediction", "estimated", "realised", "fairness", "service"]),
  unit: z.string(),
  /** Largest acceptable value for distances, smallest or largest for qualities; `above` says which side fails. */
  bound: z.number().nullable(),
  above: z.boolean(),
  /** Smallest acceptable value of a level, which may move both ways; null for all others. */
  lower: z.number().nullable(),
  /** Value that sampling alone would give; null where it does not apply. */
  floor: z.number().nullable(),
  /** Rank by effect on performance, 1 first; null where unknown. */
  importance: z.number().int().nullable(),
  /** Worst verdict over the windows shown. */
  verdict,
  /** One per window, in the order of `windows`. */
  cells: z.array(
    z.object({
      value: z.number().nullable(),
      /** What this window was held against, on the side that it lies nearer to: incomplete windows have bounds of their own. */
      bound: z.number().nullable(),
      interval: z.tuple([z.number(), z.number()]).nullable(),
      /** Distance beyond the bound in units of the bound, 0 when inside; what the shade shows. */
      excess: z.number(),
      verdict,
      /** False while labels of the window are still to come. */
      mature: z.boolean(),
    }),
  ),
});

const marker = z.object({
  at: time,
  label: z.string(),
  kind: z.enum(["release", "data", "incident", "alert", "policy"]),
  href: z.string().nullable(),
});

export const alert = z.object({
  id: z.string(),
  monitor: z.string(),
  verdict,
  state: z.enum(["open", "acknowledged", "explained", "closed"]),
  title: z.string(),
  detail: z.string(),
  series: z.array(z.string()),
  window: z.object({ start: time, end: time }),
  openedAt: time,
  incident: z.string().nullable(),
  /** Named faults and repaired feeds are not learned from. */
  retrains: z.boolean(),
  evidence: z.string().nullable(),
  entry: z.number().int().nullable(),
});

/** Ranked: share 0–1 of the alert that this cause explains. */
const cause = z.object({
  kind: z.enum(["unit", "data", "prior", "slice", "release", "upstream", "impact", "fault"]),
  title: z.string(),
  evidence: z.string(),
  score: z.number(),
  href: z.string().nullable(),
});

const monitorRow = z.object({
  monitor: z.string(),
  model: z.string(),
  route: z.string(),
  verdict,
  quiet: z.number().int(),
  series: z.number().int(),
  windows: z.number().int(),
  windowSeconds: z.number(),
  lastWindow: z.object({ start: time, end: time }).nullable(),
  /** Worst verdict of each of the newest 48 windows, oldest first. */
  recent: z.array(verdict),
  labelDelaySeconds: z.number().nullable(),
  alertsOpen: z.number().int(),
});

export const monitoringOperations = {
  "monitors.list": operation({
    method: "GET",
    path: "/p/{project}/monitors",
    capability: "read",
    input: project,
    output: z.object({ monitors: z.array(monitorRow) }),
    text: "Monitors with the verdicts of their newest windows",
  }),
  "monitors.get": operation({
    method: "GET",
    path: "/p/{project}/monitors/{monitor}",
    capability: "read",
    input: project.extend({ monitor: z.string(), from: time.optional(), to: time.optional() }),
    output: monitorRow.extend({
      /** One plain sentence: what is watched, and when it alerts. */
      sentence: z.string(),
      reference: z.string(),
      windowList: z.array(window),
      seriesList: z.array(series),
      markers: z.array(marker),
      facts: z.array(z.object({ label: z.string(), value: z.string(), small: z.string(), mark: verdict.nullable() })),
      /** What these bounds would have said about the training weeks. */
      backtest: z
        .object({
          /** Chance of a false alarm per series and window that the bounds were made for. */ alpha: z.number(),
          alarms: z.number().int(),
          cells: z.number().int(),
          weeksWithAlarm: z.number().int(),
          weeks: z.number().int(),
          verdict,
        })
        .nullable(),
      alerts: z.array(alert),
    }),
    text: "One monitor: windows by series, with value, bound and verdict",
  }),
  "monitors.column": operation({
    method: "GET",
    path: "/p/{project}/monitors/{monitor}/columns/{column}",
    capability: "read",
    input: project.extend({
      monitor: z.string(),
      /** Name of a series, as in `seriesList`. */
      column: z.string(),
      /** Start of the window shown; the newest alerting one, else the newest, when absent. */
      window: time.optional(),
    }),
    output: z.object({
      monitor: z.string(),
      column: z.string(),
      type: z.string(),
      unit: z.string(),
      series,
      windowList: z.array(window),
      shown: z.number().int(),
      markers: z.array(marker),
      reference: z.string(),
      /** Same bins for both; shares add up to 1 with the special bins. Null for series that are not distributions. */
      distribution: z
        .object({
          kind: z.enum(["number", "category"]),
          bins: z.array(
            z.object({
              label: z.string(),
              from: z.number().nullable(),
              to: z.number().nullable(),
              reference: z.number(),
              current: z.number(),
            }),
          ),
          special: z.array(z.object({ label: z.string(), reference: z.number(), current: z.number() })),
          median: z.object({ reference: z.number().nullable(), current: z.number().nullable() }),
          referenceRows: z.number().int(),
          currentRows: z.number().int(),
        })
        .nullable(),
      facts: z.array(z.object({ label: z.string(), value: z.string(), strong: z.boolean() })),
      causes: z.array(cause),
      evidence: z.string().nullable(),
      incident: z.string().nullable(),
      columns: z.array(z.object({ column: z.string(), group: z.string(), verdict, value: z.number().nullable() })),
    }),
    text: "One series of a monitor: distance over time, the distribution of one window, likely causes",
  }),
  "monitors.evaluate": operation({
    method: "POST",
    path: "/p/{project}/monitors/evaluate",
    capability: "run",
    input: project.extend({
      /** Event time up to which windows are closed and looked at; the newest prediction when absent. */
      until: time.optional(),
    }),
    output: z.object({
      windows: z.number().int(),
      /** Opened by this evaluation. */
      alerts: z.array(alert),
      incidents: z.array(z.string()),
      /** Work that triggers asked for, with the event time when it is due. */
      triggered: z.array(z.object({ trigger: z.string(), job: z.string(), incident: z.string(), dueAt: time, set: z.array(z.string()) })),
      seconds: z.number(),
    }),
    text: "Close the windows that have ended, judge them, and open alerts, incidents and retrainings from the verdicts",
  }),
  "monitors.backtest": operation({
    method: "POST",
    path: "/p/{project}/monitors/backtest",
    capability: "run",
    input: project,
    output: z.object({
      monitors: z.array(
        z.object({
          monitor: z.string(),
          /** The most watchful level at which the reference is as quiet as wanted. */ alpha: z.number(),
          alarms: z.number().int(),
          cells: z.number().int(),
          weeksWithAlarm: z.number().int(),
          weeks: z.number().int(),
          verdict,
          alarming: z.array(z.object({ series: z.string(), week: time, value: z.number(), bound: z.number() })),
        }),
      ),
      entry: z.number().int().nullable(),
    }),
    text: "What the bounds of each monitor would have said about the reference itself, leaving one week out at a time",
  }),
  "alerts.list": operation({
    method: "GET",
    path: "/p/{project}/alerts",
    capability: "read",
    input: project.extend({ ...paged, state: z.enum(["open", "all"]).default("open") }),
    output: z.object({ alerts: z.array(alert), next: z.string().nullable() }),
    text: "Alerts, newest first",
  }),
  "alerts.get": operation({
    method: "GET",
    path: "/p/{project}/alerts/{alert}",
    capability: "read",
    input: project.extend({ alert: z.string() }),
    output: alert.extend({ causes: z.array(cause) }),
    text: "One alert with its causes",
  }),
  "alerts.acknowledge": operation({
    method: "POST",
    path: "/p/{project}/alerts/{alert}/acknowledge",
    capability: "incident",
    input: project.extend({ alert: z.string(), note: z.string().max(1000).optional() }),
    output: alert,
    text: "Says that somebody looks after an alert",
  }),
  "alerts.explain": operation({
    method: "POST",
    path: "/p/{project}/alerts/{alert}/explain",
    capability: "incident",
    input: project.extend({ alert: z.string(), reason: z.string().min(1).max(1000) }),
    output: alert,
    text: "Says why an alert was no alarm",
  }),
  "alerts.mute": operation({
    method: "POST",
    path: "/p/{project}/alerts/{alert}/mute",
    capability: "incident",
    input: project.extend({ alert: z.string(), reason: z.string().min(1).max(1000), until: time }),
    output: alert,
    text: "Lets alerts of the same monitor and cause open acknowledged, and ask for nothing, until a time; at most 90 days",
  }),
};
