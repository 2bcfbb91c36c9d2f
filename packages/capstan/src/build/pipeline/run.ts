import { join } from "node:path";
import type { StepState } from "@capstan/contract/operations/pipeline";
import type { Caller } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError, toCapstanError } from "../../base/foundation/errors.ts";
import { captureEnvironment } from "../execution/capture-environment.ts";
import type { Adopted } from "./adoption.ts";
import { cancel, type Settled, settle } from "./attempt.ts";
import type { ProjectFile } from "./config/project-file.ts";
import type { EventLog } from "./event-log.ts";
import type { Taken } from "./facts.ts";
import { told } from "./failure.ts";
import { createJudging } from "./judging.ts";
import type { MadeOutput } from "./model.ts";
import { offerModels } from "./offers.ts";
import { decide, type PlanDeps, type PlannedNode } from "./plan.ts";
import { decideRebuild, type Rebuild } from "./rebuild.ts";
import { EditedError } from "./sandbox.ts";
import type { ModelSink, SuiteRunner } from "./seams.ts";
import type { Slots } from "./slots.ts";
import { createStepBoard } from "./step-board.ts";
import { createStepStart, type StepStartDeps } from "./step-start.ts";
import type { AttemptRow, Choice, Offered, PipelineRunRow, StepRunRow } from "./store.ts";

export type RunDeps = StepStartDeps & {
  plan: PlanDeps;
  slots: Slots;
  /** Attempts of a host that is no more, by step key: waited for instead of started again. */
  adopted: Adopted;
  models: ModelSink | undefined;
  suites: SuiteRunner | undefined;
};

/** One pipeline run in this process, from its first step to its last. */
export type LiveRun = {
  row: PipelineRunRow;
  events: EventLog;
  steps: Map<string, StepRunRow>;
  /** Resolves when it has ended and everything of it is written. */
  done: Promise<PipelineRunRow>;
  /** With `now` its steps are given no grace. */
  cancel(now: boolean): void;
};

const cancelGraceMs = 10_000;

export type RunEnd = {
  steps: ReadonlyMap<string, StepRunRow>;
  /** Steps whose outputs are not what their key stands for, and all that was made from them: neither folder nor lock nor models follow them. */
  apart: ReadonlySet<string>;
  offered: Offered[];
  savedSeconds: number;
  error: CapstanError | null;
  cancelled: boolean;
  left: boolean;
};

