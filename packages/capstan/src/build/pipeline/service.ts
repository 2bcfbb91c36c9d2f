import { join } from "node:path";
import type { PipelineEvent, StepRun } from "@capstan/contract/operations/pipeline";
import type { Caller } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { Hosts } from "../../base/storage/hosts.ts";
import type { DataService } from "../data/model.ts";
import { noTracing, type Tracing } from "../../base/foundation/tracing.ts";
import type { Executor } from "../execution/model.ts";
import type { TrackingService } from "../tracking/service.ts";
import { createAdopted } from "./adoption.ts";
import type { AttemptDeps } from "./attempt.ts";
import { type ProjectFile, sound } from "./config/project-file.ts";
import type { ReadOptions } from "./config/read-project-file.ts";
import { createCommands } from "./commands.ts";
import { createContents } from "./contents.ts";
import { createEventLog } from "./event-log.ts";
import type { Taken } from "./facts.ts";
import { adoptLeftRuns } from "./left-runs.ts";
import { lockedValues, readLock } from "./lock-file.ts";
import type { MadeOutput } from "./model.ts";
import { type PlanDeps, type PlannedNode, planOf } from "./plan.ts";
import { type LiveRun, runSteps } from "./run.ts";
import { beginRun, leaseMs, occupied } from "./run-begin.ts";
import { createRunEnd } from "./run-end.ts";
import type { AttemptTokens, ModelSink, SpooledLogs, SuiteRunner } from "./seams.ts";
import { planRebuild, rebuildOf } from "./rebuild.ts";
import { type SettledRun, settleNothing } from "./settled-run.ts";
import { createSlots } from "./slots.ts";
import { sawTheSame, takeData } from "./taken-data.ts";
import { type Choice, createPipelineStore, type Offered, type PipelineRunRow, type StepRunRow } from "./store.ts";

export type PipelineDeps = {
  store: Store;
  tracking: TrackingService;
  executor: Executor;
  /** Without it, steps may read paths but no datasets. */
  data?: DataService;
  /** The folder in which a project's capstan.yaml lies. */
  folderOf(project: string): Promise<string>;
  /** The plain file of a folder from a cache; read anew by default. */
  plainFile?(folder: string): Promise<ProjectFile>;
  /** Everything that steps may be given by name. */
  variables: Readonly<Record<string, string | undefined>>;
  /** Address under which steps reach this host, such as `http://127.0.0.1:7070`. */
  endpoint?(): string | null;
  tokens?: AttemptTokens;
  spooled?: SpooledLogs;
  models?: ModelSink;
  suites?: SuiteRunner;
  tracing?: Tracing;
  /** Other processes that run pipelines of this store; without it there is none. */
  hosts?: Pick<Hosts, "id" | "left">;
};

export type RunAsk = {
  project: string;
  steps?: readonly string[];
  set?: readonly string[];
  profiles?: readonly string[];
  force?: boolean;
  keepGoing?: boolean;
  locked?: boolean;
  message?: string;
  because?: string;
  /** Makes this run again from what it recorded: its code, parameters and inputs, whatever the folder says now. Folder, lock and models stay. */
  as?: string;
};

/** What `run` answers at once. With nothing to run there is no run: what the folder lacked was put back. */
export type Started =
  | SettledRun
  | {
      run: PipelineRunRow;
      /** What surrounds it otherwise than the run that it makes again. */ differs: readonly string[];
      events: AsyncIterable<PipelineEvent>;
      done: Promise<PipelineRunRow>;
    };

export type PipelineService = ReturnType<typeof createPipelineService>;

const renewMs = 10_000;
const keptLogs = 50;

