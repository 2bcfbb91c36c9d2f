import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Quartiles } from "@capstan/statistics";
import type { Caller } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Json } from "../../base/foundation/canonical-json.ts";
import type { EntryDraft } from "../../base/record/model.ts";
import type { Change } from "../../base/storage/database.ts";
import type { Jobs } from "../../base/storage/jobs.ts";
import type { Segment } from "../../ship/serving/model.ts";
import { alertsOf } from "./alerting.ts";
import { labelsOf, rowsOf } from "./baseline.ts";
import { causesOf } from "./causes.ts";
import { finiteOnly, evidenceOf, putEvidence } from "./evidence.ts";
import { loadLive } from "./facts.ts";
import {
  type Alert,
  alertName,
  alertNode,
  type Cause,
  type IncidentGrouping,
  type Joined,
  type JudgedWindow,
  type Monitor,
  type Span,
  type TriggerRequest,
  type WindowFacts,
  windowId,
} from "./model.ts";
import { quartilesOf } from "./quartiles.ts";
import { type LiveRows, newestWatched, predictionColumns } from "./rows.ts";
import { judge, opensAlert } from "./rules.ts";
import {
  closeAlerts,
  countLabelsIn,
  findJob,
  insertAlert,
  insertRequest,
  listAlerts,
  listMutes,
  listRequests,
  listWindows,
  markAsked,
  nextAlertNumber,
  putWindow,
  sameWindow,
  type StoredWindow,
} from "./store.ts";
import { requestsOf } from "./triggers.ts";
import type { Watch, Watching, WatchingDeps } from "./watching.ts";
import { closedSpans, spanAt } from "./windows.ts";

export type EvaluationDeps = WatchingDeps & { watching: Watching; incidents: IncidentGrouping; jobs: Pick<Jobs, "enqueue"> };
export type Triggered = TriggerRequest & { readonly job: string };
export type Evaluation = {
  readonly windows: number;
  readonly alerts: readonly number[];
  readonly incidents: readonly string[];
  readonly triggered: readonly Triggered[];
};

type Closed = Segment & { path: string };
type Pending = {
  readonly watch: Watch;
  readonly span: Span;
  readonly segments: readonly Closed[];
  readonly mature: boolean;
  readonly dataDigest: string;
  readonly known: StoredWindow | undefined;
};
/** A change that another one came before is decided again so often. */
const attempts = 3;

/** Closes windows, judges those whose rows or truth are new, and opens what follows. The same rows are never judged twice. */
export async function evaluate(deps: EvaluationDeps, project: string, until: number | undefined, caller: Caller): Promise<Evaluation> {
  const monitors = await deps.watching.monitors(project);
  const routes = [...new Set(monitors.map((monitor) => monitor.route))];
  const alerts: number[] = [];
  const incidents = new Set<string>();
  let windows = 0;
  let newestMs = until ?? Number.NEGATIVE_INFINITY;
  for (const route of routes) {
    await deps.predictions.flush(route);
    const segments = await deps.predictions.closedSegments(route);
    if (segments.length === 0) continue;
    const untilMs =
      until ??
      (await newestWatched(
        deps.analytics,
        segments.map((segment) => segment.path),
      ));
    if (untilMs === undefined) continue;
    newestMs = Math.max(newestMs, untilMs);
    const pending: Pending[] = [];
    for (const monitor of monitors.filter((one) => one.route === route)) {
      const watch = await deps.watching.watch(monitor, caller);
      if (watch) pending.push(...(await pendingOf(deps, watch, segments, untilMs)));
    }
    const facts = await loadFacts(deps, pending, untilMs);
    for (const one of pending) {
      const opened = await judgeOne(deps, one, facts, untilMs, caller);
      if (!opened) continue;
      windows++;
      alerts.push(...opened.alerts);
      for (const incident of opened.incidents) incidents.add(incident);
    }
  }
  return { windows, alerts, incidents: [...incidents], triggered: await askWhatIsDue(deps, project, newestMs) };
}

