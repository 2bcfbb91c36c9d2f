import type { ProjectConfig } from "@capstan/contract/config";
import type { CauseKind } from "../monitoring/model.ts";
import type { FollowUp, Incident, IncidentClass } from "./model.ts";

const day = 86_400_000;
/** Days until a follow-up is due, by severity. */
const dueDays: Readonly<Record<number, number>> = { 1: 14, 2: 30, 3: 60, 4: 60 };

export const classOf = (kind: CauseKind): IncidentClass => {
  if (kind === "unit" || kind === "data") return "data";
  if (kind === "prior" || kind === "release" || kind === "fault" || kind === "upstream") return kind;
  return "service";
};

/** What follows from an incident, and whether it was done: a check that is in the project now, or an answer on record. */
export function followUpsOf(incident: Incident, config: ProjectConfig | undefined, answered: boolean): FollowUp[] {
  const dueMs = incident.openedMs + (dueDays[incident.severity] ?? 60) * day;
  const action = `A-${incident.number}.1`;
  if (incident.kind === "unit") {
    const done = checksUnit(config, incident.about);
    return [
      {
        action,
        title: `Check unit_scale on ${incident.about}`,
        dueMs,
        verdict: done ? "pass" : "warn",
        state: done ? "done" : "open",
        detail: `Add { kind: unit_scale, column: ${incident.about} } to a suite or monitor: done when capstan.yaml has it. A feed with a wrong unit is repaired, not learned.`,
      },
    ];
  }
  if (incident.kind === "prior")
    return [
      {
        action,
        title: "Retrain, and decide on the new version",
        dueMs,
        verdict: answered ? "pass" : null,
        state: answered ? "done" : "open",
        detail: "Done when a version that this incident asked for is released, or was decided against.",
      },
    ];
  if (incident.kind === "release") return [];
  return [
    {
      action,
      title: `Find out why ${incident.about || "it"} moved`,
      dueMs,
      verdict: null,
      state: answered ? "done" : "open",
      detail: "Done when something on record answers this incident.",
    },
  ];
}

export function checksUnit(config: ProjectConfig | undefined, column: string): boolean {
  const covers = (columns: string | readonly string[] | undefined): boolean =>
    columns === undefined || columns === "*" || [columns].flat().includes(column);
  return (
    Object.values(config?.checks ?? {}).some((suite) => suite.tests.some((test) => test.kind === "unit_scale" && covers(test.column))) ||
    Object.values(config?.monitors ?? {}).some((monitor) =>
      monitor.tests.some((test) => test.kind === "unit_scale" && covers(test.columns)),
    )
  );
}

/** Actions of entries that decide about what an incident led to. */
const decisions = new Set(["release.promoted", "release.rolled_back", "release.refused", "dossier.declined"]);
export const decides = (action: string): boolean => decisions.has(action);
