import type { Output } from "../../data/api.ts";

export type RunDetail = Output<"runs.get">;

/** Steps write a log; what a client logs from elsewhere has none here. */
export const hasLog = (run: RunDetail): boolean => (run.kind === "step" || run.kind === "pipeline") && run.step !== null;
