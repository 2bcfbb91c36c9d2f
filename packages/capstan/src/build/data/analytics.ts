import { type ChildProcess, fork } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { AnalyticsSettings, Answer, Ask, Columns, Failure, Query, SqlParam, TableRow } from "./analytics-message.ts";

export type QueryOptions = {
  /** For SQL that a person wrote: only these paths can be read, nothing written, no setting changed. */
  readonly only?: readonly string[];
  readonly timeoutMs?: number;
};

/**
 * DuckDB in a child process: what it needs of memory and what crashes it do not touch its parent. Statements may be run twice (once more after a crash),
 * so they must only read, or write to a path that belongs to them. Each call has a connection of its own; `batch` runs in one, so it may use temporary tables.
 */
export type Analytics = {
  all<T = TableRow>(sql: string, params?: readonly SqlParam[], options?: QueryOptions): Promise<T[]>;
  /** Column by column, for mathematics; see `ColumnValues`. */
  columns(sql: string, params?: readonly SqlParam[], options?: QueryOptions): Promise<Columns>;
  batch(queries: readonly Query[], options?: QueryOptions): Promise<TableRow[][]>;
  /** Process id while the child runs. */
  readonly pid: number | undefined;
  close(): Promise<void>;
};

export type AnalyticsOptions = {
  /** As DuckDB reads it: `1GB`. */
  memoryLimit: string;
  /** Where sorts and joins larger than memory go; made when needed. */
  tempFolder: string;
  threads?: number;
  /** The child ends after so long without a question. */
  idleMs?: number;
};

type Asked = { ask: Ask; again: boolean; resolve(results: readonly (TableRow[] | Columns)[]): void; reject(error: Error): void };

export function openAnalytics(options: AnalyticsOptions): Analytics {
  const settings: AnalyticsSettings = { memoryLimit: options.memoryLimit, tempFolder: options.tempFolder, threads: options.threads ?? 2 };
  const idleMs = options.idleMs ?? 60_000;
  const asked = new Map<number, Asked>();
  let child: ChildProcess | undefined;
  let idle: NodeJS.Timeout | undefined;
  let nextId = 0;
  let closed = false;

  const rest = (): void => {
    if (asked.size > 0 || !child) return;
    const resting = child;
    resting.unref();
    resting.channel?.unref();
    clearTimeout(idle);
    idle = setTimeout(() => end(resting), idleMs);
    idle.unref();
  };

  const end = (which: ChildProcess): void => {
    if (child === which) child = undefined;
    if (which.connected) which.disconnect();
  };

  const fail = (which: ChildProcess, problem: string): void => {
    if (child !== which) return;
    child = undefined;
    for (const one of asked.values()) {
      if (one.again || closed) {
        asked.delete(one.ask.id);
        one.reject(new CapstanError("CAP-DATA-020", { problem }));
      } else {
        one.again = true;
        send(one);
      }
    }
  };

  const start = (): ChildProcess => {
    const file = import.meta.url.endsWith(".ts") ? "./analytics-worker.ts" : "./analytics-worker.js";
    const started = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(settings)], {
      serialization: "advanced",
      execArgv: [],
      // Nothing of the surroundings is handed on: the child needs none of it.
      env: {},
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let lastWords = "";
    started.stderr?.on("data", (bytes: Buffer) => {
      lastWords = (lastWords + bytes.toString()).slice(-400);
    });
    (started.stderr as unknown as { unref?(): void } | null)?.unref?.();
    started.on("message", (answer: Answer) => {
      const one = asked.get(answer.id);
      asked.delete(answer.id);
      if (one && "results" in answer) one.resolve(answer.results);
      else if (one && "failure" in answer) one.reject(errorOf(answer.failure, settings, one.ask));
      rest();
    });
    started.on("error", (error) => fail(started, error.message));
    started.on("exit", (code, signal) =>
      fail(started, [signal ?? `code ${code}`, lastWords.trim().split("\n").at(-1)].filter(Boolean).join(", ")),
    );
    return started;
  };

  const send = (one: Asked): void => {
    clearTimeout(idle);
    child ??= start();
    child.ref();
    child.channel?.ref();
    child.send(one.ask);
  };

  const ask = async (
    shape: Ask["shape"],
    queries: readonly Query[],
    more: QueryOptions = {},
  ): Promise<readonly (TableRow[] | Columns)[]> => {
    if (closed) throw new CapstanError("CAP-DATA-020", { problem: "it was closed" });
    if (!child) await mkdir(options.tempFolder, { recursive: true });
    return new Promise((resolve, reject) => {
      const one: Asked = { ask: { id: nextId++, shape, queries, ...more }, again: false, resolve, reject };
      asked.set(one.ask.id, one);
      send(one);
    });
  };

  return {
    all: async <T>(sql: string, params: readonly SqlParam[] = [], more?: QueryOptions) =>
      (await ask("rows", [{ sql, params }], more))[0] as T[],
    columns: async (sql, params = [], more) => (await ask("columns", [{ sql, params }], more))[0] as Columns,
    batch: async (queries, more) => (await ask("rows", queries, more)) as TableRow[][],
    get pid() {
      return child?.pid;
    },
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(idle);
      const ending = child;
      if (!ending) return;
      for (const one of asked.values()) one.reject(new CapstanError("CAP-DATA-020", { problem: "it was closed" }));
      asked.clear();
      const gone = new Promise<void>((resolve) => ending.once("exit", () => resolve()));
      ending.ref();
      end(ending);
      // A query that still runs keeps the child's threads busy; nobody waits for its answer any more.
      const hurry = setTimeout(() => ending.kill("SIGKILL"), 500);
      await gone;
      clearTimeout(hurry);
    },
  };
}

function errorOf(failure: Failure, settings: AnalyticsSettings, ask: Ask): CapstanError {
  const cause = new Error(failure.message);
  const problem = failure.message.split("\n")[0] ?? failure.message;
  if (failure.kind === "memory") return new CapstanError("CAP-DATA-022", { limit: settings.memoryLimit }, { cause });
  if (failure.kind === "disk") return new CapstanError("CAP-DATA-021", { problem }, { cause });
  if (failure.kind === "time") return new CapstanError("CAP-DATA-023", { seconds: (ask.timeoutMs ?? 0) / 1000 }, { cause });
  return new CapstanError("CAP-DATA-024", { problem }, { cause });
}
