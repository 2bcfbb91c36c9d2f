import { z } from "zod";
import { operation } from "../operation.ts";
import { paged, project, time, verdict } from "../shapes.ts";

export const incidentMarks = ["cause", "impact", "detected", "acknowledged", "mitigated", "restored"] as const;
export const incidentMark = z.enum(incidentMarks);
export const incidentState = z.enum(["open", "mitigated", "stable", "closed"]);

const row = z.object({
  incident: z.string(),
  title: z.string(),
  /** 1 worst to 4. */
  severity: z.number().int().min(1).max(4),
  state: incidentState,
  model: z.string().nullable(),
  /** What kind of thing went wrong: data, upstream, prior, release, service, fault. */
  class: z.string(),
  openedAt: time,
  closedAt: time.nullable(),
  /** Impact to detection, detection to mitigation, impact to restored; null while open. Seconds. */
  silentSeconds: z.number().nullable(),
  mitigateSeconds: z.number().nullable(),
  restoreSeconds: z.number().nullable(),
  alerts: z.number().int(),
  actionsOpen: z.number().int(),
});

export const incidentsOperations = {
  "incidents.list": operation({
    method: "GET",
    path: "/p/{project}/incidents",
    capability: "read",
    input: project.extend({ ...paged, state: z.enum(["open", "all"]).default("all") }),
    output: z.object({ incidents: z.array(row), next: z.string().nullable() }),
    text: "Incidents, newest first",
  }),
  "incidents.get": operation({
    method: "GET",
    path: "/p/{project}/incidents/{incident}",
    capability: "read",
    input: project.extend({ incident: z.string() }),
    output: row.extend({
      /** One plain sentence: what it is, how it was found, what closing waits for. */
      sentence: z.string(),
      facts: z.array(z.object({ label: z.string(), value: z.string(), small: z.string() })),
      /** Assembled from the record; `added` marks what a person wrote. */
      timeline: z.array(
        z.object({
          at: time,
          /** Room whose icon it carries. */
          room: z.enum(["data", "serving", "monitoring", "incidents", "access", "release", "tracking", "pipeline", "governance"]),
          title: z.string(),
          detail: z.string(),
          mark: incidentMark.nullable(),
          key: z.boolean(),
          added: z.boolean(),
          entry: z.number().int().nullable(),
          href: z.string().nullable(),
        }),
      ),
      impact: z
        .object({
          label: z.string(),
          bound: z.number().nullable(),
          points: z.array(z.object({ at: time, value: z.number().nullable(), low: z.number().nullable(), high: z.number().nullable() })),
        })
        .nullable(),
      factors: z.array(
        z.object({
          type: z.enum(["trigger", "latent", "amplifier", "detection_gap", "recovery_gap"]),
          title: z.string(),
          sense: z.string(),
          href: z.string().nullable(),
          entry: z.number().int().nullable(),
        }),
      ),
      actions: z.array(
        z.object({
          action: z.string(),
          title: z.string(),
          detail: z.string(),
          verdict: verdict.nullable(),
          state: z.enum(["open", "done"]),
          dueAt: time.nullable(),
        }),
      ),
      clocks: z.array(z.object({ title: z.string(), applies: z.boolean(), reason: z.string(), dueAt: time.nullable() })),
      alertList: z.array(z.object({ id: z.string(), title: z.string(), verdict, openedAt: time })),
      followUp: z.string().nullable(),
    }),
    text: "One incident with its timeline, causes and follow-ups",
  }),
  "incidents.close": operation({
    method: "POST",
    path: "/p/{project}/incidents/{incident}/close",
    capability: "incident",
    input: project.extend({ incident: z.string(), message: z.string().min(1) }),
    output: z.object({ incident: z.string(), state: incidentState, entry: z.number().int() }),
    text: "Close an incident whose actions are done",
  }),
};
