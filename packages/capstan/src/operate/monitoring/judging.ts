import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Quartiles } from "@capstan/statistics";
import { labelsOf, rowsOf } from "./baseline.ts";
import { causesOf } from "./causes.ts";
import type { EvaluationDeps } from "./evaluation-deps.ts";
import { evidenceOf, putEvidence } from "./evidence.ts";
import type { JudgedWindow } from "./model.ts";
import type { Pending } from "./pending-windows.ts";
import { quartilesOf } from "./quartiles.ts";
import { judge, opensAlert } from "./rules.ts";
import { listAlerts, listWindows, sameWindow } from "./store.ts";
import type { Watch } from "./watching.ts";
import { commitWindow } from "./window-commit.ts";
import type { Facts } from "./window-facts.ts";
import { spanAt } from "./windows.ts";

/** A change that another one came before is decided again so often. */
const attempts = 3;

export async function judgeOne(
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
