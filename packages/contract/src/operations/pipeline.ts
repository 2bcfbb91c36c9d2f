import { z } from "zod";
import { operation } from "../operation.ts";
import { digest, name, paged, time, verdict } from "../shapes.ts";

/** What a plan decides about a step. `may`: an input is not known before a step ahead of it has run; it runs only if that comes out different. */
export const stepDecision = z.enum(["run", "reuse", "may", "skip"]);
export type StepDecision = z.output<typeof stepDecision>;

/** Where a step of a run stands. `reused`: same step key, nothing executed. `waiting`: a step ahead of it has not ended. */
export const stepState = z.enum(["waiting", "ready", "running", "ran", "reused", "failed", "skipped", "notStarted", "cancelled", "lost"]);
export type StepState = z.output<typeof stepState>;

export const pipelineRunState = z.enum(["running", "passed", "failed", "cancelled", "lost"]);

const where = z.object({ file: z.string(), line: z.number().int().optional(), column: z.number().int().optional() });
export const configProblem = z.object({
  code: z.string(),
  severity: z.enum(["error", "warn"]),
  message: z.string(),
  where: where.nullable(),
  why: z.string().nullable(),
  do: z.string(),
});
export type ConfigProblem = z.output<typeof configProblem>;

/** A node of the reason tree: what changed, from what to what; `because` leads to the cause of an input's change; exactly one leaf is the root cause. */
export type Reason = {
  kind: "command" | "param" | "code" | "input" | "env" | "output" | "settings" | "forced" | "first" | "missing" | "step" | "rule";
  /** Name of the parameter, input, output or file. Empty when the kind says all. */
  name: string;
  old: string | null;
  new: string | null;
  /** Where the new value comes from, such as `--set` or `params.yaml:2:10`. */
  origin: string | null;
  /** One sentence without a full stop. */
  text: string;
  root: boolean;
  because: Reason[];
};
export const reason: z.ZodType<Reason> = z.lazy(() =>
  z.object({
    kind: z.enum(["command", "param", "code", "input", "env", "output", "settings", "forced", "first", "missing", "step", "rule"]),
    name: z.string(),
    old: z.string().nullable(),
    new: z.string().nullable(),
    origin: z.string().nullable(),
    text: z.string(),
    root: z.boolean(),
    because: z.array(reason),
  }),
);

const stepOutput = z.object({
  name: z.string(),
  path: z.string(),
  kind: z.enum(["file", "dir", "metrics", "plot"]),
  digest: digest.nullable(),
  sizeBytes: z.number().nullable(),
});
const stepInput = z.object({
  name: z.string(),
  /** As written: `step:prepare.train`, `data:flights`, a path. */
  from: z.string(),
  digest: digest.nullable(),
});

export const plannedStep = z.object({
  /** `train`, of a matrix `train@seed=1`. */
  step: z.string(),
  decision: stepDecision,
  reasons: z.array(reason),
  /** Null while an input is unknown. */
  stepKey: digest.nullable(),
  /** Pipeline run whose result is reused. */
  reusedFrom: z.object({ run: z.string(), number: z.number().int() }).nullable(),
  /** From history; null when it has never run. */
  estimateSeconds: z.number().nullable(),
  inputs: z.array(stepInput),
  outputs: z.array(stepOutput),
});
export type PlannedStep = z.output<typeof plannedStep>;

export const plan = z.object({
  project: name,
  steps: z.array(plannedStep),
  toRun: z.number().int(),
  mayRun: z.number().int(),
  reused: z.number().int(),
  estimateSeconds: z.number().nullable(),
  /** False when `--set` or a profile makes it another computation than the plain files say: folder and lock stay. */
  plain: z.boolean(),
  warnings: z.array(configProblem),
});
export type Plan = z.output<typeof plan>;

