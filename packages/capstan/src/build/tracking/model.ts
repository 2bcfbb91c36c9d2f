/** MLflow's run, extended. Ordinary views show user, step and pipeline only. */
export type RunKind = "user" | "step" | "pipeline" | "check" | "evaluation" | "monitor" | "fault" | "release";
export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

/** Used by a run: seconds of wall, CPU and GPU, bytes read and written, seconds waited in a queue. Unknown is null. */
export type Resources = { wallSeconds: number | null; cpuSeconds: number | null; gpuSeconds: number | null; peakBytes: number | null; waitSeconds: number | null };

export type NewRun = {
  project: string;
  experimentId: string;
  kind: RunKind;
  name: string;
  parentId?: string;
  /** Step name for kind step. */
  step?: string;
  /** Step key for kind step, station key for others: equal keys need no second execution. */
  key?: string;
  /** Entry that led to it. */
  because?: string;
  startedMs: number;
  params?: Record<string, string>;
  tags?: Record<string, string>;
};
