import type { Mark } from "@capstan/contract/operations/insights";
import type { Output } from "../../data/api.ts";

export type Run = Output<"runs.list">["runs"][number];

/** A run's glyph: its verdict where it has one, else what its status says. */
export function markOf(run: { status: Run["status"]; verdict: Run["verdict"] }): Mark {
  if (run.status === "RUNNING") return "running";
  if (run.status === "SCHEDULED") return "waiting";
  if (run.verdict !== null) return run.verdict;
  return run.status === "FINISHED" ? "pass" : run.status === "FAILED" ? "fail" : "skipped";
}
const words: Record<Run["status"], string> = {
  RUNNING: "Running",
  SCHEDULED: "Scheduled",
  FINISHED: "Finished",
  FAILED: "Failed",
  KILLED: "Stopped",
};
export const statusWord = (run: { status: Run["status"] }): string => words[run.status];

export const kindWord: Record<Run["kind"], string> = {
  user: "logged",
  step: "step",
  pipeline: "pipeline",
  check: "check",
  evaluation: "evaluation",
  monitor: "monitor",
  fault: "fault",
  release: "release",
};

/** Hues of runs by their place in a list; from the ninth on, none. */
export const hue = (index: number): string => (index < 8 ? `var(--series-${index + 1})` : "var(--reference)");
