import type { ProjectConfig } from "@capstan/contract/config";
import { toTime } from "../../base/foundation/clock.ts";
import { type AlertDraft, alertName, type CauseKind, type TriggerRequest } from "./model.ts";

/** As capstan.yaml names causes. */
const causeNames: Record<CauseKind, string> = {
  unit: "unit",
  data: "data",
  prior: "prior_shift",
  slice: "slice",
  release: "release",
  upstream: "upstream",
  impact: "impact",
  fault: "fault",
};

const dayMs = 86_400_000;

/** Whether a trigger rests: asked for too shortly before, or as often as a day may hold. Counted in event time, so that a replay decides as the days did. */
export function rests(
  limit: { cool_down?: number | undefined; per_day?: number | undefined } | undefined,
  dueMs: number,
  earlier: readonly { dueMs: number }[],
): boolean {
  const within = (ms: number): number => earlier.filter((one) => Math.abs(dueMs - one.dueMs) < ms).length;
  return within(limit?.cool_down ?? 0) > 0 || within(dayMs) >= (limit?.per_day ?? Number.POSITIVE_INFINITY);
}

/** What an alert of an incident asks for: each trigger at most once an incident and within its limit, due in event time when the rows to test on have come and their truth with them. */
export function requestsOf(
  config: ProjectConfig | undefined,
  alert: AlertDraft,
  incident: string,
  labelDelayMs: number,
  known: readonly TriggerRequest[],
): TriggerRequest[] {
  return Object.entries(config?.triggers ?? {}).flatMap(([trigger, declared]) => {
    const { when } = declared;
    if (!("alert" in when)) return [];
    const monitors = [when.alert].flat();
    if (!monitors.includes(`monitor:${alert.monitor}`)) return [];
    if (when.cause !== undefined && when.cause !== causeNames[alert.kind] && when.cause !== alert.kind) return [];
    if (known.some((one) => one.trigger === trigger && one.incident === incident)) return [];
    const dueMs = alert.endMs + (when.delay ?? 0) + labelDelayMs;
    const earlier = known.filter((one) => one.trigger === trigger);
    if (rests(declared.limit, dueMs, earlier)) return [];
    const event: Record<string, string> = {
      window_start: toTime(alert.startMs),
      window_end: toTime(alert.endMs),
      alert: alertName(alert.number),
      incident,
      monitor: alert.monitor,
      route: alert.route,
      model: alert.model,
      cause: causeNames[alert.kind],
    };
    const set = Object.entries(declared.set ?? {}).map(
      ([param, value]) => `${param}=${String(value).replace(/\$\{event\.(\w+)\}/g, (whole, key: string) => event[key] ?? whole)}`,
    );
    return [
      {
        project: alert.project,
        trigger,
        incident,
        alertEntry: alert.entryId,
        set,
        dueMs,
        jobKey: `trigger:${alert.project}:${trigger}:${incident}`,
        asked: false,
      },
    ];
  });
}