/** Windows that have ended and hold something that was not judged yet, in order of time. */
async function pendingOf(deps: EvaluationDeps, watch: Watch, segments: readonly Closed[], untilMs: number): Promise<Pending[]> {
  const { monitor } = watch;
  const known = new Map((await listWindows(deps.store.database, monitor.project, monitor.name)).map((window) => [window.startMs, window]));
  const delayMs = monitor.labelDelayMs ?? 0;
  const needsLabels = watch.series.some((series) => series.labels) && monitor.labelDelayMs !== null;
  const pending: Pending[] = [];
  for (const span of closedSpans(Math.min(...segments.map((segment) => segment.firstObservedMs)), untilMs, monitor.windowMs)) {
    const inside = segments.filter((segment) => segment.firstObservedMs < span.endMs && segment.lastObservedMs >= span.startMs);
    if (inside.length === 0) continue;
    const mature = monitor.labelDelayMs !== null && untilMs >= span.endMs + delayMs;
    const labels = needsLabels
      ? await countLabelsIn(deps.store.database, monitor.route, span.startMs, Math.min(untilMs, span.endMs + delayMs))
      : 0;
    // Another reference or other settings hold from the next window on: what was judged stays as it was judged.
    const dataDigest = digestOfJson({ segments: inside.map((segment) => segment.digest), labels, mature });
    const before = known.get(span.startMs);
    if (before?.dataDigest !== dataDigest) pending.push({ watch, span, segments: inside, mature, dataDigest, known: before });
  }
  return pending;
}

type Facts = { of(monitor: Monitor, span: Span): WindowFacts | undefined; live(monitor: Monitor): LiveRows };

/** One pass over the segments for all monitors of a route that count alike. */
async function loadFacts(deps: EvaluationDeps, pending: readonly Pending[], untilMs: number): Promise<Facts> {
  const groups = new Map<string, { live: LiveRows; windows: WindowFacts[] }>();
  const keyOf = (watch: Watch): string =>
    `${watch.backtest.reference}|${watch.monitor.windowMs}|${watch.monitor.labelDelayMs ?? ""}|${Object.keys(watch.kinds).join()}`;
  const keys = new Map(pending.map((one) => [one.watch.monitor.name, keyOf(one.watch)]));
  const folder = join(deps.store.folder, "work");
  await mkdir(folder, { recursive: true });
  const labelsPath = join(folder, `labels-${deps.store.ids.ulid()}.csv`);
  try {
    for (const key of new Set(keys.values())) {
      const some = pending.filter((one) => keyOf(one.watch) === key);
      const [first] = some;
      if (!first) continue;
      const { monitor, kinds, baseline } = first.watch;
      const paths = [...new Set(some.flatMap((one) => one.segments.map((segment) => segment.path)))];
      const { score, features } = await predictionColumns(deps.analytics, paths);
      if (score === undefined) continue;
      if (monitor.labelDelayMs !== null) await deps.predictions.writeLabels(monitor.route, labelsPath);
      // The window before the first one tells what is new in it.
      const spans = [...some.map((one) => one.span), spanAt(Math.min(...some.map((one) => one.span.startMs)) - 1, monitor.windowMs)];
      const present = Object.fromEntries(Object.entries(kinds).filter(([column]) => features.includes(column)));
      const live: LiveRows = {
        paths,
        score,
        kinds: present,
        spans,
        windowMs: monitor.windowMs,
        labels: monitor.labelDelayMs === null ? null : { path: labelsPath, delayMs: monitor.labelDelayMs, untilMs },
      };
      groups.set(key, { live, windows: await loadLive(deps.analytics, live, baseline.reference.counting) });
    }
  } finally {
    await rm(labelsPath, { force: true });
  }
  const groupOf = (monitor: Monitor) => groups.get(keys.get(monitor.name) ?? "");
  return {
    of: (monitor, span) => groupOf(monitor)?.windows.find((window) => window.startMs === span.startMs),
    live(monitor) {
      const group = groupOf(monitor);
      if (!group) throw new CapstanError("CAP-INTERNAL-001", { what: `monitor ${monitor.name} has no rows` });
      return group.live;
    },
  };
}

