import type { incidentState } from "@capstan/contract/operations/incidents";
import type { Verdict } from "@capstan/contract";
import type { z } from "zod";
import type { CauseKind } from "../monitoring/model.ts";

export type IncidentState = z.output<typeof incidentState>;
export type IncidentClass = "data" | "upstream" | "prior" | "release" | "service" | "fault";

/** Times are those of the world that was watched: for monitors event time, for releases the clock on the wall. */
export type Incident = {
  readonly project: string;
  readonly number: number;
  /** Route and cause: alerts of neighbouring windows with the same one are one incident. */
  readonly cluster: string;
  readonly title: string;
  readonly class: IncidentClass;
  readonly kind: CauseKind;
  /** What the cause is about, such as the column whose unit changed; empty when about nothing smaller. */
  readonly about: string;
  /** 1 worst to 4. */
  readonly severity: number;
  readonly state: IncidentState;
  readonly model: string | null;
  readonly route: string | null;
  readonly impactMs: number;
  readonly detectedMs: number;
  readonly acknowledgedMs: number | null;
  readonly mitigatedMs: number | null;
  readonly restoredMs: number | null;
  readonly closedMs: number | null;
  /** End of the newest window that belongs to it. */
  readonly lastEndMs: number;
  readonly evidence: string | null;
  readonly becauseEntry: string | null;
  readonly entryId: string;
  readonly openedMs: number;
};
export const incidentName = (number: number): string => `INC-${number}`;
export const incidentNode = (number: number): string => `incident:${incidentName(number)}`;

/** What was decided so that it does not happen again. Its state is found out, not typed. */
export type FollowUp = {
  readonly action: string;
  readonly title: string;
  readonly detail: string;
  readonly verdict: Verdict | null;
  readonly state: "open" | "done";
  readonly dueMs: number;
};

/** What the gate asks: incidents that are neither over nor answered, and follow-ups that are late. */
export type IncidentFacts = {
  open: { id: string; severity: number; title: string; entries: string[] }[];
  overdue: { id: string; title: string }[];
};
