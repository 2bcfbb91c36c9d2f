/**
 * The seam Executor: runs one command somewhere. An attempt is idempotent by its id, survives its controller, is adopted or declared lost by a later one,
 * and its result is committed once (fencing token, kept by the caller in the database).
 */
export type AttemptSpec = {
  /** ULID; starting the same id twice starts nothing new. */
  readonly id: string;
  /** A shell text is run by `sh -c`, a list without any shell. */
  readonly command: { readonly shell: string } | { readonly argv: readonly string[] };
  /** Folder of the attempt: the command runs in it; made by the caller. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Files that stdout and stderr are appended to, and where the exit is noted (temporary, fsync, rename). */
  readonly logPath: string;
  readonly exitPath: string;
  readonly timeoutMs: number;
  readonly resources: { readonly cpu: number; readonly memoryBytes?: number };
};
export type AttemptExit = {
  /** Null when a signal ended it. */
  code: number | null;
  signal: string | null;
  timedOut: boolean;
  startedMs: number;
  endedMs: number;
  cpuSeconds: number | null;
  peakBytes: number | null;
};
export type AttemptState = { state: "running" } | { state: "ended"; exit: AttemptExit } | { state: "lost"; why: string };
export type Executor = {
  readonly kind: string;
  /** How many CPU slots it offers. */
  readonly slots: number;
  start(spec: AttemptSpec): Promise<void>;
  /** What is known of an attempt, whoever started it. */
  look(spec: AttemptSpec): Promise<AttemptState>;
  /** Resolves when the attempt ended or is lost. */
  wait(spec: AttemptSpec, signal?: AbortSignal): Promise<AttemptState>;
  /** Asks it to end, insists after `graceMs`; ends its whole process group. */
  stop(spec: AttemptSpec, graceMs: number): Promise<void>;
};
