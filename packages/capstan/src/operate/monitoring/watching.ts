import { CapstanError } from "../../base/foundation/errors.ts";
import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import type { Caller } from "../../base/foundation/caller.ts";
import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { EntryDraft } from "../../base/record/model.ts";
import type { Store } from "../../base/record/store.ts";
import type { Change } from "../../base/storage/database.ts";
import type { Analytics } from "../../build/data/analytics.ts";
import type { RegistryService } from "../../build/registry/model.ts";
import { type Baseline, createBaseline } from "./baseline.ts";
import { monitorFrom, monitorsOf, settingsDigest, settingsOf } from "./declared.ts";
import { loadReference } from "./facts.ts";
import type { ColumnKind, Monitor, Predictions, ProjectConfig, ProjectConfigs, ReferenceRows, SeriesSpec } from "./model.ts";
import { predictionColumns, referenceKinds } from "./rows.ts";
import { backtest, rulesVersion } from "./rules.ts";
import { seriesOf } from "./series.ts";
import { findBacktest, insertBacktest, listMonitors, putMonitor, type StoredBacktest } from "./store.ts";

export type WatchingDeps = {
  store: Store;
  analytics: Analytics;
  predictions: Predictions;
  reference: ReferenceRows;
  configs: ProjectConfigs;
  registry: Pick<RegistryService, "versions">;
};

/** A monitor ready to judge: its reference counted, its bounds learned. */
export type Watch = {
  readonly monitor: Monitor;
  readonly baseline: Baseline;
  readonly kinds: Readonly<Record<string, ColumnKind>>;
  readonly series: readonly SeriesSpec[];
  readonly backtest: StoredBacktest;
  readonly fresh: boolean;
};

const kept = 4;

export function createWatching(deps: WatchingDeps) {
  const { store, analytics } = deps;
  // References are read rarely and cost seconds; a few stay counted.
  const counted = new Map<string, Promise<Baseline>>();

  const baselineOf = (
    monitor: Monitor,
    rows: { paths: readonly string[]; digest: string; name: string },
    kinds: Readonly<Record<string, ColumnKind>>,
  ): Promise<Baseline> => {
    const key = digestOfJson({ digest: rows.digest, kinds, columns: monitor.columns, windowMs: monitor.windowMs });
    let known = counted.get(key);
    if (!known) {
      known = loadReference(analytics, monitor, rows, kinds).then(createBaseline);
      known.catch(() => counted.delete(key));
      counted.set(key, known);
      for (const old of counted.keys()) if (counted.size > kept) counted.delete(old);
    }
    return known;
  };

  /** Inputs of the newest model version, else what has been logged. Null when neither is known. */
  const featuresOf = async (monitor: Monitor): Promise<readonly string[] | null> => {
    const [newest] = await deps.registry.versions(monitor.project, monitor.model);
    if (newest) return newest.signature.inputs.map((input) => input.name);
    const paths = (await deps.predictions.closedSegments(monitor.route)).map((segment) => segment.path);
    return paths.length > 0 ? (await predictionColumns(analytics, paths)).features : null;
  };

  return {
    config: (project: string): Promise<ProjectConfig | undefined> => deps.configs.config(project),

    /** As capstan.yaml declares them now, else as they were last declared. */
    async monitors(project: string): Promise<Monitor[]> {
      const config = await deps.configs.config(project);
      return config ? monitorsOf(project, config) : (await listMonitors(store.database, project)).map(monitorFrom);
    },

    async find(project: string, name: string): Promise<Monitor> {
      const found = (await this.monitors(project)).find((monitor) => monitor.name === name);
      if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "monitor", name });
      return found;
    },

    /** Counts the reference and learns the bounds, with entries for what was not on record yet. Undefined while there are no reference rows. */
    async watch(monitor: Monitor, caller: Caller): Promise<Watch | undefined> {
      const rows = await deps.reference.resolve(monitor.project, monitor.against);
      const features = rows && (await featuresOf(monitor));
      if (!rows || !features) return undefined;
      const all = await referenceKinds(analytics, rows.paths, monitor.columns, rows.name);
      const kinds = Object.fromEntries(features.flatMap((feature) => (all[feature] === undefined ? [] : [[feature, all[feature]]])));
      const baseline = await baselineOf(monitor, rows, kinds);
      const series = seriesOf(monitor, kinds);
      const key = digestOfJson({
        rulesVersion,
        settings: settingsDigest(monitor),
        reference: rows.digest,
        series: series.map((one) => one.id),
      });
      const known = await findBacktest(store.database, monitor.project, monitor.name, key);
      if (known) return { monitor, baseline, kinds, series, backtest: known, fresh: false };
      const change: Change[number][] = [];
      const entries: EntryDraft[] = [];
      const declared = (await listMonitors(store.database, monitor.project)).find((one) => one.name === monitor.name);
      const digest = settingsDigest(monitor);
      const common = { project: monitor.project, actor: caller.actor, ...(caller.because !== undefined && { because: caller.because }) };
      if (declared?.digest !== digest) {
        const entryId = store.recorder.newEntryId();
        change.push(
          ...putMonitor(
            {
              project: monitor.project,
              name: monitor.name,
              route: monitor.route,
              model: monitor.model,
              settings: canonicalJson(settingsOf(monitor)),
              digest,
              entryId,
            },
            store.clock.nowMs(),
          ),
        );
        entries.push({
          ...common,
          id: entryId,
          action: declared ? "monitor.changed" : "monitor.declared",
          subject: { type: "monitor", id: monitor.name, digest },
          payload: settingsOf(monitor),
        });
      }
      const entryId = store.recorder.newEntryId();
      const result: StoredBacktest = {
        ...backtest(baseline, monitor, series),
        series,
        reference: rows.digest,
        referenceName: rows.name,
        entryId,
        atMs: store.clock.nowMs(),
      };
      change.push(...insertBacktest(monitor.project, key, result));
      change.push(
        ...store.recorder.lineage(
          [
            { id: `monitor:${monitor.name}`, kind: "monitor", title: `monitor ${monitor.name} of ${monitor.route}`, digest, facts: {} },
            { id: `blob:${rows.digest}`, kind: "blob", title: `bytes of ${rows.name}`, digest: rows.digest, facts: {} },
          ],
          [{ from: `monitor:${monitor.name}`, to: `blob:${rows.digest}`, relation: "learned from" }],
          monitor.project,
        ),
      );
      entries.push({
        ...common,
        id: entryId,
        action: "monitor.backtested",
        subject: { type: "monitor", id: monitor.name, digest },
        outcome: result.verdict,
        payload: {
          reference: rows.digest,
          alpha: result.alpha,
          alarms: result.alarms,
          cells: result.cells,
          weeksWithAlarm: result.weeksWithAlarm,
          weeks: result.weeks,
          alarming: result.alarming as unknown as Json,
        },
      });
      await store.recorder.commit(change, entries);
      store.events.emit("changed", { project: monitor.project, kind: "monitor", id: monitor.name });
      return { monitor, baseline, kinds, series, backtest: result, fresh: true };
    },
  };
}
export type Watching = ReturnType<typeof createWatching>;
