import type { Clock } from "../foundation/clock.ts";
import type { Json } from "../foundation/canonical-json.ts";
import type { Ids } from "../foundation/ids.ts";
import type { Log } from "../foundation/log.ts";
import { noTracing, type Tracing } from "../foundation/tracing.ts";
import { type Database, type Statement, statement } from "./database.ts";
import type { Migration, TableClass } from "./migrations.ts";

export type JobState = "waiting" | "running" | "done" | "failed" | "cancelled";
export type Job = {
  id: string;
  project: string;
  kind: string;
  payload: Json;
  state: JobState;
  dueMs: number;
  attempts: number;
  maxAttempts: number;
  /** Entry that led to it. */
  because: string | null;
  result: Json;
  error: string | null;
  createdMs: number;
};
export type JobDraft = {
  project: string;
  kind: string;
  payload: Json;
  /** Earliest start, wall clock; at once when absent. */
  dueMs?: number;
  maxAttempts?: number;
  because?: string;
  /** A second job with the same key is the first one. */
  key?: string;
};
/** Does one job. It may run twice (after a kill), so what it changes must be idempotent; `signal` is aborted on cancel and when the lease is lost. */
export type JobHandler = (job: Job, signal: AbortSignal) => Promise<Json>;

export const jobTables: Record<string, TableClass> = { job: "operational" };
export const jobMigrations: Migration[] = [
  {
    room: "jobs",
    number: 1,
    sql: `
create table job (
  id TEXT primary key,
  project TEXT not null,
  kind TEXT not null,
  payload TEXT not null,
  state TEXT not null,
  due_ms BIGINT not null,
  attempts BIGINT not null,
  max_attempts BIGINT not null,
  lease_ms BIGINT not null,
  fence BIGINT not null,
  because TEXT,
  result TEXT,
  error TEXT,
  key TEXT unique,
  created_ms BIGINT not null
);
create index job_due on job (state, due_ms);
`,
  },
];

const leaseMs = 30_000;
type JobRow = {
  id: string;
  project: string;
  kind: string;
  payload: string;
  state: JobState;
  due_ms: number;
  attempts: number;
  max_attempts: number;
  fence: number;
  because: string | null;
  result: string | null;
  error: string | null;
  created_ms: number;
};

const toJob = (row: JobRow): Job => ({
  id: row.id,
  project: row.project,
  kind: row.kind,
  payload: JSON.parse(row.payload) as Json,
  state: row.state,
  dueMs: row.due_ms,
  attempts: row.attempts,
  maxAttempts: row.max_attempts,
  because: row.because,
  result: row.result === null ? null : (JSON.parse(row.result) as Json),
  error: row.error,
  createdMs: row.created_ms,
});

export type Jobs = ReturnType<typeof createJobs>;

/**
 * Work that outlives the process that asked for it. Claimed by one statement that sets lease and fencing number: two processes never run one job,
 * and one that lost its lease cannot write its result. Failures are retried with doubling pauses from one second.
 * With `only.project`, jobs of other projects are left to the processes that have their folders.
 */
