import type { OutputOf } from "@capstan/contract";
import type { incidentsOperations } from "@capstan/contract/operations/incidents";
import type { Handlers } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { Alert } from "../monitoring/model.ts";
import { alertName } from "../monitoring/model.ts";
import { listWindows } from "../monitoring/store.ts";
import { lengthOf, number, plural } from "../monitoring/words.ts";
import { type FollowUp, type Incident, incidentName } from "./model.ts";
import type { IncidentsService } from "./service.ts";
import { impactOf, timelineOf } from "./timeline.ts";

type View = OutputOf<(typeof incidentsOperations)["incidents.get"]>;
/** Declared here, plugged in by the program: the tier of law and the level that a model was classified with. */
export type RiskOf = (project: string, model: string) => Promise<{ tier: string | null; level: number | null } | undefined>;

const seconds = (fromMs: number, toMs: number | null): number | null => (toMs === null ? null : (toMs - fromMs) / 1000);
const span = (value: number | null): string =>
  value === null ? "going on" : value === 0 ? "at once" : value < 60 ? `${number(value)} s` : lengthOf(Math.round(value / 60) * 60_000);

function rowOf(
  incident: Incident,
  alerts: number,
  actions: readonly FollowUp[],
): OutputOf<(typeof incidentsOperations)["incidents.list"]>["incidents"][number] {
  return {
    incident: incidentName(incident.number),
    title: incident.title,
    severity: incident.severity,
    state: incident.state,
    model: incident.model,
    class: incident.class,
    openedAt: toTime(incident.openedMs),
    closedAt: incident.closedMs === null ? null : toTime(incident.closedMs),
    silentSeconds: seconds(incident.impactMs, incident.detectedMs),
    mitigateSeconds: seconds(incident.detectedMs, incident.mitigatedMs),
    restoreSeconds: seconds(incident.impactMs, incident.restoredMs),
    alerts,
    actionsOpen: actions.filter((one) => one.state === "open").length,
  };
}

export const incidentsHandlers = (service: IncidentsService, store: Store, riskOf?: RiskOf): Handlers<typeof incidentsOperations> => ({
  async "incidents.list"({ project, state, limit, cursor }) {
    const below = cursor === undefined ? undefined : Number(cursor);
    if (below !== undefined && !Number.isSafeInteger(below))
      throw new CapstanError("CAP-REQUEST-001", { operation: "incidents.list", problem: "cursor is not one that this list gave" });
    const found = await service.list(project, { open: state === "open", limit: limit + 1, ...(below !== undefined && { below }) });
    const shown = found.slice(0, limit);
    return {
      incidents: await Promise.all(shown.map(async (one) => rowOf(one, (await service.alerts(one)).length, await service.followUps(one)))),
      next: found.length > limit ? String(shown.at(-1)?.number) : null,
    };
  },
  async "incidents.get"({ project, incident: name }) {
    const incident = await service.get(project, name);
    const [alerts, entries, followUps, risk] = await Promise.all([
      service.alerts(incident),
      service.entries(incident),
      service.followUps(incident),
      incident.model === null ? undefined : riskOf?.(project, incident.model),
    ]);
    const [first] = alerts;
    const around = first ? await listWindows(store.database, project, first.monitor) : [];
    const row = rowOf(incident, alerts.length, followUps);
    const retraining = entries.filter((entry) => entry.action === "model.version.registered").map((entry) => entry.subject.id);
    return {
      ...row,
      sentence: sentenceOf(incident, alerts, followUps),
      facts: [
        { label: "Silent for", value: span(row.silentSeconds), small: "impact to detection" },
        { label: "To mitigate", value: incident.mitigatedMs === null ? "not yet" : span(row.mitigateSeconds), small: "from detection" },
        { label: "To restore", value: span(row.restoreSeconds), small: "from impact" },
        { label: "Windows", value: String(alerts.length), small: first ? `of monitor ${first.monitor}` : "no monitor" },
        {
          label: "Rows affected",
          value: number(
            around
              .filter((window) => alerts.some((alert) => alert.startMs === window.startMs))
              .reduce((sum, window) => sum + window.rows, 0),
          ),
          small: "answered in these windows",
        },
        {
          label: "Retrained",
          value: retraining.at(-1) ?? (alerts.some((alert) => alert.retrains) ? "asked for" : "no"),
          small: incident.kind === "unit" ? "a feed is repaired, not learned" : "by the same pipeline",
        },
      ],
      timeline: timelineOf(incident, alerts, entries),
      impact: impactOf(incident, alerts, around),
      factors: factorsOf(incident, alerts, followUps),
      actions: followUps.map((one) => ({
        action: one.action,
        title: one.title,
        detail: one.detail,
        verdict: one.verdict,
        state: one.state,
        dueAt: toTime(one.dueMs),
      })),
      clocks: risk
        ? [
            {
              title: "EU AI Act, article 73",
              applies: risk.tier === "high",
              reason:
                risk.tier === "high"
                  ? "the model is in a high-risk area"
                  : `${risk.tier ?? "not classified"}, level ${risk.level ?? "unknown"}`,
              dueAt: null,
            },
          ]
        : [],
      alertList: alerts.map((alert) => ({
        id: alertName(alert.number),
        title: alert.title,
        verdict: "fail" as const,
        openedAt: toTime(alert.openedMs),
      })),
      followUp: followUps.find((one) => one.state === "open")?.title ?? null,
    };
  },
  async "incidents.close"({ project, incident, message }, caller) {
    const closed = await service.close(project, incident, message, caller);
    return { incident: incidentName(closed.incident.number), state: closed.incident.state, entry: closed.entry };
  },
});

