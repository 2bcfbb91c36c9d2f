import type { servingOperations } from "@capstan/contract/operations/serving";
import type { OutputOf } from "@capstan/contract";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Handlers } from "../../base/foundation/caller.ts";
import type { Store } from "../../base/record/store.ts";
import { versionName } from "../../build/registry/model.ts";
import type { Latency } from "./latency.ts";
import { flagNames, type RouteSettings } from "./model.ts";
import type { ServedArm, ServedRoute } from "./served-route.ts";
import type { ServingService } from "./service.ts";
import { countLabels, labelsOf, listSegments } from "./store.ts";

type Operations = Omit<typeof servingOperations, "routes.rollback">;
type Summary = OutputOf<Operations["routes.list"]>["routes"][number];

/** All but the rollback, which belongs to releases. */
export const servingHandlers = (service: ServingService, store: Store): Handlers<Operations> => {
  const settingsOf = (project: string, route: string): RouteSettings => {
    const settings = service.settings(project).find((one) => one.route === route);
    if (!settings) throw new CapstanError("CAP-SERVE-001", { route });
    return settings;
  };
  return {
    "routes.list": async ({ project }) => ({
      routes: service.settings(project).map((settings) => summary(settings, service.find(settings.route))),
    }),
    async "routes.get"({ project, route }) {
      const settings = settingsOf(project, route);
      const served = service.find(route);
      const [tables, segments, labels] = await Promise.all([
        service.tables(route, 100),
        listSegments(store.database, route),
        countLabels(store.database, route),
      ]);
      const openRows = service.openRows(route);
      const signature = served?.signature;
      return {
        ...summary(settings, served),
        signature: signature
          ? {
              inputs: signature.inputs.map((column) => ({ ...column, shape: [...column.shape] })),
              outputs: signature.outputs.map((column) => ({ ...column, shape: [...column.shape] })),
            }
          : null,
        epochs: tables.map((table) => ({
          epoch: table.epoch,
          at: toTime(table.atMs),
          reason: table.reason,
          entry: table.entryId,
          arms: table.arms.map((arm) => ({ arm: arm.arm, model: arm.model, version: versionName(arm.number), share: arm.share })),
        })),
        predictions: {
          rows: segments.reduce((sum, segment) => sum + segment.rows, openRows),
          segments: segments.length,
          openRows,
          labels,
          firstObservedAt: segments.length > 0 ? toTime(Math.min(...segments.map((segment) => segment.firstObservedMs))) : null,
          lastObservedAt: segments.length > 0 ? toTime(Math.max(...segments.map((segment) => segment.lastObservedMs))) : null,
        },
        url: `/v2/models/${route}/infer`,
        settings: {
          answerWithin: settings.answerWithinMs / 1000,
          key: settings.key,
          fallback: settings.fallback.map((one) => (one === "previous" ? one : `constant ${one.constant}`)),
        },
      };
    },
    async "labels.append"({ project, route, labels }) {
      const added = await service.appendLabels(
        project,
        route,
        labels.map((label) => ({ key: label.key, value: label.value, observedMs: Date.parse(label.observed_at) })),
      );
      return { received: labels.length, added };
    },
    async "predictions.list"({ project, route, limit, cursor, key, use, version, from, until }) {
      settingsOf(project, route);
      const page = await service.predictions(
        route,
        {
          ...(key !== undefined && { key }),
          ...(use !== undefined && { use }),
          ...(version !== undefined && { version: Number(version.replace(/^v/, "")) || 0 }),
          ...(from !== undefined && { fromMs: Date.parse(from) }),
          ...(until !== undefined && { untilMs: Date.parse(until) }),
        },
        { limit, ...(cursor !== undefined && { cursor }) },
      );
      const labels = await labelsOf(store.database, route, [
        ...new Set(page.predictions.flatMap((one) => (one.key === null ? [] : [one.key]))),
      ]);
      return {
        cursor: page.cursor,
        rows: page.rows,
        predictions: page.predictions.map((one) => {
          const label = one.key === null ? undefined : labels.get(one.key);
          return {
            id: one.id,
            observedAt: toTime(one.observedMs),
            receivedAt: toTime(one.receivedMs),
            epoch: one.epoch,
            model: one.model,
            version: versionName(one.version),
            arm: one.arm,
            key: one.key,
            use: one.use,
            caller: one.caller,
            features: { ...one.features },
            outputs: { ...one.outputs },
            latency: one.latencyUs / 1e6,
            flags: flagNames(one.flags),
            segment: one.segment,
            label: label ? { value: label.value, observedAt: toTime(label.observedMs) } : null,
          };
        }),
      };
    },
    async "predictions.keys"({ project, route, use }) {
      settingsOf(project, route);
      return { keys: await service.keys(route, use) };
    },
  };
};

const seconds = (us: number | undefined): number => (us ?? 0) / 1e6;
const latencyOut = (latency: Latency): { p50: number; p95: number; p99: number } | null =>
  latency.count === 0
    ? null
    : { p50: seconds(latency.quantile(0.5)), p95: seconds(latency.quantile(0.95)), p99: seconds(latency.quantile(0.99)) };

const armOut = ({ spec, loaded, counts }: ServedArm): Summary["arms"][number] => ({
  arm: spec.arm,
  model: spec.model,
  version: versionName(spec.number),
  bundle: spec.bundle,
  digest: spec.digest,
  share: spec.share,
  requests: counts.requests,
  rows: counts.rows,
  failures: counts.failures,
  latency: latencyOut(counts.latency),
  placement: loaded.runtime.warmUp.placement,
  warmUp: loaded.runtime.warmUp.p99Us / 1e6,
  since: toTime(spec.sinceMs),
});

function summary(settings: RouteSettings, served: ServedRoute | undefined): Summary {
  const counts = served?.counts;
  return {
    route: settings.route,
    model: settings.model,
    epoch: served?.table.epoch ?? 0,
    arms: [served?.live, served?.canary, served?.shadow].flatMap((arm) => (arm ? [armOut(arm)] : [])),
    live: served?.live ? versionName(served.live.spec.number) : null,
    back: served?.back ? { version: versionName(served.back.spec.number), bundle: served.back.spec.bundle, warm: true } : null,
    requests: counts?.requests ?? 0,
    rows: counts?.rows ?? 0,
    failures: counts?.failures ?? 0,
    fallbacks: counts?.fallbacks ?? 0,
    latency: counts ? latencyOut(counts.latency) : null,
    log: settings.log,
    release: served?.table.release ?? null,
  };
}