async function judgeOne(
  deps: EvaluationDeps,
  one: Pending,
  facts: Facts,
  untilMs: number,
  caller: Caller,
): Promise<{ alerts: number[]; incidents: string[] } | undefined> {
  const { watch, span } = one;
  const { monitor, baseline, series, backtest } = watch;
  const window = facts.of(monitor, span);
  // Segments overlap the window, but no watched row lies in it.
  if (!window) return undefined;
  const { database } = deps.store;
  if (one.known && one.known.rows === rowsOf(window) && one.known.labels === labelsOf(window) && one.known.mature === one.mature) {
    // What is new in it are rows that are not watched.
    await database.commit(sameWindow(monitor.project, monitor.name, span.startMs, one.dataDigest));
    return undefined;
  }
  const windowsBefore = (await listWindows(database, monitor.project, monitor.name, { toMs: span.startMs })).reverse();
  const [previous] = windowsBefore;
  const adjacent = previous?.endMs === span.startMs ? previous : undefined;
  const failing = new Set(adjacent?.cells.filter((cell) => cell.verdict === "fail").map((cell) => cell.series));
  const judged = judge(baseline, series, window, { alpha: backtest.alpha, mature: one.mature, failing });
  const before = facts.of(monitor, spanAt(span.startMs - 1, monitor.windowMs));
  const quartiles = await quartilesOfFailing(deps, watch, judged, facts);
  const goingOn = adjacent
    ? (await listAlerts(database, monitor.project, { monitor: monitor.name })).flatMap((alert) =>
        alert.endMs === span.startMs && alert.state !== "closed" ? alert.causes.slice(0, 1) : [],
      )
    : [];
  const causes = causesOf({ monitor, baseline, series, window, judged, before, quartiles, alpha: backtest.alpha, goingOn });
  const evidence = await putEvidence(
    deps.store,
    evidenceOf({
      monitor,
      baseline,
      series,
      window,
      judged,
      causes,
      segments: one.segments.map((segment) => segment.digest),
      alpha: backtest.alpha,
    }),
  );
  const opens = opensAlert(monitor.config.alert?.after, [judged.verdict, ...windowsBefore.map((stored) => stored.verdict)]);
  for (let attempt = 1; ; attempt++) {
    try {
      return await commitWindow(deps, { one, judged, causes, evidence, opens, untilMs, window, adjacent }, caller);
    } catch (error) {
      if (!(error instanceof CapstanError && (error.code === "CAP-EXISTS-001" || error.code === "CAP-MOVED-001")) || attempt === attempts)
        throw error;
    }
  }
}

async function quartilesOfFailing(
  deps: EvaluationDeps,
  watch: Watch,
  judged: JudgedWindow,
  facts: Facts,
): Promise<Map<string, { reference: Quartiles; current: Quartiles }>> {
  const columns = judged.cells.flatMap((cell) => {
    const spec = watch.series.find((one) => one.id === cell.series);
    return cell.verdict === "fail" && spec?.of.kind === "column" && watch.kinds[spec.of.column] === "number" ? [spec.of.column] : [];
  });
  if (columns.length === 0) return new Map();
  const rows = await deps.reference.resolve(watch.monitor.project, watch.monitor.against);
  return rows
    ? quartilesOf(
        deps.analytics,
        columns,
        { paths: rows.paths, columns: watch.monitor.columns, kinds: watch.kinds },
        facts.live(watch.monitor),
        judged,
      )
    : new Map();
}

type Decided = {
  one: Pending;
  judged: JudgedWindow;
  causes: readonly Cause[];
  evidence: string;
  opens: boolean;
  untilMs: number;
  window: WindowFacts;
  adjacent: StoredWindow | undefined;
};

