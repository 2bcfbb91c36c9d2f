import { rm, statfs } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError, toCapstanError } from "../../base/foundation/errors.ts";
import { sha256 } from "../../base/foundation/hashing.ts";
import type { Store } from "../../base/record/store.ts";
import type { AttemptExit, AttemptSpec, Executor } from "../execution/model.ts";
import type { TrackingService } from "../tracking/service.ts";
import type { Contents } from "./contents.ts";
import { failureOf, lastLines } from "./failure.ts";
import type { ActionResult, MadeOutput, StepFacts, StepNode } from "./model.ts";
import { allKept, collect, metricsOf } from "./outputs.ts";
import type { AttemptTokens, SpooledLogs } from "./seams.ts";
import { baseKeyOf } from "./step-key.ts";
import type { AttemptRow, PipelineStore } from "./store.ts";

/** Everything that is needed to settle an attempt, also by a host that did not start it. Kept in its row. */
export type Work = {
  spec: AttemptSpec;
  box: string;
  root: string;
  project: string;
  folder: string;
  node: Pick<StepNode, "id" | "commandText" | "timeoutMs" | "outputs" | "deterministic" | "sandbox">;
  facts: StepFacts;
  /** Inputs in the project folder with what they held, to be looked at again after the step. */
  watched: readonly { path: string; digest: string }[];
  /** What the sandbox was given, relative to it. */
  given: readonly string[];
  number: number;
  attempt: number;
};

export type Settled =
  | {
      state: "ran";
      outputs: readonly MadeOutput[];
      metrics: Readonly<Record<string, number>>;
      seconds: number;
      exit: AttemptExit;
      note: string | null;
      /** Why this result is not the one of its key: an input was edited meanwhile, or an earlier result has other bytes. */ apart:
        | "tainted"
        | "diverged"
        | null;
    }
  | {
      state: "failed";
      error: CapstanError;
      exit: AttemptExit | null;
      lines: readonly string[];
      seconds: number;
      kind: "exit" | "oom" | "timeout" | "infra" | "output";
    }
  /** This process looks no longer; the attempt goes on and will be adopted. */
  | { state: "left" };

export type AttemptDeps = {
  store: Store;
  sql: PipelineStore;
  tracking: TrackingService;
  executor: Executor;
  contents: Contents;
  tokens: AttemptTokens | undefined;
  spooled: SpooledLogs | undefined;
  variables: Readonly<Record<string, string | undefined>>;
};

/** The caller of what goes on without a person. */
export const systemCaller = (because: string | null): Caller => ({
  actor: { kind: "system", name: "system:pipeline" },
  via: "system",
  roles: [],
  capabilities: new Set(),
  ...(because !== null && { because }),
});

/** Where a step's clients lay aside what no host takes. */
export const spoolOf = (root: string): string => join(root, "spool");

/** What was laid aside while no host was there, before the attempt's end is known to anyone. Gives a sentence when some of it was refused. */
async function takeSpooled(deps: AttemptDeps, attempt: AttemptRow, work: Work): Promise<string | null> {
  const took = await deps.spooled?.take(spoolOf(work.root), { project: work.project, run: attempt.stepRun });
  const [first] = took?.refusals ?? [];
  return took === undefined || first === undefined
    ? null
    : `of what it logged while no host was there, ${took.refusals.length} of ${took.requests} requests were refused: ${first}`;
}

/**
 * Waits for an attempt and makes its end known: outputs into the store, then result, attempt and run in one transaction that only the holder of the token can make.
 * `last` is false while another try may follow: then a failure leaves the step's run open.
 */
