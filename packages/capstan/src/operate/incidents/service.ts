import type { Caller } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { listEntries } from "../../base/record/entries.ts";
import type { Entry, EntryDraft } from "../../base/record/model.ts";
import type { Store } from "../../base/record/store.ts";
import type { Change } from "../../base/storage/database.ts";
import type { IncidentSink } from "../../ship/release/model.ts";
import { type Alert, alertName, type IncidentGrouping, type ProjectConfigs } from "../monitoring/model.ts";
import { listAlerts } from "../monitoring/store.ts";
import { chainFrom } from "./chain.ts";
import { type FollowUp, type Incident, type IncidentFacts, incidentName, incidentNode } from "./model.ts";
import { classOf, decides, followUpsOf } from "./rules.ts";
import {
  closeIncident,
  extendIncident,
  findGoingOn,
  findIncident,
  insertIncident,
  listIncidents,
  nextIncidentNumber,
  settleIncident,
} from "./store.ts";

export type IncidentsService = IncidentGrouping &
  IncidentSink & {
    get(project: string, incident: string): Promise<Incident>;
    list(project: string, filter?: { open?: boolean; below?: number; limit?: number }): Promise<Incident[]>;
    alerts(incident: Incident): Promise<Alert[]>;
    /** Entries about it and all that it led to. */
    entries(incident: Incident): Promise<Entry[]>;
    followUps(incident: Incident): Promise<FollowUp[]>;
    close(project: string, incident: string, message: string, caller: Caller): Promise<{ incident: Incident; entry: number }>;
    /** For the gate: what is open or overdue, of one model or of the project. */
    facts(project: string, model?: string): Promise<IncidentFacts>;
  };

const actor = { kind: "system", name: "system:incidents" } as const;
const parseName = (text: string): number => Number(/^INC-(\d+)$/.exec(text)?.[1] ?? Number.NaN);

