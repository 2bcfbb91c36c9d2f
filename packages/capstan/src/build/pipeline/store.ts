import type { Reason, StepDecision, StepState } from "@capstan/contract/operations/pipeline";
import { type Change, type Database, insert, type Row, type SqlValue, type Statement, statement } from "../../base/storage/database.ts";
import type { ActionResult, MadeOutput, StepFacts } from "./model.ts";

type RunState = "running" | "passed" | "failed" | "cancelled" | "lost";
export type Told = { code: string; message: string; do: string; lines: string[] };
export type Choice = {
  steps: readonly string[];
  set: readonly string[];
  profiles: readonly string[];
  force: boolean;
  keepGoing: boolean;
  /** Id of the run that it rebuilds. */ as?: string;
};
export type Offered = { model: string; version: number | null; digest: string; text: string };

export type PipelineRunRow = {
  project: string;
  id: string;
  number: number;
  name: string;
  state: RunState;
  verdict: string | null;
  startedMs: number;
  endedMs: number | null;
  by: string;
  message: string | null;
  because: string | null;
  plain: boolean;
  choice: Choice;
  stepsTotal: number;
  savedSeconds: number;
  lockWritten: boolean;
  offered: Offered[];
  error: Told | null;
};
export type StepRunRow = {
  project: string;
  pipelineRun: string;
  step: string;
  place: number;
  state: StepState;
  decision: StepDecision;
  reasons: Reason[];
  stepKey: string | null;
  facts: StepFacts | null;
  run: string | null;
  reused: { run: string; number: number } | null;
  startedMs: number | null;
  endedMs: number | null;
  cpuSeconds: number | null;
  peakBytes: number | null;
  attempt: number;
  exit: { code: number | null; signal: string | null; timedOut: boolean } | null;
  error: Told | null;
  outputs: MadeOutput[];
  metrics: Record<string, number>;
  note: string | null;
};
export type AttemptRow = {
  project: string;
  id: string;
  pipelineRun: string;
  step: string;
  stepRun: string;
  stepKey: string;
  token: number;
  host: string;
  state: string;
  work: string;
};
export type Lease = { project: string; run: string; owner: string; pid: number; takenMs: number; untilMs: number };

const json = (value: unknown): string => JSON.stringify(value);
const parsed = <T>(text: SqlValue | undefined): T => JSON.parse(String(text)) as T;

const runOf = (row: Row): PipelineRunRow => ({
  project: String(row["project"]),
  id: String(row["id"]),
  number: Number(row["number"]),
  name: String(row["name"]),
  state: row["state"] as RunState,
  verdict: row["verdict"] as string | null,
  startedMs: Number(row["started_ms"]),
  endedMs: row["ended_ms"] as number | null,
  by: String(row["by_name"]),
  message: row["message"] as string | null,
  because: row["because"] as string | null,
  plain: row["plain"] === 1,
  choice: parsed(row["choice"]),
  stepsTotal: Number(row["steps_total"]),
  savedSeconds: Number(row["saved_seconds"]),
  lockWritten: row["lock_written"] === 1,
  offered: parsed(row["offered"]),
  error: row["error"] === null ? null : parsed(row["error"]),
});
const stepRunOf = (row: Row): StepRunRow => ({
  project: String(row["project"]),
  pipelineRun: String(row["pipeline_run"]),
  step: String(row["step"]),
  place: Number(row["place"]),
  state: row["state"] as StepState,
  decision: row["decision"] as StepDecision,
  reasons: parsed(row["reasons"]),
  stepKey: row["step_key"] as string | null,
  facts: row["facts"] === null ? null : parsed(row["facts"]),
  run: row["run"] as string | null,
  reused: row["reused_run"] === null ? null : { run: String(row["reused_run"]), number: Number(row["reused_number"]) },
  startedMs: row["started_ms"] as number | null,
  endedMs: row["ended_ms"] as number | null,
  cpuSeconds: row["cpu_seconds"] as number | null,
  peakBytes: row["peak_bytes"] as number | null,
  attempt: Number(row["attempt"]),
  exit: row["exit"] === null ? null : parsed(row["exit"]),
  error: row["error"] === null ? null : parsed(row["error"]),
  outputs: parsed(row["outputs"]),
  metrics: parsed(row["metrics"]),
  note: row["note"] as string | null,
});
const resultOf = (row: Row): ActionResult => ({
  stepKey: String(row["step_key"]),
  baseKey: String(row["base_key"]),
  step: String(row["step"]),
  stepRun: String(row["step_run"]),
  pipelineRun: String(row["pipeline_run"]),
  number: Number(row["number"]),
  outputs: parsed(row["outputs"]),
  metrics: parsed(row["metrics"]),
  facts: parsed(row["facts"]),
  seconds: Number(row["seconds"]),
  madeMs: Number(row["made_ms"]),
});
const attemptOf = (row: Row): AttemptRow => ({
  project: String(row["project"]),
  id: String(row["id"]),
  pipelineRun: String(row["pipeline_run"]),
  step: String(row["step"]),
  stepRun: String(row["step_run"]),
  stepKey: String(row["step_key"]),
  token: Number(row["token"]),
  host: String(row["host"]),
  state: String(row["state"]),
  work: String(row["work"]),
});

