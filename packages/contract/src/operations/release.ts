import { z } from "zod";
import { operation } from "../operation.ts";
import { digest, name, project, time, verdict } from "../shapes.ts";
import { gateResult } from "./governance.ts";

export const releaseStates = [
  "draft",
  "shadow",
  "canary",
  "promoting",
  "live",
  "superseded",
  "paused",
  "rolled_back",
  "failed",
  "inconclusive",
  "stopped",
] as const;
const releaseId = z.string().regex(/^R-[1-9][0-9]*$/, "a release such as R-3");

const stage = z.object({
  /** `gate`, `shadow`, `canary 10 %`, `live`. */
  name: z.string(),
  kind: z.enum(["gate", "shadow", "canary", "live"]),
  share: z.number(),
  state: z.enum(["waiting", "running", "done"]),
  verdict: verdict.nullable(),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  /** Seconds and rows in the arm so far, and what the stage asks for at least. */
  seconds: z.number(),
  asksSeconds: z.number(),
  rows: z.number(),
  asksRows: z.number(),
  because: z.string().nullable(),
});

const releaseSummary = z.object({
  release: releaseId,
  route: name,
  model: name,
  from: z.string().nullable(),
  to: z.string(),
  bundle: digest,
  strategy: z.enum(["direct", "canary"]),
  state: z.enum(releaseStates),
  verdict: verdict.nullable(),
  override: z.string().nullable(),
  epoch: z.number().nullable(),
  startedAt: time,
  endedAt: time.nullable(),
  actor: z.string(),
  /** One sentence: what happened or what it waits for. */
  because: z.string(),
  stages: z.array(stage),
});

/** One guardrail: control and canary at the same time, with an interval that holds at every look. */
const guard = z.object({
  id: z.enum(["failures", "latency_p95", "score_mean", "invalid_outputs"]),
  title: z.string(),
  verdict,
  control: z.number().nullable(),
  canary: z.number().nullable(),
  difference: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  eValue: z.number().nullable(),
  bound: z.number().nullable(),
  unit: z.enum(["share", "s", "score", "rows"]),
  detail: z.string(),
});

/** At most 300 points over the whole release, oldest first. Differences are canary (or shadow) minus control. */
const evidencePoint = z.object({
  at: time,
  stage: z.string(),
  canaryRows: z.number(),
  controlRows: z.number(),
  eValue: z.number().nullable(),
  scoreDifference: z.number().nullable(),
  scoreLower: z.number().nullable(),
  scoreUpper: z.number().nullable(),
  canaryFailures: z.number(),
  controlFailures: z.number(),
  /** Seconds. */
  canaryP95: z.number().nullable(),
  controlP95: z.number().nullable(),
});

const shadow = z.object({
  rows: z.number(),
  dropped: z.number(),
  onlyInShadow: z.number(),
  meanDifference: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  largest: z.number().nullable(),
  /** Share of rows whose decision at the threshold differs. */
  flips: z.number(),
  flipShare: z.number().nullable(),
  threshold: z.number(),
});

const transition = z.object({
  at: time,
  from: z.string(),
  to: z.string(),
  actor: z.string(),
  because: z.string(),
  rev: z.number(),
  epoch: z.number().nullable(),
  entry: z.string(),
});

const releaseDetail = z.object({
  ...releaseSummary.shape,
  rev: z.number(),
  gate: z.object({ verdict, dossier: digest.nullable(), results: z.array(gateResult) }).nullable(),
  guards: z.array(guard),
  shadow: shadow.nullable(),
  evidence: z.object({
    rollbackAt: z.number(),
    scoreBound: z.number().nullable(),
    points: z.array(evidencePoint),
    /** Frozen copy, once it has ended. */ digest: digest.nullable(),
  }),
  transitions: z.array(transition),
  arms: z.object({
    control: z.string().nullable(),
    canary: z.string().nullable(),
    share: z.number(),
    shareSeen: z.number().nullable(),
    shareP: z.number().nullable(),
  }),
  /** Requests while it moved the route; failed is what clients saw, fallbacks what the other arm answered instead. */
  traffic: z.object({ requests: z.number(), failed: z.number(), fallbacks: z.number() }),
  back: z.object({
    version: z.string().nullable(),
    warm: z.boolean(),
    /** Seconds the rollback took, once there was one. */ took: z.number().nullable(),
  }),
  incident: z.string().nullable(),
  /** What a caller may do now, or why not. */
  actions: z.object({ pause: z.string().nullable(), advance: z.string().nullable(), stop: z.string().nullable() }),
});

