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

/** What an alert of an incident asks for: each trigger at most once an incident, due in event time when the rows to test on have come and their truth with them. */
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
        dueMs: alert.endMs + (when.delay ?? 0) + labelDelayMs,
        jobKey: `trigger:${alert.project}:${trigger}:${incident}`,
        asked: false,
      },
    ];
  });
}