const stepRunColumns = (one: StepRunRow): Row => ({
  project: one.project,
  pipeline_run: one.pipelineRun,
  step: one.step,
  place: one.place,
  state: one.state,
  decision: one.decision,
  reasons: json(one.reasons),
  step_key: one.stepKey,
  facts: one.facts && json(one.facts),
  run: one.run,
  reused_run: one.reused?.run ?? null,
  reused_number: one.reused?.number ?? null,
  started_ms: one.startedMs,
  ended_ms: one.endedMs,
  cpu_seconds: one.cpuSeconds,
  peak_bytes: one.peakBytes,
  attempt: one.attempt,
  exit: one.exit && json(one.exit),
  error: one.error && json(one.error),
  outputs: json(one.outputs),
  metrics: json(one.metrics),
  note: one.note,
});

/** SQL of runs of the pipeline, results by step key, attempts and the lease of a project. */
export function createPipelineStore(database: Database) {
  const one = async <T>(map: (row: Row) => T, sql: string, ...params: SqlValue[]): Promise<T | undefined> => {
    const row = await database.find(sql, params);
    return row && map(row);
  };
  return {
    /** Gives the next number of the project and puts it behind the name. */
    insertRun: (run: Omit<PipelineRunRow, "number">): Statement =>
      statement(
        "insert into pipeline_run (project, id, number, name, state, verdict, started_ms, ended_ms, by_name, message, because, plain, choice, steps_total, saved_seconds, lock_written, offered, error) select ?, ?, coalesce(max(number), 0) + 1, ? || '-' || cast(coalesce(max(number), 0) + 1 as TEXT), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, null from pipeline_run where project = ? returning number, name",
        run.project,
        run.id,
        run.name,
        run.state,
        run.verdict,
        run.startedMs,
        run.endedMs,
        run.by,
        run.message,
        run.because,
        run.plain ? 1 : 0,
        json(run.choice),
        run.stepsTotal,
        run.savedSeconds,
        json(run.offered),
        run.project,
      ),
    endRun: (run: PipelineRunRow): Statement => ({
      ...statement(
        "update pipeline_run set state = ?, verdict = ?, ended_ms = ?, saved_seconds = ?, lock_written = ?, offered = ?, error = ? where id = ? and state = 'running'",
        run.state,
        run.verdict,
        run.endedMs,
        run.savedSeconds,
        run.lockWritten ? 1 : 0,
        json(run.offered),
        run.error && json(run.error),
        run.id,
      ),
      guard: { rows: 1, noun: "pipeline run", name: run.id },
    }),
    runById: (id: string) => one(runOf, "select * from pipeline_run where id = ?", id),
    runByNumber: (project: string, number: number) =>
      one(runOf, "select * from pipeline_run where project = ? and number = ?", project, number),
    runByName: (project: string, name: string) => one(runOf, "select * from pipeline_run where project = ? and name = ?", project, name),
    lastRun: (project: string) => one(runOf, "select * from pipeline_run where project = ? order by number desc limit 1", project),
    runsBefore: async (project: string, number: number, limit: number) =>
      (
        await database.all("select * from pipeline_run where project = ? and number < ? order by number desc limit ?", [
          project,
          number,
          limit,
        ])
      ).map(runOf),
    openRuns: async () => (await database.all("select * from pipeline_run where state = 'running' order by started_ms")).map(runOf),

    putStepRun: (step: StepRunRow): Statement => {
      const row = stepRunColumns(step);
      const changing = Object.keys(row).filter((column) => column !== "pipeline_run" && column !== "step");
      return insert("step_run", row, {
        tail: `on conflict (pipeline_run, step) do update set ${changing.map((column) => `${column} = excluded.${column}`).join(", ")}`,
      });
    },
    stepRuns: async (pipelineRun: string) =>
      (await database.all("select * from step_run where pipeline_run = ? order by place", [pipelineRun])).map(stepRunOf),
    stepRunsOf: async (runs: readonly string[]) =>
      runs.length === 0
        ? []
        : (
            await database.all(
              `select * from step_run where pipeline_run in (${runs.map(() => "?").join(", ")}) order by pipeline_run, place`,
              runs,
            )
          ).map(stepRunOf),
    stepRunByRun: (run: string) => one(stepRunOf, "select * from step_run where run = ?", run),
    /** Of each step the newest run in which it was looked at. */
    lastStepRuns: async (project: string) =>
      (
        await database.all(
          "select * from (select s.*, p.number, row_number() over (partition by s.step order by p.number desc) as newest from step_run s join pipeline_run p on p.id = s.pipeline_run where s.project = ? and s.state not in ('waiting', 'notStarted')) as ranked where newest = 1",
          [project],
        )
      ).map((row) => ({ ...stepRunOf(row), number: Number(row["number"]) })),
    /** The newest that was executed, of a step. */
    lastExecuted: (project: string, step: string) =>
      one(
        stepRunOf,
        "select s.* from step_run s join pipeline_run p on p.id = s.pipeline_run where s.project = ? and s.step = ? and s.run is not null order by p.number desc limit 1",
        project,
        step,
      ),
    /** The newest before a run that ended well: what a reason compares with. */
    lastPassed: async (project: string, step: string, beforeNumber: number) => {
      const row = await database.find(
        "select s.*, p.number from step_run s join pipeline_run p on p.id = s.pipeline_run where s.project = ? and s.step = ? and s.state in ('ran', 'reused') and s.facts is not null and p.number < ? order by p.number desc limit 1",
        [project, step, beforeNumber],
      );
      return row && { ...stepRunOf(row), number: Number(row["number"]) };
    },

    result: (project: string, stepKey: string) =>
      one(resultOf, "select * from action_result where project = ? and step_key = ?", project, stepKey),
    hasBase: async (project: string, baseKey: string) =>
      (await database.find("select 1 as found from action_result where project = ? and base_key = ? limit 1", [project, baseKey])) !==
      undefined,
    lastSeconds: async (project: string, step: string) =>
      (
        await database.find<{ seconds: number }>(
          "select seconds from action_result where project = ? and step = ? order by made_ms desc limit 1",
          [project, step],
        )
      )?.seconds,
    /** The first result of a key stays; nothing happens when there is one. */
    insertResult: (project: string, result: ActionResult): Statement =>
      insert(
        "action_result",
        {
          project,
          step_key: result.stepKey,
          base_key: result.baseKey,
          step: result.step,
          step_run: result.stepRun,
          pipeline_run: result.pipelineRun,
          number: result.number,
          outputs: json(result.outputs),
          metrics: json(result.metrics),
          facts: json(result.facts),
          seconds: result.seconds,
          made_ms: result.madeMs,
        },
        { tail: "on conflict (project, step_key) do nothing" },
      ),
    /** Its bytes are gone, so that it must be made again. */
    dropResult: (project: string, stepKey: string): Statement =>
      statement("delete from action_result where project = ? and step_key = ?", project, stepKey),
    insertDivergence: (project: string, stepKey: string, stepRun: string, outputs: readonly MadeOutput[], madeMs: number): Statement =>
      insert(
        "action_divergence",
        { project, step_key: stepKey, step_run: stepRun, outputs: json(outputs), made_ms: madeMs },
        { tail: "on conflict (project, step_key, step_run) do nothing" },
      ),

    insertAttempt: (attempt: AttemptRow, createdMs: number): Statement =>
      insert("attempt", {
        project: attempt.project,
        id: attempt.id,
        pipeline_run: attempt.pipelineRun,
        step: attempt.step,
        step_run: attempt.stepRun,
        step_key: attempt.stepKey,
        token: attempt.token,
        host: attempt.host,
        state: attempt.state,
        work: attempt.work,
        created_ms: createdMs,
      }),
    /** Only the holder of the token ends an attempt, once. */
    endAttempt: (id: string, token: number, state: string, endedMs: number): Statement => ({
      ...statement(
        "update attempt set state = ?, ended_ms = ? where id = ? and token = ? and state = 'running'",
        state,
        endedMs,
        id,
        token,
      ),
      guard: { rows: 1, noun: "attempt", name: id },
    }),
    /** Whoever held it before can commit nothing any more. */
    adoptAttempt: (id: string, token: number, host: string): Statement => ({
      ...statement("update attempt set token = token + 1, host = ? where id = ? and token = ? and state = 'running'", host, id, token),
      guard: { rows: 1, noun: "attempt", name: id },
    }),
    openAttempts: async () => (await database.all("select * from attempt where state = 'running' order by created_ms")).map(attemptOf),
    findAttempt: (stepRun: string) => one(attemptOf, "select * from attempt where step_run = ? order by created_ms desc limit 1", stepRun),

    takeLease: (lease: Lease, nowMs: number): Change => [
      {
        ...statement(
          "insert into pipeline_lease (project, run, owner, pid, taken_ms, until_ms) values (?, ?, ?, ?, ?, ?) on conflict (project) do update set run = excluded.run, owner = excluded.owner, pid = excluded.pid, taken_ms = excluded.taken_ms, until_ms = excluded.until_ms where pipeline_lease.until_ms < ? returning project",
          lease.project,
          lease.run,
          lease.owner,
          lease.pid,
          lease.takenMs,
          lease.untilMs,
          nowMs,
        ),
        guard: { rows: 1, noun: "pipeline", name: lease.project },
      },
    ],
    lease: async (project: string): Promise<Lease | undefined> =>
      one(
        (row) => ({
          project,
          run: String(row["run"]),
          owner: String(row["owner"]),
          pid: Number(row["pid"]),
          takenMs: Number(row["taken_ms"]),
          untilMs: Number(row["until_ms"]),
        }),
        "select * from pipeline_lease where project = ?",
        project,
      ),
    renewLease: (project: string, owner: string, untilMs: number): Statement =>
      statement("update pipeline_lease set until_ms = ? where project = ? and owner = ?", untilMs, project, owner),
    dropLease: (project: string, owner: string): Statement =>
      statement("delete from pipeline_lease where project = ? and owner = ?", project, owner),
    leaseOwners: async () => (await database.all<{ owner: string }>("select distinct owner from pipeline_lease")).map((row) => row.owner),
    leasedRuns: async () => (await database.all<{ run: string }>("select run from pipeline_lease")).map((row) => row.run),
    dropLeaseOf: (owner: string): Statement => statement("delete from pipeline_lease where owner = ?", owner),
  };
}
export type PipelineStore = ReturnType<typeof createPipelineStore>;
