import type { OutputOf } from "@capstan/contract";
import type { insightsOperations } from "@capstan/contract/operations/insights";
import { CapstanError } from "../../base/foundation/errors.ts";
import { betterIs, isMetric, metricNames } from "../../build/checks/metric.ts";
import type { PipelineService } from "../../build/pipeline/service.ts";
import { type ModelVersion, type RegistryService, versionId, versionName } from "../../build/registry/model.ts";
import type { TrackingService } from "../../build/tracking/service.ts";
import { factsOfRun, factsOfSteps, type RunFact } from "./run-facts.ts";

export type Comparison = OutputOf<(typeof insightsOperations)["insights.compare"]>;
export type CompareDeps = {
  registry: Pick<RegistryService, "find" | "live" | "versions" | "get">;
  tracking: Pick<TrackingService, "findRun" | "listRuns">;
  pipeline: Pick<PipelineService, "findRun" | "sql">;
};
/** What is compared, and what it would be compared against when it is named alone. */
type Subject = { ref: string; title: string; run: string | null; facts: readonly RunFact[]; against(): Promise<string | undefined> };

/** What differs between runs or model versions. A run of a pipeline is all of its steps, a model version all steps of the run that made it. */
export async function comparisonOf(deps: CompareDeps, project: string, refs: readonly string[]): Promise<Comparison> {
  const subjects = await Promise.all(refs.map((ref) => subjectOf(deps, project, ref)));
  const [only] = subjects;
  if (only && subjects.length === 1) {
    const against = await only.against();
    if (against === undefined) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "earlier one to compare with", name: only.ref });
    subjects.unshift(await subjectOf(deps, project, against));
  }
  const rows = rowsOf(subjects.map((one) => one.facts));
  return {
    subjects: subjects.map(({ ref, title, run }) => ({ ref, title, run })),
    rows,
    equal: rows.filter((row) => !row.differs).length,
  };
}

async function subjectOf(deps: CompareDeps, project: string, ref: string): Promise<Subject> {
  const numbered = /^run:(\d+)(?:\/(.+))?$/.exec(ref);
  if (numbered) return pipelineSubject(deps, project, ref, numbered[1] ?? "", numbered[2]);
  const versioned = /^(?:model:)?([a-z][a-z0-9-]*)(?:@(.+))?$/.exec(ref);
  const version = versioned && (await deps.registry.find(project, versioned[1] ?? "", versioned[2] ?? "latest"));
  if (version) return versionSubject(deps, project, version);
  const id = ref.replace(/^run:/, "");
  if (/^[0-9a-f]{6,32}$/.test(id)) return runSubject(deps, project, id);
  throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run or model version", name: ref });
}

async function pipelineSubject(
  deps: CompareDeps,
  project: string,
  ref: string,
  number: string,
  step: string | undefined,
): Promise<Subject> {
  const row = await deps.pipeline.findRun(project, number);
  const steps = (await deps.pipeline.sql.stepRuns(row.id)).filter(
    (one) => step === undefined || one.step === step || one.step.startsWith(`${step}@`),
  );
  if (steps.length === 0 && step !== undefined) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "step run", name: ref });
  return {
    ref,
    title: row.name,
    run: row.id,
    facts: factsOfSteps(steps),
    async against() {
      const made = row.offered.find((one) => one.version !== null);
      const live = made && (await deps.registry.live(project, made.model))[0];
      if (step === undefined && made && live && live.number !== made.version) return versionId(made.model, live.number);
      for (const before of await deps.pipeline.sql.runsBefore(project, row.number, 100)) {
        if (before.state !== "passed") continue;
        if (step === undefined) return `run:${before.number}`;
        if ((await deps.pipeline.sql.stepRuns(before.id)).some((one) => one.step === step)) return `run:${before.number}/${step}`;
      }
      return undefined;
    },
  };
}

