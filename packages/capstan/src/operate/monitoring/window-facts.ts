import { CapstanError } from "../../base/foundation/errors.ts";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { EvaluationDeps } from "./evaluation-deps.ts";
import { loadLive } from "./facts.ts";
import type { Monitor, Span, WindowFacts } from "./model.ts";
import type { Pending } from "./pending-windows.ts";
import { type LiveRows, predictionColumns } from "./rows.ts";
import type { Watch } from "./watching.ts";
import { spanAt } from "./windows.ts";

export type Facts = { of(monitor: Monitor, span: Span): WindowFacts | undefined; live(monitor: Monitor): LiveRows };

/** One pass over the segments for all monitors of a route that count alike. */
export async function loadFacts(deps: EvaluationDeps, pending: readonly Pending[], untilMs: number): Promise<Facts> {
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