/** How a route is moved unless someone says otherwise; members as `releases.start` takes them. */
const releasePlan = z.object({
  route: name,
  /** Whether capstan.yaml says something of it; else these are the values of every route. */
  declared: z.boolean(),
  strategy: z.enum(["direct", "canary"]),
  shadow: z.boolean(),
  steps: z.array(z.number()),
  each: z.object({ seconds: z.number(), rows: z.number().int() }),
  guard: z.object({ alpha: z.number(), latencyP95: z.number().optional(), scoreMean: z.number().optional() }),
  /** Of the model; null: half. */
  threshold: z.number().nullable(),
});
export type ReleasePlan = z.output<typeof releasePlan>;

export const releaseOperations = {
  "releases.list": operation({
    method: "GET",
    path: "/p/{project}/releases",
    capability: "read",
    input: project.extend({ route: name.optional(), limit: z.coerce.number().int().min(1).max(1000).default(100) }),
    output: z.object({ releases: z.array(releaseSummary) }),
    text: "Releases, newest first, with where each stands and why.",
  }),
  "releases.get": operation({
    method: "GET",
    path: "/p/{project}/releases/{release}",
    capability: "read",
    input: project.extend({ release: releaseId }),
    output: releaseDetail,
    text: "One release: stages, evidence that holds at every look, guardrails, every step with its entry.",
  }),
  "releases.plan": operation({
    method: "GET",
    path: "/p/{project}/routes/{route}/releases/plan",
    capability: "read",
    input: project.extend({ route: name, /** For a route that is not declared yet. */ model: name.optional() }),
    output: releasePlan,
    text: "What a release of a route begins with: stages and guards as capstan.yaml declares them.",
  }),
  "releases.start": operation({
    method: "POST",
    path: "/p/{project}/releases",
    capability: "release",
    input: project.extend({
      route: name,
      model: name,
      version: z.string().default("latest"),
      strategy: z.enum(["direct", "canary"]).default("canary"),
      shadow: z.boolean().default(true),
      /** Shares of traffic, ascending. */
      steps: z.array(z.number().gt(0).lt(1)).max(10).default([0.1]),
      each: z.object({ seconds: z.number().min(0), rows: z.number().int().min(0) }).default({ seconds: 600, rows: 200 }),
      /** A stage that has not got its rows after this long is inconclusive. */
      maxSeconds: z.number().min(1).default(86_400),
      guard: z
        .object({
          latencyP95: z.number().positive().optional(),
          scoreMean: z.number().positive().optional(),
          alpha: z.number().gt(0).lt(0.5).default(0.001),
        })
        .default({ alpha: 0.001 }),
      /** Score at or above which the decision is positive, for flips. */
      threshold: z.number().default(0.5),
      override: z.boolean().default(false),
      reason: z.string().max(2000).optional(),
      because: z.string().optional(),
    }),
    output: z.object({
      release: releaseId,
      state: z.enum(releaseStates),
      entry: z.string(),
      gate: z.object({ verdict, dossier: digest.nullable() }).nullable(),
      because: z.string(),
    }),
    text: "Starts to move a route to a model version; the gate decides first.",
  }),
  "releases.pause": operation({
    method: "POST",
    path: "/p/{project}/releases/{release}/pause",
    capability: "release",
    input: project.extend({ release: releaseId, reason: z.string().max(2000).optional() }),
    output: z.object({ release: releaseId, state: z.enum(releaseStates), entry: z.string() }),
    text: "Holds a release at its present share; guards stay on.",
  }),
  "releases.advance": operation({
    method: "POST",
    path: "/p/{project}/releases/{release}/advance",
    capability: "release",
    input: project.extend({ release: releaseId, override: z.boolean().default(false), reason: z.string().max(2000).optional() }),
    output: z.object({ release: releaseId, state: z.enum(releaseStates), entry: z.string() }),
    text: "Lets a paused release go on, or takes the next step when the stage has what it asks for.",
  }),
  "releases.stop": operation({
    method: "POST",
    path: "/p/{project}/releases/{release}/stop",
    capability: "stop",
    input: project.extend({ release: releaseId, reason: z.string().max(2000).optional() }),
    output: z.object({ release: releaseId, state: z.enum(releaseStates), entry: z.string(), /** Seconds. */ took: z.number() }),
    text: "Ends a release; all traffic goes back to what was live.",
  }),
};