export async function settle(
  deps: AttemptDeps,
  attempt: AttemptRow,
  caller: Caller,
  signals: { leave: AbortSignal; last(settled: Settled): boolean },
): Promise<Settled> {
  const work = JSON.parse(attempt.work) as Work;
  const { store, sql, executor } = deps;
  const state = await executor.wait(work.spec, signals.leave);
  if (state.state === "running") return { state: "left" };
  const refused = await takeSpooled(deps, attempt, work);
  const lines = [...(await lastLines(work.spec.logPath, 20)), ...(refused === null ? [] : [refused])];
  const exit = state.state === "ended" ? state.exit : null;
  const seconds = exit ? (exit.endedMs - exit.startedMs) / 1000 : 0;
  const fail = async (error: CapstanError, kind: "exit" | "oom" | "timeout" | "infra" | "output"): Promise<Settled> => {
    const settled: Settled = { state: "failed", error, exit, lines, seconds, kind };
    const end = sql.endAttempt(attempt.id, attempt.token, kind === "infra" ? "lost" : "failed", store.clock.nowMs());
    const record = (): Promise<unknown> =>
      signals.last(settled) ? endRun(deps, attempt, work, exit, "FAILED", caller, [end]) : store.database.commit([end]);
    await record().catch(async (thrown: unknown) => {
      if (!(thrown instanceof CapstanError) || thrown.code !== "CAP-STORE-003") throw thrown;
      // It may be the step's own files that fill the disk.
      await rm(work.root, { recursive: true, force: true });
      await record();
    });
    await rm(work.root, { recursive: true, force: true });
    return settled;
  };

  const full = await fullDisk(work);
  if (full && exit?.code !== 0)
    return fail(new CapstanError("CAP-STORE-003", { problem: `step ${work.node.id} ended with ${full} left` }), "infra");
  if (state.state === "lost") return fail(new CapstanError("CAP-RUN-013", { step: work.node.id, why: state.why }), "infra");
  if (!exit || exit.code !== 0 || exit.timedOut) {
    const ended = exit ?? { code: null, signal: null, timedOut: false, startedMs: 0, endedMs: 0, cpuSeconds: null, peakBytes: null };
    const error = failureOf(work.node, ended, lines, {
      box: work.box,
      project: work.folder,
      variables: deps.variables,
      seen: work.spec.environment,
    });
    return fail(error, ended.timedOut ? "timeout" : ended.signal === "SIGKILL" ? "oom" : "exit");
  }
  let outputs: MadeOutput[];
  try {
    outputs = await collect(
      deps.contents,
      work.node.id,
      { folder: work.box, given: work.given, sandbox: work.node.sandbox },
      work.node.outputs,
    );
  } catch (error) {
    return fail(toCapstanError(error), "output");
  }
  const metrics = await metricsOf(work.box, work.node.outputs);
  return commit(deps, attempt, work, { outputs, metrics, exit, seconds, refused, caller, fail: (error) => fail(error, "output") });
}

const nothingBytes = 64 << 10;
/** How little is left where the step worked, when that is next to nothing: whatever it says itself then, this is why. */
async function fullDisk(work: Work): Promise<string | undefined> {
  const disk = await statfs(work.root).catch(() => undefined);
  const leftBytes = disk && disk.bavail * disk.bsize;
  return leftBytes !== undefined && leftBytes < nothingBytes ? `${leftBytes} bytes` : undefined;
}

async function commit(
  deps: AttemptDeps,
  attempt: AttemptRow,
  work: Work,
  made: {
    outputs: MadeOutput[];
    metrics: Record<string, number>;
    exit: AttemptExit;
    seconds: number;
    refused: string | null;
    caller: Caller;
    fail(error: CapstanError): Promise<Settled>;
  },
): Promise<Settled> {
  const { store, sql, tracking, contents } = deps;
  const { outputs, metrics, exit, seconds } = made;
  const edited = await editedInput(contents, work);
  const found = await sql.result(work.project, attempt.stepKey);
  // A result whose bytes the store has lost is no result any more.
  const lost = found !== undefined && !(await allKept(contents, found));
  const earlier = lost ? undefined : found;
  const other = earlier && earlier.outputs.find((output) => outputs.find((one) => one.name === output.name)?.digest !== output.digest);
  if (other && work.node.deterministic === true)
    return made.fail(new CapstanError("CAP-RUN-014", { step: work.node.id, output: other.name }));

  const nowMs = store.clock.nowMs();
  const result: ActionResult = {
    stepKey: attempt.stepKey,
    baseKey: baseKeyOf(work.facts),
    step: work.node.id,
    stepRun: attempt.stepRun,
    pipelineRun: attempt.pipelineRun,
    number: work.number,
    outputs,
    metrics,
    facts: work.facts,
    seconds,
    madeMs: nowMs,
  };
  const also = [
    sql.endAttempt(attempt.id, attempt.token, edited === undefined ? "committed" : "tainted", nowMs),
    ...(lost && edited === undefined ? [sql.dropResult(work.project, attempt.stepKey)] : []),
    ...(edited !== undefined ? [] : [sql.insertResult(work.project, result)]),
    ...(other && edited === undefined ? [sql.insertDivergence(work.project, attempt.stepKey, attempt.stepRun, outputs, nowMs)] : []),
  ];
  if (Object.keys(metrics).length > 0)
    await tracking.logBatch(
      attempt.stepRun,
      { metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0, timeMs: exit.endedMs })) },
      made.caller,
    );
  await tracking.addLinks(
    attempt.stepRun,
    {
      outputs: outputs.map((output) => ({
        name: output.name,
        node: `${output.form === "tree" ? "tree" : "blob"}:${output.digest}`,
        digest: output.digest,
      })),
    },
    made.caller,
  );
  for (const output of outputs) if (output.form === "file") await tracking.putArtifact(attempt.stepRun, output.path, output, made.caller);
  await endRun(deps, attempt, work, exit, "FINISHED", made.caller, also);
  const note =
    edited !== undefined
      ? `${edited} was edited while it ran: the result is used here, but not kept for later runs`
      : other
        ? `${other.name} came out other than before with equal inputs: the first result stays, this one is kept as evidence`
        : null;
  const notes = [note, made.refused].filter((one) => one !== null);
  return {
    state: "ran",
    outputs,
    metrics,
    seconds,
    exit,
    note: notes.length > 0 ? notes.join("; ") : null,
    apart: edited !== undefined ? "tainted" : other ? "diverged" : null,
  };
}