async function versionSubject(deps: CompareDeps, project: string, version: ModelVersion): Promise<Subject> {
  const own: RunFact[] = [
    ...Object.entries(version.metrics).map(([key, value]): RunFact => ({ part: "metrics", step: "", key, value })),
    { part: "outputs", step: "", key: "model", value: version.digest },
    { part: "outputs", step: "", key: "model bytes", value: version.sizeBytes },
  ];
  const made = version.runId === null ? undefined : await deps.pipeline.sql.stepRunByRun(version.runId);
  const run = made || version.runId === null ? undefined : await deps.tracking.findRun(version.runId);
  const steps = made ? factsOfSteps(await deps.pipeline.sql.stepRuns(made.pipelineRun)) : run ? factsOfRun(run) : [];
  const named = new Set(own.map((one) => `${one.part} ${one.key}`));
  return {
    ref: versionId(version.model, version.number),
    title: versionName(version.number),
    run: made?.pipelineRun ?? version.runId,
    facts: [...own, ...steps.filter((one) => !named.has(`${one.part} ${one.key}`) && (one.part !== "resources" || made !== undefined))],
    async against() {
      const live = (await deps.registry.live(project, version.model))[0];
      if (live && live.number !== version.number) return versionId(version.model, live.number);
      const before = (await deps.registry.versions(project, version.model)).find((one) => one.number < version.number);
      return before && versionId(before.model, before.number);
    },
  };
}

async function runSubject(deps: CompareDeps, project: string, id: string): Promise<Subject> {
  const run =
    id.length === 32
      ? await deps.tracking.findRun(id)
      : await (async () => {
          const found = (await deps.tracking.listRuns({ projects: [project], q: id }, 20)).filter((one) => one.id.startsWith(id));
          if (found.length > 1) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "single run", name: `${id}…` });
          return found[0];
        })();
  if (!run || run.project !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: id });
  if (run.kind === "pipeline") {
    const { number } = await deps.pipeline.findRun(project, run.id);
    return pipelineSubject(deps, project, `run:${number}`, String(number), undefined);
  }
  return {
    ref: run.id,
    title: run.name,
    run: run.id,
    facts: factsOfRun(run),
    /** The one before of its kind: a step's earlier run, else an earlier run of this experiment. */
    async against() {
      const filter = {
        projects: [project],
        experimentIds: [run.experimentId],
        kinds: [run.kind],
        ...(run.step !== null && { step: run.step }),
      };
      const before = await deps.tracking.listRuns(filter, 50, { id: run.id, startedMs: run.startedMs });
      return (before.find((one) => one.name === run.name) ?? before[0])?.id;
    },
  };
}

const parts: readonly string[] = ["metrics", "params", "data", "code", "environment", "outputs", "resources"];
/** A row for each key. Where only one step has a key, the step's name says nothing and is left out. */
function rowsOf(subjects: readonly (readonly RunFact[])[]): Comparison["rows"] {
  const steps = new Map<string, Set<string>>();
  for (const { part, key, step } of subjects.flat()) {
    const known = steps.get(`${part} ${key}`) ?? new Set();
    steps.set(`${part} ${key}`, known.add(step));
  }
  const rows = new Map<string, Comparison["rows"][number]>();
  subjects.forEach((facts, at) => {
    for (const { part, key, step, value } of facts) {
      const many = [...(steps.get(`${part} ${key}`) ?? [])].filter((one) => one !== "").length > 1;
      const name = many && step !== "" ? `${step}.${key}` : key;
      const row = rows.get(`${part} ${name}`) ?? {
        part,
        key: name,
        values: subjects.map(() => null),
        differs: false,
        change: null,
        better: part === "metrics" ? directionOf(key) : null,
      };
      row.values[at] = value;
      rows.set(`${part} ${name}`, row);
    }
  });
  for (const row of rows.values()) {
    const [first, last] = [row.values[0], row.values.at(-1)];
    row.differs = row.values.some((value) => value !== first);
    row.change = typeof first === "number" && typeof last === "number" ? last - first : null;
  }
  return [...rows.values()].sort((a, b) => parts.indexOf(a.part) - parts.indexOf(b.part));
}

/** `auc`, also as `test_auc` or `baseline.auc`. */
function directionOf(key: string): "higher" | "lower" | null {
  const name = metricNames.find((one) => key === one || key.endsWith(`_${one}`) || key.endsWith(`.${one}`));
  return name !== undefined && isMetric(name) ? betterIs(name) : null;
}
