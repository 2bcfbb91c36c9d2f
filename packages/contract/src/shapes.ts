import { z } from "zod";
import { verdicts } from "./verdict.ts";

/** Shapes that many operations share. Times are RFC 3339 UTC, durations seconds, sizes bytes, shares 0–1. */
export const time = z.iso.datetime({ offset: true });
export const digest = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in 64 hex digits");
export const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "lower-case letters, digits and hyphens, beginning with a letter");
export const verdict = z.enum(verdicts);
export const project = z.object({ project: name });
export const paged = { limit: z.coerce.number().int().min(1).max(1000).default(100), cursor: z.string().optional() };

/** One computed answer, as evidence: what was observed against which bound, on how much. */
export const checkResult = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  verdict,
  severity: z.enum(["warn", "fail"]),
  observed: z.union([z.number(), z.string(), z.null()]),
  bound: z.string().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  rows: z.number().nullable(),
  detail: z.string(),
  /** Bounded sample of what broke the rule. */
  samples: z.array(z.record(z.string(), z.unknown())),
  where: z.string().nullable(),
});
export type CheckResult = z.output<typeof checkResult>;
