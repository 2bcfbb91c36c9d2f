import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Jobs } from "../../base/storage/jobs.ts";
import { type AlertActs, createAlertActs } from "./acts.ts";
import { evaluate, type Evaluation } from "./evaluation.ts";
import { type Alert, type IncidentGrouping, type Monitor } from "./model.ts";
import { findAlert, findBacktest, listAlerts, listWindows, type StoredBacktest, type StoredWindow } from "./store.ts";
import { createWatching, type Watch, type WatchingDeps } from "./watching.ts";

/** What the gate asks of the monitors of a route. */
export type MonitorFacts = {
  readonly name: string;
  readonly kinds: readonly string[];
  readonly backtest: { readonly alarmShare: number; readonly evidence: string } | null;
};

export type MonitoringService = {
  /** As declared now. */
  monitors(project: string): Promise<Monitor[]>;
  find(project: string, monitor: string): Promise<Monitor>;
  /** Learns the bounds of every monitor and says what they would have said about the reference. Made once for equal settings and rows. */
  backtest(project: string, caller: Caller): Promise<{ backtests: StoredBacktest[]; entryId: string | null }>;
  evaluate(project: string, untilMs: number | undefined, caller: Caller): Promise<Evaluation & { seconds: number }>;
  /** Monitors of a route with their backtest on the present reference, made now when it was not made yet. */
  facts(project: string, route: string, caller: Caller): Promise<MonitorFacts[]>;
  lastBacktest(project: string, monitor: string): Promise<StoredBacktest | undefined>;
  windows(project: string, monitor: string, range?: { fromMs?: number; toMs?: number }): Promise<StoredWindow[]>;
  alerts(
    project: string,
    filter?: { monitor?: string; incident?: string; open?: boolean; below?: number; limit?: number },
  ): Promise<Alert[]>;
  alert(project: string, name: string): Promise<Alert>;
  readonly acts: AlertActs;
};

export type MonitoringDeps = WatchingDeps & { incidents: IncidentGrouping; jobs: Pick<Jobs, "enqueue"> };

export function createMonitoringService(deps: MonitoringDeps): MonitoringService {
  const { store } = deps;
  const watching = createWatching(deps);
  // One evaluation at a time: a second one finds the windows of the first judged.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const backtestAll = async (
    project: string,
    caller: Caller,
    route?: string,
  ): Promise<{ monitor: Monitor; watch: Watch | undefined }[]> => {
    const found: { monitor: Monitor; watch: Watch | undefined }[] = [];
    for (const monitor of await watching.monitors(project))
      if (route === undefined || monitor.route === route) found.push({ monitor, watch: await watching.watch(monitor, caller) });
    return found;
  };

  return {
    monitors: (project) => watching.monitors(project),
    find: (project, name) => watching.find(project, name),
    backtest: (project, caller) =>
      inTurn(async () => {
        const backtests = (await backtestAll(project, caller)).flatMap(({ watch }) => (watch ? [watch.backtest] : []));
        return { backtests, entryId: backtests.at(-1)?.entryId ?? null };
      }),
    evaluate: (project, untilMs, caller) =>
      inTurn(async () => {
        const startedMs = performance.now();
        const evaluation = await evaluate({ ...deps, watching }, project, untilMs, caller);
        return { ...evaluation, seconds: (performance.now() - startedMs) / 1000 };
      }),
    facts: (project, route, caller) =>
      inTurn(async () =>
        (await backtestAll(project, caller, route)).map(({ monitor, watch }) => ({
          name: monitor.name,
          kinds: [...new Set(monitor.config.tests.map((test) => test.kind))],
          backtest:
            watch && watch.backtest.cells > 0
              ? { alarmShare: watch.backtest.alarms / watch.backtest.cells, evidence: `entry:${watch.backtest.entryId}` }
              : null,
        })),
      ),
    lastBacktest: (project, monitor) => findBacktest(store.database, project, monitor),
    windows: (project, monitor, range) => listWindows(store.database, project, monitor, range),
    acts: createAlertActs(deps),
    alerts: (project, filter) => listAlerts(store.database, project, filter),
    async alert(project, name) {
      const number = Number(/^AL-(\d+)$/.exec(name)?.[1] ?? Number.NaN);
      const found = Number.isInteger(number) ? await findAlert(store.database, project, number) : undefined;
      if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "alert", name });
      return found;
    },
  };
}