export function createIncidentsService(deps: { store: Store; configs: ProjectConfigs }): IncidentsService {
  const { store } = deps;
  const { database, recorder } = store;

  const get = async (project: string, name: string): Promise<Incident> => {
    const number = parseName(name);
    const found = Number.isInteger(number) ? await findIncident(database, project, number) : undefined;
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "incident", name });
    return found;
  };
  /** In order of time. */
  const alertsOf = async (incident: Incident): Promise<Alert[]> =>
    (await listAlerts(database, incident.project, { incident: incidentName(incident.number) })).toSorted(
      (a, b) => a.startMs - b.startMs || a.number - b.number,
    );
  const entriesOf = async (incident: Incident): Promise<Entry[]> => {
    const alerts = await alertsOf(incident);
    const about = await Promise.all(
      [`incident:${incidentName(incident.number)}`, ...alerts.map((alert) => `alert:${alertName(alert.number)}`)].map((subject) =>
        listEntries(database, { project: incident.project, subject }, { limit: 50 }),
      ),
    );
    return chainFrom(database, [...about.flat().map((row) => row.id), ...(incident.becauseEntry === null ? [] : [incident.becauseEntry])]);
  };
  const followUps = async (incident: Incident): Promise<FollowUp[]> => {
    const config = await deps.configs.config(incident.project);
    const answered = (await entriesOf(incident)).some((entry) => decides(entry.action));
    return followUpsOf(incident, config, answered);
  };

  const opening = (incident: Incident, because: string, digest: string | null): { change: Change; entries: EntryDraft[] } => ({
    change: [
      ...insertIncident(incident),
      ...recorder.lineage(
        [
          {
            id: incidentNode(incident.number),
            kind: "incident",
            title: incident.title,
            digest: null,
            facts: { severity: incident.severity, class: incident.class },
          },
        ],
        [],
        incident.project,
      ),
    ],
    entries: [
      {
        id: incident.entryId,
        action: "incident.opened",
        subject: { type: "incident", id: incidentName(incident.number), ...(digest !== null && { digest }) },
        project: incident.project,
        actor,
        because,
        payload: {
          title: incident.title,
          class: incident.class,
          cause: incident.kind,
          severity: incident.severity,
          model: incident.model,
          route: incident.route,
          impact: toTime(incident.impactMs),
          detected: toTime(incident.detectedMs),
        },
      },
    ],
  });

  return {
    get,
    list: (project, filter = {}) => listIncidents(database, project, filter),
    alerts: alertsOf,
    entries: entriesOf,
    followUps,
    async join(alert, earlier) {
      const cluster = `${alert.route}|${alert.cluster}`;
      // Neighbouring windows: the newest one of the incident ended at most where this one begins, or overlaps it.
      const goingOn = await findGoingOn(database, alert.project, cluster, alert.startMs);
      if (goingOn)
        return {
          incident: incidentName(goingOn.number),
          created: false,
          entryId: goingOn.entryId,
          change: extendIncident(goingOn, alert.endMs),
          entries: [],
        };
      const incident: Incident = {
        project: alert.project,
        number: (await nextIncidentNumber(database, alert.project)) + earlier.filter((one) => one.created).length,
        cluster,
        title: alert.title,
        class: classOf(alert.kind),
        kind: alert.kind,
        about: alert.causes[0]?.about ?? "",
        severity: alert.severity,
        state: "open",
        model: alert.model,
        route: alert.route,
        impactMs: alert.startMs,
        detectedMs: alert.endMs,
        acknowledgedMs: null,
        mitigatedMs: null,
        restoredMs: null,
        closedMs: null,
        lastEndMs: alert.endMs,
        evidence: alert.evidence,
        becauseEntry: alert.entryId,
        entryId: recorder.newEntryId(),
        openedMs: store.clock.nowMs(),
      };
      return {
        incident: incidentName(incident.number),
        created: true,
        entryId: incident.entryId,
        ...opening(incident, alert.entryId, alert.evidence),
      };
    },
    async quiet({ project, incident: name, quietFromMs, because }) {
      const incident = await get(project, name);
      if (incident.state !== "open" && incident.state !== "mitigated") return { change: [], entries: [] };
      return {
        change: settleIncident(incident, quietFromMs),
        entries: [
          {
            action: "incident.settled",
            subject: { type: "incident", id: name },
            project,
            actor,
            outcome: "stable",
            because,
            payload: { restored: toTime(quietFromMs), lasted: (quietFromMs - incident.impactMs) / 1000 },
          },
        ],
      };
    },
    async rolledBack(event) {
      for (let attempt = 1; ; attempt++) {
        const number = await nextIncidentNumber(database, event.project);
        const incident: Incident = {
          project: event.project,
          number,
          cluster: `${event.route}|release:${event.release}`,
          title: `${event.release}: v${event.to} taken back, ${event.because}`,
          class: "release",
          kind: "release",
          about: event.release,
          severity: 3,
          state: "stable",
          model: event.model,
          route: event.route,
          impactMs: event.atMs,
          detectedMs: event.atMs,
          acknowledgedMs: null,
          mitigatedMs: event.atMs,
          restoredMs: event.atMs,
          closedMs: null,
          lastEndMs: event.atMs,
          evidence: event.evidenceDigest,
          becauseEntry: event.entryId,
          entryId: recorder.newEntryId(),
          openedMs: store.clock.nowMs(),
        };
        const { change, entries } = opening(incident, event.entryId, event.evidenceDigest);
        try {
          await recorder.commit(
            [
              ...change,
              ...recorder.lineage([], [{ from: incidentNode(number), to: `release:${event.release}`, relation: "about" }], event.project),
            ],
            entries,
          );
          store.events.emit("changed", { project: event.project, kind: "incident", id: incidentName(number) });
          return incidentName(number);
        } catch (error) {
          if (!(error instanceof CapstanError && error.code === "CAP-EXISTS-001") || attempt === 3) throw error;
        }
      }
    },
    async close(project, name, message, caller) {
      const incident = await get(project, name);
      const open = (await followUps(incident)).filter((one) => one.state === "open");
      if (incident.state === "closed")
        throw new CapstanError("CAP-STATE-001", { noun: "incident", name, state: "closed", action: "closed again" });
      if (open.length > 0)
        throw new CapstanError("CAP-STATE-001", {
          noun: "incident",
          name,
          state: `${incident.state} with ${open.map((one) => one.action).join(", ")} open`,
          action: "closed",
        });
      const { entries } = await recorder.commit(closeIncident(incident, store.clock.nowMs()), [
        {
          action: "incident.closed",
          subject: { type: "incident", id: name },
          project,
          actor: caller.actor,
          outcome: "closed",
          ...(caller.because !== undefined && { because: caller.because }),
          payload: { message, before: incident.state },
        },
      ]);
      store.events.emit("changed", { project, kind: "incident", id: name });
      return { incident: await get(project, name), entry: entries[0]?.index ?? 0 };
    },
    async facts(project, model) {
      const own = (await listIncidents(database, project, { open: true })).filter(
        (incident) => model === undefined || incident.model === null || incident.model === model,
      );
      const nowMs = store.clock.nowMs();
      const open = await Promise.all(
        own
          .filter((incident) => incident.state === "open" || incident.state === "mitigated")
          .map(async (incident) => ({
            id: incidentName(incident.number),
            severity: incident.severity,
            title: incident.title,
            entries: [incident.entryId, ...(await alertsOf(incident)).map((alert) => alert.entryId)],
          })),
      );
      const late = await Promise.all(
        own.map(async (incident) => (await followUps(incident)).filter((one) => one.state === "open" && one.dueMs < nowMs)),
      );
      return { open, overdue: late.flat().map((one) => ({ id: one.action, title: one.title })) };
    },
  };
}