export function createPipelineService(deps: PipelineDeps) {
  const { store, tracking } = deps;
  const { clock } = store;
  const sql = createPipelineStore(store.database);
  const contents = createContents({ store });
  const plan: PlanDeps = { contents, data: deps.data, variables: deps.variables, sql, blobs: store.blobs };
  const slots = createSlots(deps.executor.slots);
  const adopted = createAdopted();
  const host = deps.hosts?.id ?? store.ids.ulid();
  const attemptDeps: AttemptDeps = {
    store,
    sql,
    tracking,
    executor: deps.executor,
    contents,
    tokens: deps.tokens,
    spooled: deps.spooled,
    variables: deps.variables,
  };
  const live = new Map<string, LiveRun>();
  const leaving = new AbortController();
  const progress = new Map<string, NonNullable<StepRun["progress"]>>();

  store.events.on("progress", (event) => {
    for (const run of live.values()) {
      const step = [...run.steps.values()].find((one) => one.run === event.run && one.state === "running");
      if (!step) continue;
      progress.set(event.run, { done: event.done, total: event.total, unit: event.unit });
      run.events.emit({ event: "step.progress", step: step.step, done: event.done, total: event.total, unit: event.unit });
    }
  });

  // Loaded when a file must be read: what knows the whole of capstan.yaml costs a command 60 ms.
  const readAnew = async (options: ReadOptions): Promise<ProjectFile> =>
    (await import("./config/read-project-file.ts")).readProjectFile(options);
  const plainFile = deps.plainFile ?? ((folder: string) => readAnew({ folder }));
  const read = async (ask: { project: string; set?: readonly string[]; profiles?: readonly string[] }): Promise<ProjectFile> => {
    const { set = [], profiles = [] } = ask;
    const folder = await deps.folderOf(ask.project);
    const file = set.length + profiles.length === 0 ? await plainFile(folder) : await readAnew({ folder, set, profiles });
    return { ...sound(file), project: ask.project };
  };

  /** `run:7`, `7`, `latest`, a name or an id. */
  async function findRun(project: string, ref: string): Promise<PipelineRunRow> {
    const text = ref.replace(/^run:/, "");
    const found =
      text === "latest"
        ? await sql.lastRun(project)
        : /^\d+$/.test(text)
          ? await sql.runByNumber(project, Number(text))
          : ((await sql.runById(text)) ?? (await sql.runByName(project, text)));
    if (!found || found.project !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: ref });
    return found;
  }

  async function run(ask: RunAsk, caller: Caller): Promise<Started> {
    const of = ask.as === undefined ? undefined : await findRun(ask.project, ask.as);
    const rebuild = of && (await rebuildOf({ ...plan, tracking }, await deps.folderOf(ask.project), of));
    const choice: Choice = {
      steps: ask.steps ?? [],
      set: of?.choice.set ?? ask.set ?? [],
      profiles: of?.choice.profiles ?? ask.profiles ?? [],
      force: ask.force ?? false,
      keepGoing: ask.keepGoing ?? false,
      ...(of && { as: of.id }),
    };
    const file = rebuild?.file ?? (await read(ask));
    const going = await occupied({ store, sql }, ask.project);
    if (going) throw going;
    let planned = rebuild ? await planRebuild(plan, rebuild) : await planOf(plan, file, choice);
    const because = ask.because ?? caller.because;
    const todo = planned.filter((one) => one.decision === "run" || one.decision === "may");
    const [first] = todo;
    if (ask.locked && first)
      throw new CapstanError(
        "CAP-RUN-012",
        { step: first.node.id, why: againstLock(first, await readLock(file.folder)) },
        { why: "the lock is not the result of these files" },
      );
    const taken: Taken = rebuild
      ? new Map()
      : await takeData(
          deps.data,
          file,
          planned.map((one) => one.node.id),
          caller,
          because,
        );
    if (todo.length === 0) {
      // Bytes may have changed between the two looks.
      if (!sawTheSame(planned, taken)) planned = await planOf(plan, file, choice, taken);
      if (planned.every((one) => one.decision === "reuse" || one.decision === "skip"))
        return settleNothing({ contents, models: deps.models }, ask.project, file, planned, taken, caller, because);
    }

    const parts = { store, sql, tracking, host };
    const { row, steps, experimentId } = await beginRun(
      parts,
      { project: ask.project, message: ask.message, because, plain: file.plain, choice },
      planned,
      caller,
    );
    const { id, number } = row;
    const events = createEventLog();
    const stop = new AbortController();
    const insist = new AbortController();
    events.emit({
      event: "run.started",
      at: toTime(row.startedMs),
      run: `run:${number}`,
      name: row.name,
      steps: planned.length,
      toRun: todo.length,
    });
    store.events.emit("changed", { project: ask.project, kind: "pipeline-run", id });
    const renewal = setInterval(
      () =>
        void store.database
          .commit([sql.renewLease(ask.project, host, clock.nowMs() + leaseMs)])
          .catch((error: unknown) => store.log.warn("pipeline.lease", { error: String(error) })),
      renewMs,
    );
    renewal.unref();

    const closing = createRunEnd(parts, { row, steps, file, taken, caller, events });
    const done = runSteps(
      {
        ...attemptDeps,
        plan,
        slots,
        adopted,
        host,
        models: deps.models,
        suites: deps.suites,
        tracing: deps.tracing ?? noTracing,
        endpoint: deps.endpoint ?? (() => null),
      },
      {
        file,
        row,
        nodes: planned.map((one) => one.node.id),
        steps,
        taken,
        rebuild,
        choice,
        experimentId,
        caller,
        events,
        stop: stop.signal,
        insist: insist.signal,
        leave: leaving.signal,
        estimates: new Map(planned.flatMap((one) => (one.estimateSeconds === null ? [] : [[one.node.id, one.estimateSeconds] as const]))),
      },
    )
      .then((end) => (end.left || leaving.signal.aborted ? row : closing.ended(end)))
      .catch(closing.broken)
      .finally(() => {
        clearInterval(renewal);
        events.end();
        const ended = [...live.keys()].filter((one) => live.get(one)?.events.ended);
        for (const old of ended.slice(0, Math.max(0, ended.length - keptLogs))) live.delete(old);
      });
    const cancel = (now: boolean): void => {
      if (now) insist.abort();
      stop.abort(new CapstanError("CAP-RUN-011", { number }));
    };
    live.set(id, { row, events, steps, done, cancel });
    return { run: row, differs: rebuild?.differs ?? [], events: events.iterate(), done };
  }

  /** At first before anything runs here; where several processes share a store, again from time to time. */
  const adopt = async (first = true): Promise<{ attempts: number; runs: number }> => {
    const left = deps.hosts ? await deps.hosts.left() : (one: string) => one !== host;
    return adoptLeftRuns({ ...attemptDeps, adopted, host, left, first, leave: leaving.signal, isLive: (run_) => live.has(run_) });
  };

  return {
    sql,
    contents,
    commands: createCommands(deps),
    read,
    nowMs: () => clock.nowMs(),
    folderOf: deps.folderOf,
    /** What a step's run wrote. */
    logPath: (stepRun: string): string => join(store.folder, "logs", `${stepRun}.log`),
    /** Readable even when the file is broken. */
    readLoosely: async (project: string): Promise<ProjectFile> => ({
      ...(await plainFile(await deps.folderOf(project))),
      project,
    }),
    /** What would run and why; changes nothing. */
    plan: async (ask: RunAsk): Promise<{ file: ProjectFile; planned: PlannedNode[] }> => {
      const file = await read(ask);
      return { file, planned: await planOf(plan, file, { steps: ask.steps ?? [], force: ask.force ?? false }) };
    },
    planOf: (file: ProjectFile) => planOf(plan, file, { steps: [], force: false }),
    run,
    /** Starts and waits; for callers inside the program. Null when there was nothing to run; what made it fail stands in the row. */
    async runToEnd(ask: RunAsk, caller: Caller, onEvent: (event: PipelineEvent) => void = () => undefined): Promise<PipelineRunRow | null> {
      const started = await run(ask, caller);
      if (started.run === null) return null;
      for await (const event of started.events) onEvent(event);
      return started.done;
    },
    /** The same, telling also what models came of it when nothing had to run. */
    async runOrReuse(ask: RunAsk, caller: Caller): Promise<{ run: PipelineRunRow | null; offered: readonly Offered[] }> {
      const started = await run(ask, caller);
      if (started.run === null) return { run: null, offered: started.offered };
      const row = await started.done;
      return { run: row, offered: row.offered };
    },
    adopt,
    /** Waits for attempts that were adopted. */
    adoptedSettled: () => adopted.all(),
    live: (id: string): LiveRun | undefined => live.get(id),
    progressOf: (run_: string): StepRun["progress"] => progress.get(run_) ?? tracking.progressOf(run_) ?? null,
    findRun,
    /** `train` for its newest execution, `run:2/train`, or the id of a step's run. */
    async findStepRun(project: string, ref: string): Promise<StepRunRow> {
      const slash = ref.lastIndexOf("/");
      const name = ref.slice(slash + 1).replace(/^step:/, "");
      const row =
        slash >= 0
          ? (await sql.stepRuns((await findRun(project, ref.slice(0, slash))).id)).find((one) => one.step === name)
          : ((await sql.stepRunByRun(ref)) ?? (await sql.lastExecuted(project, name)));
      if (!row || row.project !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "step run", name: ref });
      return row;
    },
    /** An output in the store: of a run, or of the newest one in which the step ended well. */
    async output(
      project: string,
      step: string,
      output: string,
      runRef?: string,
    ): Promise<MadeOutput & { localPath: string; stepRun: string | null; pipelineRun: string }> {
      const rows =
        runRef === undefined
          ? [await sql.lastPassed(project, step, Number.MAX_SAFE_INTEGER)]
          : (await sql.stepRuns((await findRun(project, runRef)).id)).filter((one) => one.step === step);
      const row = rows[0];
      const made = row?.outputs.find((one) => one.name === output);
      if (!row || !made) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "output", name: `step:${step}.${output}` });
      return { ...made, localPath: await contents.localPath(made), stepRun: row.run, pipelineRun: row.pipelineRun };
    },
    /** With `now` without a grace, also when it is being cancelled already. */
    async cancel(project: string, ref: string, caller: Caller, now = false): Promise<PipelineRunRow> {
      const row = await findRun(project, ref);
      const running = live.get(row.id);
      if (row.state !== "running" || !running)
        throw new CapstanError("CAP-STATE-001", { noun: "run", name: `run:${row.number}`, state: row.state, action: "cancelled" });
      running.cancel(now);
      return running.done;
    },
    /** Stops looking. Steps go on; the next host adopts them. */
    async close(): Promise<void> {
      leaving.abort();
      await Promise.allSettled([...live.values()].map((one) => one.done));
      await adopted.all();
    },
  };
}

/** What differs from the lock, as far as it says; else what differs from the last run. */
function againstLock(planned: PlannedNode, lock: string): string {
  const locked = lockedValues(lock, planned.node.id);
  const changed = planned.facts.params.find(([name, json]) => locked.size > 0 && locked.get(`param.${name}`) !== json);
  if (changed) return `${changed[0]} is ${changed[1]}, the lock has ${locked.get(`param.${changed[0]}`) ?? "none"}`;
  return planned.reasons[0]?.text ?? "it has never run here";
}