function sentenceOf(incident: Incident, alerts: readonly Alert[], followUps: readonly FollowUp[]): string {
  const found = alerts[0]
    ? `Found by monitor ${alerts[0].monitor} in ${plural(alerts.length, "window")}.`
    : "Found by the guards of a release.";
  const open = followUps.filter((one) => one.state === "open").map((one) => one.action);
  const waits = incident.state === "closed" ? "Closed." : open.length > 0 ? `Closing waits for ${open.join(", ")}.` : "It can be closed.";
  return `Class ${incident.class}${incident.about ? `, ${incident.about}` : ""}. ${found} ${waits}`;
}

function factorsOf(incident: Incident, alerts: readonly Alert[], followUps: readonly FollowUp[]): View["factors"] {
  const [first] = alerts;
  const monitor = first ? `/p/${incident.project}/monitors/${first.monitor}` : null;
  const none = { href: null, entry: null };
  if (incident.class === "release")
    return [
      {
        type: "trigger",
        title: incident.title,
        sense: "The version passed what was asked of it before it met traffic, or was released without.",
        ...none,
        href: `/p/${incident.project}/releases/${incident.about}`,
      },
    ];
  const factors: View["factors"] = [
    { type: "trigger", title: incident.title, sense: first?.causes[0]?.evidence ?? "", ...none, href: monitor },
  ];
  if (incident.kind === "unit")
    factors.push({
      type: "latent",
      title: `No check on the unit of ${incident.about}`,
      sense: followUps.some((one) => one.state === "done") ? "It has one now." : "The rules were learned from data with one unit only.",
      ...none,
    });
  if (incident.kind === "prior")
    factors.push({
      type: "latent",
      title: "The model learned from other weeks",
      sense: "Its training rows held no weeks with such a share.",
      ...none,
    });
  if (first)
    factors.push({
      type: "detection_gap",
      title: `Windows of ${lengthOf(first.endMs - first.startMs)}`,
      sense: "A window is judged when it has ended; shorter ones would see it sooner, on fewer rows.",
      ...none,
      href: monitor,
    });
  return factors;
}
