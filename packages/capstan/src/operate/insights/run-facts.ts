import type { StepRunRow } from "../../build/pipeline/store.ts";
import type { FullRun } from "../../build/tracking/model.ts";

/** One thing that is known of a run, by which it can be held against another. `step` is empty for what belongs to the whole, as params and code do: all steps of a run read the same files. */
export type RunFact = {
  part: "metrics" | "params" | "data" | "code" | "environment" | "outputs" | "resources";
  step: string;
  key: string;
  value: number | string;
};

const shared: ReadonlySet<string> = new Set(["params", "data", "code", "environment"]);

export function factsOfSteps(steps: readonly StepRunRow[]): RunFact[] {
  return steps.flatMap(({ step, metrics, facts, outputs, cpuSeconds, peakBytes, startedMs, endedMs }) => {
    const of = (part: RunFact["part"], key: string, value: number | string | null): RunFact[] =>
      value === null ? [] : [{ part, step: shared.has(part) && key !== "command" ? "" : step, key, value }];
    return [
      ...Object.entries(metrics).flatMap(([key, value]) => of("metrics", key, value)),
      ...(facts?.params ?? []).flatMap(([key, json]) => of("params", key, plainValue(json))),
      // What another step made is that step's output.
      ...(facts?.inputs ?? []).filter((one) => !one.from.startsWith("step:")).flatMap((one) => of("data", one.from, one.digest)),
      ...(facts?.code ?? []).flatMap((one) => of("code", one.path, one.digest)),
      ...(facts ? of("code", "command", facts.command) : []),
      ...(facts?.env.lock ? of("environment", facts.env.lock.file, facts.env.lock.digest) : []),
      ...of("environment", "interpreter", facts?.env.interpreter ?? null),
      ...of("environment", "platform", facts?.env.platform ?? null),
      ...outputs.flatMap((one) => of("outputs", one.path, one.digest)),
      ...of("resources", "seconds", startedMs === null || endedMs === null ? null : (endedMs - startedMs) / 1000),
      ...of("resources", "cpu seconds", cpuSeconds),
      ...of("resources", "peak bytes", peakBytes),
    ];
  });
}

export function factsOfRun(run: FullRun): RunFact[] {
  const of = (part: RunFact["part"], key: string, value: number | string | null | undefined): RunFact[] =>
    value === null || value === undefined ? [] : [{ part, step: "", key, value }];
  const { environment, resources } = run;
  return [
    ...run.metrics.flatMap((one) => of("metrics", one.key, Number.isFinite(one.value) ? one.value : String(one.value))),
    ...Object.entries(run.params).flatMap(([key, value]) => of("params", key, value)),
    ...run.inputs.flatMap((one) => of("data", one.name, one.digest)),
    ...of("code", "command", environment.command ?? run.tags["mlflow.source.name"]),
    ...of("code", "commit", environment.commit ?? run.tags["mlflow.source.git.commit"]),
    ...of("code", "difference", environment.diffDigest),
    ...of("environment", "lock", environment.lockDigest),
    ...of("environment", "platform", environment.platform),
    ...run.outputs.flatMap((one) => of("outputs", one.name, one.digest)),
    ...of("resources", "seconds", resources.wallSeconds),
    ...of("resources", "cpu seconds", resources.cpuSeconds),
    ...of("resources", "peak bytes", resources.peakBytes),
  ];
}

/** A parameter's JSON as people write it. */
function plainValue(json: string): number | string {
  const value: unknown = JSON.parse(json);
  return typeof value === "number" || typeof value === "string" ? value : json;
}