export function createJobs(
  deps: { database: Database; clock: Clock; ids: Ids; log: Log; tracing?: Tracing },
  only: { project?: string } = {},
) {
  const { database, clock, tracing = noTracing } = deps;
  const handlers = new Map<string, JobHandler>();
  const running = new Map<string, AbortController>();
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  let turn: Promise<number> = Promise.resolve(0);

  async function claim(): Promise<(Job & { fence: number }) | undefined> {
    const kinds = [...handlers.keys()];
    if (kinds.length === 0) return undefined;
    const now = clock.nowMs();
    const row = await database.find<JobRow>(
      `select * from job where kind in (${kinds.map(() => "?").join(", ")}) ${only.project === undefined ? "" : "and project = ? "}and ((state = 'waiting' and due_ms <= ?) or (state = 'running' and lease_ms < ?)) order by due_ms, id limit 1`,
      [...kinds, ...(only.project === undefined ? [] : [only.project]), now, now],
    );
    if (!row) return undefined;
    if (row.state === "running" && row.attempts >= row.max_attempts) {
      // Whoever had it ended without a word, each time: it may be what ended them.
      await database.commit([
        statement(
          "update job set state = 'failed', fence = fence + 1, error = ? where id = ? and fence = ? and state = 'running'",
          `the process that ran it ended ${row.attempts} times`,
          row.id,
          row.fence,
        ),
      ]);
      return claim();
    }
    const [claimed] = await database.commit([
      statement(
        "update job set state = 'running', attempts = attempts + 1, lease_ms = ?, fence = fence + 1 where id = ? and fence = ? and (state = 'waiting' or (state = 'running' and lease_ms < ?)) returning fence",
        now + leaseMs,
        row.id,
        row.fence,
        now,
      ),
    ]);
    if (!claimed?.[0]) return claim();
    return { ...toJob(row), state: "running", attempts: row.attempts + 1, fence: row.fence + 1 };
  }

  async function perform(job: Job & { fence: number }): Promise<void> {
    const abort = new AbortController();
    running.set(job.id, abort);
    const beat = setInterval(() => {
      database
        .commit([
          statement(
            "update job set lease_ms = ? where id = ? and fence = ? and state = 'running' returning id",
            clock.nowMs() + leaseMs,
            job.id,
            job.fence,
          ),
        ])
        .then(([rows]) => {
          if (rows?.length === 0) abort.abort();
        })
        .catch(() => undefined);
    }, leaseMs / 3);
    try {
      const handler = handlers.get(job.kind);
      const result = handler
        ? await tracing.span(
            `job ${job.kind}`,
            { "capstan.project": job.project, "capstan.job": job.id, "capstan.attempt": job.attempts },
            () => handler(job, abort.signal),
          )
        : null;
      await database.commit([
        statement(
          "update job set state = 'done', result = ?, error = null where id = ? and fence = ? and state = 'running'",
          JSON.stringify(result),
          job.id,
          job.fence,
        ),
      ]);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      // A process that is ending gives its work back at once, uncounted.
      const back = stopping && abort.signal.aborted;
      const again = back || job.attempts < job.maxAttempts;
      deps.log.warn("job.failed", { job: job.id, kind: job.kind, attempt: job.attempts, error: text });
      await database.commit([
        statement(
          "update job set state = ?, error = ?, due_ms = ?, attempts = ? where id = ? and fence = ? and state = 'running'",
          again ? "waiting" : "failed",
          text,
          clock.nowMs() + (back ? 0 : 1000 * 2 ** (job.attempts - 1)),
          back ? job.attempts - 1 : job.attempts,
          job.id,
          job.fence,
        ),
      ]);
    } finally {
      clearInterval(beat);
      running.delete(job.id);
    }
  }

  /** Runs what is due, one after the other; the number of jobs that ran. Turns do not overlap. */
  function runDue(): Promise<number> {
    turn = turn
      .catch(() => 0)
      .then(async () => {
        let done = 0;
        for (let job = stopping ? undefined : await claim(); job; job = stopping ? undefined : await claim()) {
          await perform(job);
          done++;
        }
        return done;
      });
    return turn;
  }

  return {
    register: (kind: string, handler: JobHandler) => void handlers.set(kind, handler),
    /** A statement for the change that asks for the work, so that both happen or neither. */
    enqueue: (draft: JobDraft): Statement =>
      statement(
        `insert into job (id, project, kind, payload, state, due_ms, attempts, max_attempts, lease_ms, fence, because, key, created_ms) values (?, ?, ?, ?, 'waiting', ?, 0, ?, 0, 0, ?, ?, ?) on conflict (key) do nothing`,
        deps.ids.ulid(),
        draft.project,
        draft.kind,
        JSON.stringify(draft.payload),
        draft.dueMs ?? clock.nowMs(),
        draft.maxAttempts ?? 3,
        draft.because ?? null,
        draft.key ?? null,
        clock.nowMs(),
      ),
    runDue,
    /** For the one host of a SQLite store, before it starts: whoever ran a job is gone, so that no lease of an earlier process need end first. */
    async reclaim(): Promise<void> {
      if (database.dialect === "sqlite") await database.commit([statement("update job set lease_ms = 0 where state = 'running'")]);
    },
    async list(project: string | undefined, limit = 100): Promise<Job[]> {
      const rows = await database.all<JobRow>(
        `select * from job ${project === undefined ? "" : "where project = ?"} order by created_ms desc, id desc limit ${Math.trunc(limit)}`,
        project === undefined ? [] : [project],
      );
      return rows.map(toJob);
    },
    /** All of a kind that are still to be done, however many others there are. */
    async waiting(project: string, kind: string): Promise<Job[]> {
      const rows = await database.all<JobRow>(
        "select * from job where state = 'waiting' and project = ? and kind = ? order by due_ms, id",
        [project, kind],
      );
      return rows.map(toJob);
    },
    async cancel(id: string): Promise<boolean> {
      const [rows] = await database.commit([
        statement("update job set state = 'cancelled' where id = ? and state in ('waiting', 'running') returning id", id),
      ]);
      running.get(id)?.abort();
      return (rows?.length ?? 0) > 0;
    },
    start(everyMs = 1000): void {
      timer = setInterval(() => void runDue().catch((error: unknown) => deps.log.error("jobs", { error: String(error) })), everyMs);
      timer.unref();
    },
    async stop(): Promise<void> {
      stopping = true;
      clearInterval(timer);
      for (const abort of running.values()) abort.abort();
      await turn.catch(() => 0);
    },
  };
}
