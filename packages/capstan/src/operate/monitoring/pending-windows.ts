import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Segment } from "../../ship/serving/model.ts";
import type { EvaluationDeps } from "./evaluation-deps.ts";
import type { Span } from "./model.ts";
import { type StoredWindow, countLabelsIn, listWindows } from "./store.ts";
import type { Watch } from "./watching.ts";
import { closedSpans } from "./windows.ts";

export type Closed = Segment & { path: string };
export type Pending = {
  readonly watch: Watch;
  readonly span: Span;
  readonly segments: readonly Closed[];
  readonly mature: boolean;
  readonly dataDigest: string;
  readonly known: StoredWindow | undefined;
};

/** Windows that have ended and hold something that was not judged yet, in order of time. */
export async function pendingOf(deps: EvaluationDeps, watch: Watch, segments: readonly Closed[], untilMs: number): Promise<Pending[]> {
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
