/**
 * The seam Executor: runs one command somewhere. An attempt is idempotent by its id, survives its controller, is adopted or declared lost by a later one,
 * and its result is committed once (fencing token, kept by the caller in the database).
 */
export type AttemptSpec = {
  /** ULID; starting the same id twice starts nothing new. */
  readonly id: string;
  /** A shell text is run by `shell -c` (`sh` unless said), a list without any shell. */
  readonly command: { readonly text: string; readonly shell?: string } | { readonly argv: readonly string[] };
  /** Folder of the attempt: the command runs in it; made by the caller. */
  readonly cwd: string;
  /** All that the command sees, nothing is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** File that stdout and stderr are appended to. */
  readonly logPath: string;
  /** Where the exit is noted, by temporary file and rename. Beside it, with further endings, lie who runs it and how far it is. Without fsync: after a power cut nothing runs, and a torn note means lost. */
  readonly exitPath: string;
  /** Null: as long as it takes. */
  readonly timeoutMs: number | null;
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
  /** Largest memory of the whole process group that was seen; null where it cannot be seen. */
  peakBytes: number | null;
};
export type AttemptState = { state: "running" } | { state: "ended"; exit: AttemptExit } | { state: "lost"; why: string };
export type Executor = {
  readonly kind: string;
  /** How many CPU slots it offers. */
  readonly slots: number;
  /** Resolves when the attempt is noted as started. Fails with CAP-RUN-010 when it cannot be; then nothing runs. */
  start(spec: AttemptSpec): Promise<void>;
  /** What is known of an attempt, whoever started it. */
  look(spec: AttemptSpec): Promise<AttemptState>;
  /** Resolves when the attempt ended or is lost, or with what is known when `signal` is aborted. */
  wait(spec: AttemptSpec, signal?: AbortSignal): Promise<AttemptState>;
  /** Asks it to end, insists after `graceMs`, or when `insist` is aborted; ends its whole process group. Resolves when it has ended; an attempt that has ended is left alone. */
  stop(spec: AttemptSpec, graceMs: number, insist?: AbortSignal): Promise<void>;
};

/** Where a run happens: everything outside its inputs that may decide or explain a result. */
export type EnvironmentCapture = {
  node: string;
  /** `linux/x64`. */
  platform: string;
  /** The nearest lock of packages upward and its digest; null when there is none. */
  lock: { file: string; digest: string } | null;
  git: {
    commit: string;
    branch: string | null;
    dirty: boolean;
    filesChanged: number;
    /** Blob of `git diff HEAD`, when dirty. */ diffBlob: string | null;
  } | null;
};
