import { z } from "zod";
import { operation } from "../operation.ts";
import { digest, name, paged, project, time, verdict } from "../shapes.ts";

/** One question of the gate, answered from the record. */
export const gateResult = z.object({
  /** Id of the catalogue, such as `dat-2`. */
  id: z.string(),
  title: z.string(),
  verdict,
  observed: z.string().nullable(),
  bound: z.string().nullable(),
  /** Where the answer comes from: lineage nodes (`run:…`, `check:…`) and entries (`entry:…`). */
  evidence: z.array(z.string()),
  /** Clauses of law and standards that ask for it. */
  clauses: z.array(z.string()),
  /** For skipped: the rule of the policy that skips it. */
  rule: z.string().nullable(),
  stage: z.enum(["release", "promotion"]),
});
export type GateResultView = z.output<typeof gateResult>;

const reason = z.object({ question: z.string(), answer: z.string(), effect: z.string() });
export const riskShape = z.object({
  /** 0 minimal, 1 moderate, 2 high, 3 critical; null when prohibited. */
  level: z.number().int().min(0).max(3).nullable(),
  prohibited: z.boolean(),
  axes: z.object({ business: z.number(), legal: z.number(), ethical: z.number() }),
  /** Tier of the European AI Act. */
  tier: z.enum(["out-of-scope", "minimal", "limited", "high", "prohibited"]),
  reasons: z.array(reason.extend({ axis: z.enum(["business", "legal", "ethical", "eu"]), level: z.number() })),
  /** Questions without an answer: each counted as its worst. */
  unanswered: z.array(z.string()),
  duties: z.array(z.string()),
  /** Where the record says otherwise than an answer does. */
  contradictions: z.array(z.object({ question: z.string(), answer: z.string(), record: z.string(), evidence: z.array(z.string()) })),
  reviewMonths: z.number(),
});

export const approvalShape = z.object({
  dossier: digest,
  by: z.string(),
  at: time,
  role: z.string(),
  note: z.string(),
  selfApproved: z.boolean(),
  /** Why it no longer counts; null while it does. */
  voided: z.string().nullable(),
  entry: z.string(),
});

export const gateShape = z.object({
  model: z.string(),
  version: z.number(),
  stage: z.enum(["release", "promotion"]),
  at: time,
  verdict,
  /** One sentence: may it go forward, and if not what is missing. */
  sentence: z.string(),
  level: z.number().nullable(),
  policy: z.object({ name: z.string(), digest }),
  /** Most urgent first. */
  results: z.array(gateResult),
  counts: z.record(verdict, z.number()),
  risk: riskShape,
  /** Digest that the evidence of this moment has; equal to the dossier's as long as nothing changed. */
  evidence: digest,
  /** The newest dossier of this version, if one was made. */
  dossier: digest.nullable(),
});
export type GateView = z.output<typeof gateShape>;

export const dossierState = z.enum(["in-review", "approved", "declined", "voided"]);
export const dossierShape = z.object({
  digest,
  model: z.string(),
  version: z.number(),
  state: dossierState,
  verdict,
  level: z.number().nullable(),
  madeAt: time,
  madeBy: z.string(),
  entry: z.string(),
  because: z.string().nullable(),
  /** Named digests that the dossier binds: model, run, purpose, policy, each data set. */
  contents: z.array(z.object({ name: z.string(), digest: z.string() })),
  results: z.array(gateResult),
  risk: riskShape,
  approvals: z.array(approvalShape),
  /** How many approvals the level asks for. */
  needed: z.number(),
  declined: z.object({ by: z.string(), at: time, reason: z.string(), entry: z.string() }).nullable(),
  intendedUse: z.string().nullable(),
  notFor: z.array(z.string()),
  /** What changed in the evidence since the dossier was made; empty while it holds. */
  changes: z.array(z.string()),
  /** Whether the caller may sign, and if not why. */
  maySign: z.object({ may: z.boolean(), why: z.string().nullable() }),
});
export type DossierView = z.output<typeof dossierShape>;

export const reviewShape = z.object({
  dossier: digest,
  model: z.string(),
  version: z.number(),
  state: dossierState,
  level: z.number().nullable(),
  verdict,
  counts: z.record(verdict, z.number()),
  askedBy: z.string(),
  askedAt: time,
  waitingSeconds: z.number(),
  signed: z.number(),
  needed: z.number(),
});

const version = project.extend({ model: name, version: z.coerce.number().int().min(1) });

export const governanceOperations = {
  "governance.gate": operation({
    method: "GET",
    path: "/p/{project}/models/{model}/versions/{version}/gate",
    capability: "read",
    input: version.extend({ stage: z.enum(["release", "promotion"]).default("release") }),
    output: gateShape,
    text: "Evaluate the gate of a model version now, from the record.",
  }),
  "governance.request": operation({
    method: "POST",
    path: "/p/{project}/models/{model}/versions/{version}/dossier",
    capability: "request",
    input: version.extend({ because: z.string().optional() }),
    output: dossierShape,
    text: "Freeze the evidence for one promotion as a dossier and ask for its review; the same evidence gives the same dossier.",
  }),
  "governance.dossier": operation({
    method: "GET",
    path: "/p/{project}/dossiers/{dossier}",
    capability: "read",
    input: project.extend({ /** Digest, or at least 8 of its first digits. */ dossier: z.string().regex(/^[0-9a-f]{8,64}$/) }),
    output: dossierShape,
    text: "One dossier: evidence, signatures, and whether they still hold.",
  }),
  "governance.approve": operation({
    method: "POST",
    path: "/p/{project}/dossiers/{dossier}/approve",
    capability: "approve",
    input: project.extend({ dossier: digest, note: z.string().default("") }),
    output: dossierShape,
    text: "Sign a dossier digest. Who asked for it or made it signs only where the policy lets them, and marked as self-approved.",
  }),
  "governance.decline": operation({
    method: "POST",
    path: "/p/{project}/dossiers/{dossier}/decline",
    capability: "approve",
    input: project.extend({ dossier: digest, reason: z.string().min(1) }),
    output: dossierShape,
    text: "Decide no, with the reason: an end like any other.",
  }),
  "governance.risk": operation({
    method: "GET",
    path: "/p/{project}/models/{model}/risk",
    capability: "read",
    input: project.extend({ model: name }),
    output: z.object({
      model: z.string(),
      risk: riskShape,
      answers: z.array(
        z.object({ id: z.string(), question: z.string(), key: z.string(), answer: z.string().nullable(), unknownCountsAs: z.string() }),
      ),
    }),
    text: "The risk class of a model, with the answer and the rule behind each level.",
  }),
  "governance.reviews": operation({
    method: "GET",
    path: "/p/{project}/reviews",
    capability: "read",
    input: project.extend({ ...paged, state: dossierState.optional(), model: name.optional() }),
    output: z.object({ reviews: z.array(reviewShape), cursor: z.string().nullable() }),
    text: "Dossiers and what they wait for, newest first.",
  }),
};