async function commitWindow(deps: EvaluationDeps, decided: Decided, caller: Caller): Promise<{ alerts: number[]; incidents: string[] }> {
  const { store } = deps;
  const { one, judged, causes, evidence } = decided;
  const { monitor, baseline, backtest } = one.watch;
  const { project } = monitor;
  const windowEntry = store.recorder.newEntryId();
  const newest = one.segments.reduce((a, b) => (a.closedMs >= b.closedMs ? a : b));
  const id = windowId(monitor.name, judged.startMs);
  const change: Change[number][] = [
    ...putWindow(project, monitor.name, {
      ...finiteOnly(judged),
      dataDigest: one.dataDigest,
      evidence,
      causes,
      entryId: windowEntry,
      judgedMs: store.clock.nowMs(),
    }),
  ];
  const outside = judged.cells.filter((cell) => cell.verdict === "fail" || cell.verdict === "warn");
  const entries: EntryDraft[] = [
    {
      id: windowEntry,
      action: "window.judged",
      subject: { type: "window", id, digest: evidence },
      project,
      actor: caller.actor,
      outcome: judged.verdict,
      because: newest.entryId,
      payload: finiteOnly({
        monitor: monitor.name,
        start: toTime(judged.startMs),
        end: toTime(judged.endMs),
        rows: judged.rows,
        labels: judged.labels,
        reason: judged.reason,
        outside: outside.map(({ series, value, bound, lower, p, q, verdict }) => ({ series, value, bound, lower, p, q, verdict })),
      }) as Json,
    },
  ];
  change.push(
    ...store.recorder.lineage(
      [
        {
          id: `window:${id}`,
          kind: "window",
          title: `window of ${monitor.name} from ${toTime(judged.startMs).slice(0, 10)}`,
          digest: evidence,
          facts: { rows: judged.rows, verdict: judged.verdict },
        },
      ],
      [
        ...one.segments.map((segment) => ({ from: `window:${id}`, to: `segment:${segment.id}`, relation: "counts" })),
        { from: `window:${id}`, to: `blob:${baseline.reference.digest}`, relation: "against" },
        { from: `window:${id}`, to: `monitor:${monitor.name}`, relation: "judged by" },
      ],
      project,
    ),
  );

  const known = await listAlerts(store.database, project, { monitor: monitor.name });
  const config = await deps.watching.config(project);
  const requests = await listRequests(store.database, project);
  const mutes = await listMutes(store.database, project, monitor.name, store.clock.nowMs());
  const drafts = decided.opens
    ? alertsOf({
        monitor,
        baseline,
        specs: one.watch.series,
        judged,
        window: decided.window,
        causes,
        evidence,
        alpha: backtest.alpha,
        known,
        firstNumber: await nextAlertNumber(store.database, project),
        nowMs: store.clock.nowMs(),
        newEntryId: () => store.recorder.newEntryId(),
      })
    : [];
  const all: Joined[] = [];
  for (const alert of drafts) {
    const joined = await deps.incidents.join(alert, all);
    all.push(joined);
    const muted = mutes.find((mute) => mute.cluster === alert.cluster);
    const asked = muted ? [] : requestsOf(config, alert, joined.incident, monitor.labelDelayMs ?? 0, requests);
    requests.push(...asked);
    change.push(...insertAlert(alert, joined.incident, asked.length > 0, muted ? "acknowledged" : "open"));
    entries.push({
      id: alert.entryId,
      action: "alert.opened",
      subject: { type: "alert", id: alertName(alert.number), digest: evidence },
      project,
      actor: caller.actor,
      outcome: "fail",
      because: windowEntry,
      payload: finiteOnly({
        monitor: monitor.name,
        window: id,
        title: alert.title,
        detail: alert.detail,
        series: alert.series,
        incident: joined.incident,
        causes: alert.causes.map(({ kind, title, evidence: says, score }) => ({ kind, title, evidence: says, score })),
        ...(muted && { muted: muted.entryId }),
        triggers: asked.map(({ trigger, set, dueMs }) => ({ trigger, set, due: toTime(dueMs) })),
      }) as Json,
    });
    change.push(
      ...store.recorder.lineage(
        [
          {
            id: alertNode(alert.number),
            kind: "alert",
            title: alert.title,
            digest: evidence,
            facts: { monitor: monitor.name, cause: alert.kind },
          },
          { id: `incident:${joined.incident}`, kind: "incident", title: `incident ${joined.incident}`, digest: null, facts: {} },
        ],
        [
          { from: alertNode(alert.number), to: `window:${id}`, relation: "found in" },
          { from: `incident:${joined.incident}`, to: alertNode(alert.number), relation: "made of" },
        ],
        project,
      ),
    );
    change.push(...joined.change);
    entries.push(...joined.entries);
    for (const request of asked) {
      // Due already, in event time: the work is asked for in this very change.
      const due = request.dueMs <= decided.untilMs;
      change.push(...insertRequest({ ...request, asked: due }, store.clock.nowMs()));
      if (due) change.push(deps.jobs.enqueue(jobOf(request)));
    }
  }
  const incidents = all.map((joined) => joined.incident);
  await endStretches(
    deps,
    decided,
    known,
    drafts.map((alert) => alert.cluster),
    windowEntry,
    change,
    entries,
    caller,
  );
  await store.recorder.commit(change, entries);
  store.events.emit("changed", { project, kind: "monitor", id: monitor.name });
  for (const alert of drafts) store.events.emit("changed", { project, kind: "alert", id: alertName(alert.number) });
  for (const incident of incidents) store.events.emit("changed", { project, kind: "incident", id: incident });
  return { alerts: drafts.map((alert) => alert.number), incidents };
}

