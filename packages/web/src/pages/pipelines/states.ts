import type { Mark } from "@capstan/contract/operations/insights";
import type { Output } from "../../data/api.ts";
import { seconds } from "../../parts/format.tsx";

export type Pipeline = Output<"pipeline.get">;
export type PipelineRun = Output<"pipeline.show">;
export type StepRun = PipelineRun["steps"][number];

const marks: Record<StepRun["state"], Mark> = {
  waiting: "waiting",
  ready: "waiting",
  running: "running",
  ran: "pass",
  reused: "reused",
  failed: "fail",
  skipped: "skipped",
  notStarted: "none",
  cancelled: "skipped",
  lost: "error",
};
const words: Record<StepRun["state"], string> = {
  waiting: "Waiting",
  ready: "Ready",
  running: "Running",
  ran: "Ran",
  reused: "Reused",
  failed: "Failed",
  skipped: "Skipped",
  notStarted: "Not started",
  cancelled: "Cancelled",
  lost: "Lost",
};
export const stepMark = (state: StepRun["state"]): Mark => marks[state];
export const stepWord = (state: StepRun["state"]): string => words[state];
export const runMark = (run: { state: PipelineRun["state"]; verdict: PipelineRun["verdict"] }): Mark =>
  run.state === "running"
    ? "running"
    : (run.verdict ?? (run.state === "passed" ? "pass" : run.state === "failed" ? "fail" : run.state === "lost" ? "error" : "skipped"));
export const runWord: Record<PipelineRun["state"], string> = {
  running: "Running",
  passed: "Passed",
  failed: "Failed",
  cancelled: "Cancelled",
  lost: "Lost",
};

/** `step:train` and `data:flights` by the steps of a run and the edges of the file. A matrix step is one node per cell. */
export type GraphNode = {
  id: string;
  kind: "step" | "data" | "file";
  name: string;
  mark: Mark;
  word: string;
  fact: string;
  quiet: boolean;
  pale: boolean;
  progress: number | null;
};
export type GraphEdge = { from: string; to: string; label: string; changed: boolean };

export function graphOf(pipeline: Pipeline, run: PipelineRun | undefined): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const steps = new Map(run?.steps.map((step) => [`step:${step.step}`, step]));
  const declared = new Set([
    ...pipeline.steps.map((step) => `step:${step.step}`),
    ...pipeline.edges.flatMap((edge) => [edge.from, edge.to]),
  ]);
  const ids = [...declared, ...[...steps.keys()].filter((id) => !declared.has(id))];
  const changed = (id: string): boolean => steps.get(id)?.state === "ran" || steps.get(id)?.state === "running";
  return {
    nodes: ids.map((id) => nodeOf(id, steps.get(id), pipeline)),
    edges: pipeline.edges.map((edge) => ({
      from: edge.from,
      to: edge.to,
      label: edge.output ?? edge.input,
      changed: changed(edge.to) && inputChanged(steps.get(edge.to), edge.input),
    })),
  };
}

const inputChanged = (step: StepRun | undefined, input: string): boolean =>
  step?.reasons.some((reason) => reason.kind === "input" && reason.name === input) ?? false;

function nodeOf(id: string, step: StepRun | undefined, pipeline: Pipeline): GraphNode {
  const [kind = "", ...rest] = id.split(":");
  const name = rest.join(":");
  if (kind !== "step")
    return {
      id,
      kind: kind === "data" ? "data" : "file",
      name,
      mark: "none",
      word: kind === "data" ? "Dataset" : "File",
      fact: "",
      quiet: true,
      pale: false,
      progress: null,
    };
  if (!step) {
    const planned = pipeline.steps.find((one) => one.step === name);
    return {
      id,
      kind: "step",
      name,
      mark: "none",
      word: "Not in this run",
      fact: planned?.estimateSeconds ? `about ${seconds(planned.estimateSeconds)}` : "",
      quiet: false,
      pale: true,
      progress: null,
    };
  }
  const metric = Object.entries(step.metrics)[0];
  const fact =
    step.state === "reused"
      ? step.reusedFrom
        ? `from run ${step.reusedFrom.number}`
        : ""
      : metric
        ? `${metric[0]} ${Number(metric[1].toPrecision(3))}`
        : step.outputs.length > 0
          ? `${step.outputs.length} ${step.outputs.length === 1 ? "output" : "outputs"}`
          : "";
  return {
    id,
    kind: "step",
    name,
    mark: stepMark(step.state),
    word: step.state === "ran" && step.seconds !== null ? `Ran ${seconds(step.seconds)}` : stepWord(step.state),
    fact,
    quiet: step.state === "reused",
    pale: ["waiting", "ready", "notStarted", "skipped"].includes(step.state),
    progress: step.state === "running" && step.progress?.total ? step.progress.done / step.progress.total : null,
  };
}