/** The first input in the project folder that does not hold any more what the step was given. */
async function editedInput(contents: Contents, work: Work): Promise<string | undefined> {
  for (const { path, digest } of work.watched)
    if ((await contents.find(isAbsolute(path) ? path : join(work.folder, path)))?.digest !== digest) return path;
  return undefined;
}

async function endRun(
  deps: AttemptDeps,
  attempt: AttemptRow,
  work: Work,
  exit: AttemptExit | null,
  status: "FINISHED" | "FAILED" | "KILLED",
  caller: Caller,
  also: Parameters<Store["database"]["commit"]>[0],
): Promise<void> {
  const { store, tracking } = deps;
  await deps.tokens?.revoke(attempt.stepRun);
  const log = await deps.contents.put(work.spec.logPath).catch(() => undefined);
  if (log) await tracking.putArtifact(attempt.stepRun, "capstan/log.txt", log, caller);
  await tracking.endRun(
    attempt.stepRun,
    {
      status,
      verdict: status === "FINISHED" ? "pass" : status === "KILLED" ? "error" : "fail",
      endedMs: exit?.endedMs ?? store.clock.nowMs(),
      resources: {
        wallSeconds: exit ? (exit.endedMs - exit.startedMs) / 1000 : null,
        cpuSeconds: exit?.cpuSeconds ?? null,
        gpuSeconds: null,
        peakBytes: exit?.peakBytes ?? null,
        waitSeconds: null,
      },
      also,
    },
    caller,
  );
  await rm(work.root, { recursive: true, force: true });
}

/** Ends an attempt that is to be no more, and its run. */
export async function cancel(
  deps: AttemptDeps,
  attempt: AttemptRow,
  caller: Caller,
  grace: { graceMs: number; insist: AbortSignal },
): Promise<void> {
  const work = JSON.parse(attempt.work) as Work;
  await deps.executor.stop(work.spec, grace.graceMs, grace.insist);
  const state = await deps.executor.look(work.spec);
  await takeSpooled(deps, attempt, work);
  await endRun(deps, attempt, work, state.state === "ended" ? state.exit : null, "KILLED", caller, [
    deps.sql.endAttempt(attempt.id, attempt.token, "cancelled", deps.store.clock.nowMs()),
  ]);
}

/** Ends what never began. */
export const abandon = (deps: AttemptDeps, attempt: AttemptRow, caller: Caller): Promise<void> =>
  endRun(deps, attempt, JSON.parse(attempt.work) as Work, null, "FAILED", caller, [
    deps.sql.endAttempt(attempt.id, attempt.token, "lost", deps.store.clock.nowMs()),
  ]);

/** A digest by which lineage names all code of a step together. */
export const codeNode = (facts: StepFacts): string => `code:${sha256(JSON.stringify(facts.code))}`;