/** Alerts of clusters that a judged window no longer holds are over: the stretch is closed and said. Only the newest window may end one. */
async function endStretches(
  deps: EvaluationDeps,
  decided: Decided,
  known: readonly Alert[],
  clusters: readonly string[],
  because: string,
  change: Change[number][],
  entries: EntryDraft[],
  caller: Caller,
): Promise<void> {
  const { judged, one } = decided;
  const { monitor } = one.watch;
  if (judged.verdict === "inconclusive") return;
  const open = known.filter((alert) => alert.state !== "closed" && alert.endMs <= judged.startMs && !clusters.includes(alert.cluster));
  for (const incident of new Set(open.flatMap((alert) => (alert.incident === null ? [] : [alert.incident])))) {
    const its = open.filter((alert) => alert.incident === incident);
    const last = its.reduce((a, b) => (a.endMs >= b.endMs ? a : b));
    change.push(
      ...closeAlerts(
        monitor.project,
        its.map((alert) => alert.number),
        deps.store.clock.nowMs(),
      ),
    );
    const entryId = deps.store.recorder.newEntryId();
    entries.push({
      id: entryId,
      action: "alert.closed",
      subject: { type: "alert", id: alertName(last.number) },
      project: monitor.project,
      actor: caller.actor,
      outcome: "quiet",
      because,
      payload: {
        alerts: its.map((alert) => alertName(alert.number)),
        incident,
        from: toTime(Math.min(...its.map((alert) => alert.startMs))),
        until: toTime(last.endMs),
        quietFrom: toTime(judged.startMs),
      },
    });
    const said = await deps.incidents.quiet({ project: monitor.project, incident, quietFromMs: judged.startMs, because: entryId });
    change.push(...said.change);
    entries.push(...said.entries);
  }
}

const jobOf = (request: TriggerRequest) => ({
  project: request.project,
  kind: "trigger.run",
  because: request.alertEntry,
  key: request.jobKey,
  payload: {
    trigger: request.trigger,
    incident: request.incident,
    alertEntry: request.alertEntry,
    set: request.set,
    dueAt: toTime(request.dueMs),
  } as Json,
});

/** Requests whose event time has come become jobs; all that were asked for are returned. */
async function askWhatIsDue(deps: EvaluationDeps, project: string, untilMs: number): Promise<Triggered[]> {
  const { database } = deps.store;
  const triggered: Triggered[] = [];
  for (const request of await listRequests(database, project)) {
    if (!request.asked) {
      if (request.dueMs > untilMs) continue;
      await database.commit([deps.jobs.enqueue(jobOf(request)), ...markAsked(request)]);
    }
    const job = await findJob(database, request.jobKey);
    if (job !== undefined) triggered.push({ ...request, asked: true, job });
  }
  return triggered;
}