export const stepRun = z.object({
  step: z.string(),
  /** Id of the step's run in tracking; null when it never started or was reused. */
  run: z.string().nullable(),
  state: stepState,
  decision: stepDecision,
  reasons: z.array(reason),
  stepKey: digest.nullable(),
  reusedFrom: z.object({ run: z.string(), number: z.number().int() }).nullable(),
  started: time.nullable(),
  ended: time.nullable(),
  seconds: z.number().nullable(),
  cpuSeconds: z.number().nullable(),
  peakBytes: z.number().nullable(),
  attempt: z.number().int(),
  exit: z.object({ code: z.number().int().nullable(), signal: z.string().nullable(), timedOut: z.boolean() }).nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  outputs: z.array(stepOutput),
  /** Numbers of declared metrics files, flat. */
  metrics: z.record(z.string(), z.number()),
  progress: z.object({ done: z.number(), total: z.number().nullable(), unit: z.string() }).nullable(),
  /** Why a result was kept out of the cache: an input was edited while it ran, or it came out other than before. */
  note: z.string().nullable(),
});
export type StepRun = z.output<typeof stepRun>;

const pipelineRunHead = {
  /** Id in tracking. */
  run: z.string(),
  /** `run:7` in references; counts per project. */
  number: z.number().int(),
  name: z.string(),
  state: pipelineRunState,
  verdict: verdict.nullable(),
  started: time,
  ended: time.nullable(),
  seconds: z.number().nullable(),
  ran: z.number().int(),
  reused: z.number().int(),
  failed: z.number().int(),
  stepsTotal: z.number().int(),
  /** Seconds that reused steps took when they ran. */
  savedSeconds: z.number(),
  plain: z.boolean(),
  /** `--set` as given. */
  set: z.array(z.string()),
  by: z.string(),
  message: z.string().nullable(),
  because: z.string().nullable(),
};
export const pipelineRunSummary = z.object(pipelineRunHead);
export const pipelineRun = z.object({
  ...pipelineRunHead,
  steps: z.array(stepRun),
  /** What it registered or checked besides its outputs. */
  offered: z.array(z.object({ model: z.string(), version: z.number().int().nullable(), digest, text: z.string() })),
  lockWritten: z.boolean(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type PipelineRunSummary = z.output<typeof pipelineRunSummary>;
export type PipelineRun = z.output<typeof pipelineRun>;

/** Live events of one pipeline run, as `capstan run --json` prints them. */
export const pipelineEvent = z.discriminatedUnion("event", [
  z.object({
    event: z.literal("run.started"),
    at: time,
    run: z.string(),
    name: z.string(),
    steps: z.number().int(),
    toRun: z.number().int(),
  }),
  z.object({ event: z.literal("step.started"), at: time, step: z.string(), run: z.string(), reason: z.string() }),
  z.object({ event: z.literal("step.progress"), step: z.string(), done: z.number(), total: z.number().nullable(), unit: z.string() }),
  z.object({
    event: z.literal("step.ended"),
    at: time,
    step: z.string(),
    state: stepState,
    seconds: z.number().nullable(),
    reusedFrom: z.string().nullable(),
    outputs: z.array(z.object({ path: z.string(), digest, sizeBytes: z.number() })),
    metrics: z.record(z.string(), z.number()),
    error: z.object({ code: z.string(), message: z.string(), do: z.string(), lines: z.array(z.string()) }).nullable(),
    note: z.string().nullable(),
  }),
  z.object({
    event: z.literal("model.offered"),
    at: time,
    model: z.string(),
    version: z.number().int().nullable(),
    digest,
    text: z.string(),
  }),
  z.object({ event: z.literal("suite.ended"), at: time, suite: z.string(), verdict, text: z.string() }),
  z.object({
    event: z.literal("result"),
    at: time,
    /** Null when there was nothing to run: then no run was made. */
    run: z.string().nullable(),
    verdict,
    seconds: z.number(),
    ran: z.number().int(),
    reused: z.number().int(),
    failed: z.number().int(),
    savedSeconds: z.number(),
    lockWritten: z.boolean(),
    error: z.object({ code: z.string(), message: z.string(), do: z.string() }).nullable(),
  }),
]);
export type PipelineEvent = z.output<typeof pipelineEvent>;

/** What narrows or alters a plan or run. */
const choice = {
  /** Steps wanted, with all they need; all when empty. */
  steps: z.array(z.string()).default([]),
  /** `train.trees=400`; existing parameters, same type. */
  set: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  /** Run the wanted steps even if their key is known. */
  force: z.boolean().default(false),
};

export const pipelineOperations = {
  "pipeline.get": operation({
    method: "GET",
    path: "/p/{project}/pipeline",
    capability: "read",
    text: "The graph of steps with the last state of each and what would run now.",
    input: z.object({ project: name }),
    output: z.object({
      project: name,
      /** Null when capstan.yaml cannot be read; `problems` says why. */
      valid: z.boolean(),
      problems: z.array(configProblem),
      steps: z.array(
        z.object({
          step: z.string(),
          command: z.string(),
          line: z.number().int().nullable(),
          decision: stepDecision,
          reasons: z.array(reason),
          inputs: z.array(stepInput),
          outputs: z.array(stepOutput),
          params: z.array(z.string()),
          code: z.array(z.string()),
          env: z.string().nullable(),
          estimateSeconds: z.number().nullable(),
          last: stepRun.extend({ pipelineRun: z.string(), number: z.number().int() }).nullable(),
        }),
      ),
      /** Data feeds and steps are nodes: `data:flights`, `step:train`, `file:data/x.csv`. */
      edges: z.array(z.object({ from: z.string(), to: z.string(), output: z.string().nullable(), input: z.string() })),
      running: pipelineRunSummary.nullable(),
      last: pipelineRunSummary.nullable(),
    }),
  }),
  "pipeline.plan": operation({
    method: "POST",
    path: "/p/{project}/pipeline/plan",
    capability: "read",
    text: "What a run would do and why; changes nothing.",
    input: z.object({ project: name, ...choice }),
    output: plan,
  }),
  "pipeline.run": operation({
    method: "POST",
    path: "/p/{project}/pipeline/runs",
    capability: "run",
    text: "Starts a run of what is out of date, with all it needs, and answers at once.",
    input: z.object({
      project: name,
      ...choice,
      /** Go on with steps that do not depend on a failed one. */
      keepGoing: z.boolean().default(false),
      /** Refuse to compute: fails with CAP-RUN-012 when a step would run. */
      locked: z.boolean().default(false),
      message: z.string().max(2000).optional(),
      /** Entry that led to it. */
      because: z.string().optional(),
      /** Makes this run again from what it recorded, whatever the folder says now; then only `keepGoing`, `message` and `because` count. */
      as: z.string().optional(),
    }),
    /** All null when there is nothing to run; what the folder lacks was put back. */
    output: z.object({
      run: z.string().nullable(),
      number: z.number().int().nullable(),
      name: z.string().nullable(),
      /** Steps that were looked at. */
      steps: z.number().int(),
      reused: z.number().int(),
      savedSeconds: z.number(),
      lockWritten: z.boolean(),
      /** With `as`: what surrounds it otherwise than then, a sentence each. */
      differs: z.array(z.string()),
    }),
  }),
  "pipeline.runs": operation({
    method: "GET",
    path: "/p/{project}/pipeline/runs",
    capability: "read",
    text: "Pipeline runs, newest first.",
    input: z.object({ project: name, ...paged }),
    output: z.object({ runs: z.array(pipelineRunSummary), next: z.string().nullable() }),
  }),
  "pipeline.show": operation({
    method: "GET",
    path: "/p/{project}/pipeline/runs/{run}",
    capability: "read",
    text: "One pipeline run with its steps; `run` is an id, a number or `latest`.",
    input: z.object({ project: name, run: z.string() }),
    output: pipelineRun,
  }),
  "pipeline.events": operation({
    method: "GET",
    path: "/p/{project}/pipeline/runs/{run}/events",
    capability: "read",
    text: "Events of a run after number `after`; waits up to `waitSeconds` for the next one.",
    input: z.object({
      project: name,
      run: z.string(),
      after: z.coerce.number().int().min(0).default(0),
      waitSeconds: z.coerce.number().min(0).max(30).default(0),
    }),
    output: z.object({ events: z.array(pipelineEvent), next: z.number().int(), ended: z.boolean() }),
  }),
  "pipeline.why": operation({
    method: "GET",
    path: "/p/{project}/pipeline/why",
    capability: "read",
    text: "Why a step ran, did not, or would: `train` for now, `run:2/train` for a run.",
    input: z.object({ project: name, step: z.string() }),
    output: z.object({
      step: z.string(),
      /** Null when the answer is about now. */
      run: z.string().nullable(),
      decision: stepDecision,
      state: stepState.nullable(),
      /** The decision as a sentence. */
      sentence: z.string(),
      reasons: z.array(reason),
      /** Path of texts from the decision to the cause that nothing else explains. */
      rootCause: z.array(z.string()),
      same: z.array(z.object({ kind: z.string(), name: z.string(), value: z.string() })),
      stepKey: digest.nullable(),
      compare: z.object({ before: z.string(), after: z.string() }).nullable(),
    }),
  }),
  "pipeline.status": operation({
    method: "GET",
    path: "/p/{project}/pipeline/status",
    capability: "read",
    text: "What would run and why, in short.",
    input: z.object({ project: name }),
    output: z.object({
      project: name,
      valid: z.boolean(),
      problems: z.array(configProblem),
      total: z.number().int(),
      wouldRun: z.number().int(),
      mayRun: z.number().int(),
      steps: z.array(z.object({ step: z.string(), decision: stepDecision, text: z.string() })),
      git: z.object({ branch: z.string().nullable(), commit: z.string(), filesChanged: z.number().int() }).nullable(),
      running: pipelineRunSummary.nullable(),
      last: pipelineRunSummary.nullable(),
    }),
  }),
  "pipeline.log": operation({
    method: "GET",
    path: "/p/{project}/pipeline/log",
    capability: "read",
    text: "Lines that a step wrote: `train` for its last run, `run:2/train`, or the id of a step's run.",
    input: z.object({
      project: name,
      ref: z.string(),
      tail: z.coerce.number().int().min(1).max(10_000).default(1000),
      afterBytes: z.coerce.number().int().min(0).optional(),
    }),
    output: z.object({
      step: z.string(),
      run: z.string(),
      lines: z.array(z.string()),
      /** Ask with it as `afterBytes` to follow. */ nextBytes: z.number().int(),
      ended: z.boolean(),
      cut: z.boolean(),
    }),
  }),
  "pipeline.cancel": operation({
    method: "POST",
    path: "/p/{project}/pipeline/runs/{run}/cancel",
    capability: "run",
    text: "Ends the running steps of a run (10 s grace) and starts no more; what is finished is kept.",
    input: z.object({
      project: name,
      run: z.string(),
      message: z.string().max(2000).optional(),
      /** Without the grace. */
      now: z.boolean().default(false),
    }),
    output: z.object({ run: z.string(), state: pipelineRunState }),
  }),
  "config.get": operation({
    method: "GET",
    path: "/p/{project}/config",
    capability: "read",
    text: "Effective values of capstan.yaml with the origin of each; `key` narrows, such as `steps.train`.",
    input: z.object({
      project: name,
      key: z.string().default(""),
      set: z.union([z.string(), z.array(z.string())]).default([]),
      profiles: z.union([z.string(), z.array(z.string())]).default([]),
    }),
    output: z.object({
      values: z.array(z.object({ key: z.string(), value: z.unknown(), origin: z.string() })),
      problems: z.array(configProblem),
    }),
  }),
};
