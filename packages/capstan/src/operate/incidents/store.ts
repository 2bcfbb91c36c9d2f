import { type Change, type Database, insert, statement } from "../../base/storage/database.ts";
import { type Incident, incidentName } from "./model.ts";

const columns = `project, number, cluster, title, class, kind, about, severity, state, model, route, impact_ms as "impactMs", detected_ms as "detectedMs", acknowledged_ms as "acknowledgedMs", mitigated_ms as "mitigatedMs",
  restored_ms as "restoredMs", closed_ms as "closedMs", last_end_ms as "lastEndMs", evidence, because_entry as "becauseEntry", entry_id as "entryId", opened_ms as "openedMs"`;

export const insertIncident = (incident: Incident): Change => [
  insert(
    "incident",
    {
      project: incident.project,
      number: incident.number,
      cluster: incident.cluster,
      title: incident.title,
      class: incident.class,
      kind: incident.kind,
      about: incident.about,
      severity: incident.severity,
      state: incident.state,
      model: incident.model,
      route: incident.route,
      impact_ms: incident.impactMs,
      detected_ms: incident.detectedMs,
      acknowledged_ms: incident.acknowledgedMs,
      mitigated_ms: incident.mitigatedMs,
      restored_ms: incident.restoredMs,
      closed_ms: incident.closedMs,
      last_end_ms: incident.lastEndMs,
      evidence: incident.evidence,
      because_entry: incident.becauseEntry,
      entry_id: incident.entryId,
      opened_ms: incident.openedMs,
    },
    { exists: { noun: "incident", name: incidentName(incident.number) } },
  ),
];
export const nextIncidentNumber = async (database: Database, project: string): Promise<number> =>
  Number(
    (await database.find<{ n: number }>("select coalesce(max(number), 0) + 1 as n from incident where project = ?", [project]))?.n ?? 1,
  );
export const findIncident = (database: Database, project: string, number: number): Promise<Incident | undefined> =>
  database.find<Incident>(`select ${columns} from incident where project = ? and number = ?`, [project, number]);
/** Newest first. */
export const listIncidents = (
  database: Database,
  project: string,
  filter: { open?: boolean; below?: number; limit?: number } = {},
): Promise<Incident[]> =>
  database.all<Incident>(
    `select ${columns} from incident where project = ? ${filter.open ? "and state <> 'closed'" : ""} ${filter.below === undefined ? "" : "and number < ?"} order by number desc limit ?`,
    [project, ...(filter.below === undefined ? [] : [filter.below]), filter.limit ?? 10_000],
  );
/** The incident of a cause that is not over yet and whose newest window ended at `sinceMs` or later. */
export const findGoingOn = (database: Database, project: string, cluster: string, sinceMs: number): Promise<Incident | undefined> =>
  database.find<Incident>(
    `select ${columns} from incident where project = ? and cluster = ? and state in ('open', 'mitigated') and last_end_ms >= ? order by number desc limit 1`,
    [project, cluster, sinceMs],
  );
export const extendIncident = (incident: Incident, endMs: number): Change => [
  statement(
    "update incident set last_end_ms = ? where project = ? and number = ? and last_end_ms < ?",
    endMs,
    incident.project,
    incident.number,
    endMs,
  ),
];
export const settleIncident = (incident: Incident, quietFromMs: number): Change => [
  statement(
    "update incident set state = 'stable', restored_ms = ? where project = ? and number = ? and state in ('open', 'mitigated')",
    quietFromMs,
    incident.project,
    incident.number,
  ),
];
export const closeIncident = (incident: Incident, atMs: number): Change => [
  {
    sql: "update incident set state = 'closed', closed_ms = ? where project = ? and number = ? and state = ?",
    params: [atMs, incident.project, incident.number, incident.state],
    guard: { rows: 1, noun: "incident", name: incidentName(incident.number) },
  },
];
