import type { Caller } from "../../base/foundation/caller.ts";
import type { EvaluationDeps } from "./evaluation-deps.ts";
import { judgeOne } from "./judging.ts";
import { type Pending, pendingOf } from "./pending-windows.ts";
import { newestWatched } from "./rows.ts";
import { type Triggered, askWhatIsDue } from "./trigger-jobs.ts";
import { loadFacts } from "./window-facts.ts";

export type Evaluation = {
  readonly windows: number;
  readonly alerts: readonly number[];
  readonly incidents: readonly string[];
  readonly triggered: readonly Triggered[];
};

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
