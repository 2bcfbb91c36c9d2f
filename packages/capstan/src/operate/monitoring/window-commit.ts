import type { Caller } from "../../base/foundation/caller.ts";
import type { Json } from "../../base/foundation/canonical-json.ts";
import { toTime } from "../../base/foundation/clock.ts";
import type { EntryDraft } from "../../base/record/model.ts";
import type { Change } from "../../base/storage/database.ts";
import { alertsOf } from "./alerting.ts";
import type { EvaluationDeps } from "./evaluation-deps.ts";
import { finiteOnly } from "./evidence.ts";
import { type Cause, type Joined, type JudgedWindow, type WindowFacts, alertName, alertNode, windowId } from "./model.ts";
import type { Pending } from "./pending-windows.ts";
import { type StoredWindow, insertAlert, insertRequest, listAlerts, listMutes, listRequests, nextAlertNumber, putWindow } from "./store.ts";
import { endStretches } from "./stretches.ts";
import { jobOf } from "./trigger-jobs.ts";
import { requestsOf } from "./triggers.ts";

export type Decided = {
  one: Pending;
  judged: JudgedWindow;
  causes: readonly Cause[];
  evidence: string;
  opens: boolean;
  untilMs: number;
  window: WindowFacts;
  adjacent: StoredWindow | undefined;
};

export async function commitWindow(
  deps: EvaluationDeps,
  decided: Decided,
  caller: Caller,
): Promise<{ alerts: number[]; incidents: string[] }> {
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
