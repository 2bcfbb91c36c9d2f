import type { Caller } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import type { EntryDraft } from "../../base/record/model.ts";
import type { Change } from "../../base/storage/database.ts";
import type { EvaluationDeps } from "./evaluation-deps.ts";
import { type Alert, alertName } from "./model.ts";
import type { Decided } from "./window-commit.ts";
import { closeAlerts } from "./store.ts";

/** Alerts of clusters that a judged window no longer holds are over: the stretch is closed and said. Only the newest window may end one. */
export async function endStretches(
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