/** Runs the wanted nodes: what is ready at once, within the slots, the longest way to the end first. */
export async function runSteps(
  deps: RunDeps,
  run: {
    file: ProjectFile;
    row: PipelineRunRow;
    nodes: readonly string[];
    steps: Map<string, StepRunRow>;
    taken: Taken;
    /** Set when it makes an earlier run again. */
    rebuild: Rebuild | undefined;
    choice: Choice;
    experimentId: string;
    caller: Caller;
    events: EventLog;
    stop: AbortSignal;
    /** What is being ended is ended at once. */
    insist: AbortSignal;
    leave: AbortSignal;
    estimates: ReadonlyMap<string, number>;
  },
): Promise<RunEnd> {
  const { file, row, steps, caller, events, choice } = run;
  const { store, sql } = deps;
  const priority = priorities(run.nodes, file, run.estimates);
  const forced = new Set(choice.force ? (choice.steps.length > 0 ? choice.steps : run.nodes) : []);
  const captured = await captureEnvironment(
    file.folder,
    store.blobs,
    [...file.graph.nodes.values()].flatMap((node) => node.outputs.map((output) => output.path)),
  );
  // The commit of the folder says nothing about code that comes from the store.
  const environment = run.rebuild ? { ...captured, git: null } : captured;
  const apart = new Set<string>();
  const board = createStepBoard({ store, sql, row, steps, events });
  const { save, ended, ahead } = board;
  const { suites, contents } = deps;
  const judge = createJudging({ suites, contents, clock: store.clock, file, row, taken: run.taken, caller, events, board });
  const start = createStepStart(deps, { file, row, experimentId: run.experimentId, environment, caller, events, board });
  let savedSeconds = 0;
  let error: CapstanError | null = null;
  let left = false;

  /** What a step made goes into the folder; only a plain run may touch it. */
  const deliver = async (outputs: readonly MadeOutput[]): Promise<void> => {
    if (!row.plain) return;
    for (const output of outputs) {
      const path = join(file.folder, output.path);
      if ((await deps.contents.find(path))?.digest !== output.digest) await deps.contents.checkout(output, path);
    }
  };

  /** Made, but its suites have not spoken yet: nothing starts on it. */
  const unjudged = new Set<string>();
  const finish = async (
    id: string,
    planned: PlannedNode,
    made: {
      outputs: readonly MadeOutput[];
      metrics: Readonly<Record<string, number>>;
      state: StepState;
      patch: Partial<StepRunRow>;
      seconds: number;
    },
  ): Promise<void> => {
    unjudged.add(id);
    await save(id, {
      state: made.state,
      outputs: [...made.outputs],
      metrics: { ...made.metrics },
      stepKey: planned.stepKey,
      facts: planned.facts,
      reasons: planned.reasons,
      ...made.patch,
    });
    await judge(id);
    unjudged.delete(id);
    if (file.graph.needs.get(id)?.some((needed) => apart.has(needed))) apart.add(id);
    if (!apart.has(id)) await deliver(made.outputs);
    ended(id, { seconds: made.seconds });
  };

  const one = async (id: string): Promise<void> => {
    const node = file.graph.nodes.get(id);
    if (!node) return;
    const skipped = file.graph.needs.get(id)?.find((needed) => steps.get(needed)?.state === "skipped");
    for (let look = 1; ; look++) {
      const planned = run.rebuild
        ? await decideRebuild(deps.plan, run.rebuild, node, ahead)
        : await decide(deps.plan, file, node, ahead, run.taken, {
            forced: forced.has(id) || forced.has(node.step),
            beforeNumber: row.number,
          });
      board.reasons.set(id, planned.reasons);
      if (planned.decision === "skip" || skipped !== undefined) {
        await save(id, {
          state: "skipped",
          decision: "skip",
          reasons:
            skipped === undefined
              ? planned.reasons
              : [{ kind: "rule", name: "", old: null, new: null, origin: null, text: `${skipped} is skipped`, root: true, because: [] }],
        });
        return ended(id);
      }
      if (planned.hit) {
        savedSeconds += planned.hit.seconds;
        const { hit } = planned;
        return finish(id, planned, {
          outputs: hit.outputs,
          metrics: hit.metrics,
          state: "reused",
          seconds: hit.seconds,
          patch: { decision: "reuse", reused: { run: hit.pipelineRun, number: hit.number }, run: hit.stepRun },
        });
      }
      if (planned.stepKey === null)
        throw new CapstanError("CAP-INTERNAL-001", { what: `inputs of step ${id} are not known though all steps ahead have ended` });
      const waits = deps.adopted.find(row.project, planned.stepKey);
      if (waits) {
        await save(id, { state: "running", decision: "run", reasons: planned.reasons, startedMs: store.clock.nowMs() });
        await waits;
        continue;
      }
      try {
        return await execute(id, planned);
      } catch (failure) {
        if (!(failure instanceof EditedError) || look >= 3)
          throw failure instanceof EditedError
            ? new CapstanError("CAP-RUN-010", { step: id, problem: `${failure.message} is being edited` })
            : failure;
      }
    }
  };

  const execute = (id: string, planned: PlannedNode): Promise<void> =>
    deps.tracing.span(`step ${id}`, { "capstan.project": row.project, "capstan.run": row.id }, () => executeWithin(id, planned));

  const executeWithin = async (id: string, planned: PlannedNode): Promise<void> => {
    const { node } = planned;
    await save(id, { state: "ready", decision: "run", reasons: planned.reasons, stepKey: planned.stepKey, facts: planned.facts });
    const release = await deps.slots.take({
      cpu: node.resources.cpu,
      mutex: node.mutex,
      priority: priority.get(id) ?? 0,
      signal: run.stop,
    });
    try {
      for (let attempt = 1; ; attempt++) {
        if (run.leave.aborted) {
          left = true;
          return;
        }
        const { row: attemptRow, stepRun } = await start(id, planned, attempt);
        const again = (settled: Settled): boolean =>
          settled.state === "failed" &&
          attempt <= node.retry.max &&
          (node.retry.if.includes("any") ||
            node.retry.if.includes(settled.kind) ||
            (settled.kind === "exit" && node.retry.if.includes(`exit:${settled.exit?.code}`)));
        const settled = await settled_(attemptRow, again);
        if (settled.state === "left") {
          left = true;
          return;
        }
        const times = {
          endedMs: settled.exit?.endedMs ?? store.clock.nowMs(),
          cpuSeconds: settled.exit?.cpuSeconds ?? null,
          peakBytes: settled.exit?.peakBytes ?? null,
          exit: settled.exit && { code: settled.exit.code, signal: settled.exit.signal, timedOut: settled.exit.timedOut },
        };
        if (settled.state === "ran" && settled.apart === "diverged") apart.add(id);
        if (settled.state === "ran") {
          await finish(id, planned, {
            outputs: settled.outputs,
            metrics: settled.metrics,
            state: "ran",
            seconds: settled.seconds,
            patch: { ...times, run: stepRun, note: settled.note },
          });
          if (settled.apart !== null) apart.add(id);
          return;
        }
        if (run.stop.aborted) {
          await save(id, { state: "cancelled", ...times });
          return ended(id, { seconds: settled.seconds });
        }
        if (again(settled)) continue;
        error ??= settled.error;
        await save(id, { state: "failed", error: told(settled.error, settled.lines), ...times });
        return ended(id, { seconds: settled.seconds });
      }
    } finally {
      release();
    }
  };

  const settled_ = async (attempt: AttemptRow, again: (settled: Settled) => boolean): Promise<Settled> => {
    const stopped = new Promise<"stop">((resolve) =>
      run.stop.aborted ? resolve("stop") : run.stop.addEventListener("abort", () => resolve("stop"), { once: true }),
    );
    const waiting = new AbortController();
    const settling = settle(deps, attempt, caller, {
      leave: AbortSignal.any([run.leave, waiting.signal]),
      last: (settled) => !again(settled),
    });
    const first = await Promise.race([settling, stopped]);
    if (first !== "stop") return first;
    waiting.abort();
    const settled = await settling;
    if (settled.state !== "left") return settled;
    await cancel(deps, attempt, caller, { graceMs: cancelGraceMs, insist: run.insist });
    return {
      state: "failed",
      error: new CapstanError("CAP-RUN-011", { number: row.number }),
      exit: null,
      lines: [],
      seconds: 0,
      kind: "exit",
    };
  };

  // The loop: a node starts when all it needs have ended well.
  const open = new Set(run.nodes);
  const running = new Map<string, Promise<void>>();
  const well = (id: string): boolean =>
    !run.nodes.includes(id) || (!unjudged.has(id) && ["ran", "reused", "skipped"].includes(steps.get(id)?.state ?? ""));
  const failed = (id: string): boolean => ["failed", "notStarted", "cancelled", "lost"].includes(steps.get(id)?.state ?? "");
  for (;;) {
    const stopping = run.stop.aborted || left || run.leave.aborted || (error !== null && !choice.keepGoing);
    for (const id of [...open]) {
      const needs = file.graph.needs.get(id) ?? [];
      if (!stopping && needs.every(well)) {
        open.delete(id);
        running.set(
          id,
          one(id)
            .catch(async (thrown: unknown) => {
              if (run.stop.aborted) return void (await save(id, { state: "cancelled" }));
              const failure = toCapstanError(thrown);
              error ??= failure;
              await save(id, { state: "failed", error: told(failure), endedMs: store.clock.nowMs() });
              ended(id);
            })
            .finally(() => running.delete(id)),
        );
      } else if (!run.leave.aborted && !left && (stopping || needs.some(failed))) {
        open.delete(id);
        const why = needs.find(failed);
        await save(id, { state: "notStarted", note: why === undefined ? null : `${why} did not end well` });
      }
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }

  let offered: Offered[] = [];
  if (deps.models && error === null && !run.stop.aborted && !left) {
    const made = [...steps.values()].flatMap((step) =>
      step.run !== null && step.facts && !apart.has(step.step) && (step.state === "ran" || step.state === "reused")
        ? [
            {
              step: step.step,
              run: step.run,
              pipelineRun: step.reused?.run ?? row.id,
              key: step.stepKey ?? "",
              outputs: step.outputs,
              params: step.facts.params,
            },
          ]
        : [],
    );
    offered = await offerModels(
      deps.models,
      deps.contents,
      { project: row.project, file, made, because: row.because ?? undefined },
      caller,
    );
    for (const one_ of offered) events.emit({ event: "model.offered", at: toTime(store.clock.nowMs()), ...one_ });
  }
  return { steps, apart, offered, savedSeconds, error, cancelled: run.stop.aborted, left };
}

/** Seconds of the longest way from a node to the end, by history; unknown steps count a little. */
function priorities(nodes: readonly string[], file: ProjectFile, estimates: ReadonlyMap<string, number>): Map<string, number> {
  const longest = new Map<string, number>();
  for (const id of [...nodes].reverse()) {
    const after = nodes.filter((other) => file.graph.needs.get(other)?.includes(id)).map((other) => longest.get(other) ?? 0);
    longest.set(id, (estimates.get(id) ?? 1) + Math.max(0, ...after));
  }
  return longest;
}
