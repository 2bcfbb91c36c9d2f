import type { pipelineOperations, Reason } from "@capstan/contract/operations/pipeline";
import type { Handlers } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { captureGit } from "../execution/capture-environment.ts";
import { isPlain, textOf } from "./config/overlay.ts";
import type { ProjectFile } from "./config/project-file.ts";
import type { Path } from "./config/source.ts";
import { explainNow, explainRun } from "./explanation.ts";
import { logPage } from "./log-page.ts";
import type { StepNode } from "./model.ts";
import { phrase } from "./reasons.ts";
import type { PipelineService } from "./service.ts";
import type { PipelineRunRow } from "./store.ts";
import { plannedView, problemView, runView, stepRunView, summaryView } from "./views.ts";

/** Binds the pipeline's verbs to the contract. */
export function pipelineHandlers(service: PipelineService): Handlers<typeof pipelineOperations> {
  const { sql } = service;
  const stepsNow = async (row: PipelineRunRow) => [...(service.live(row.id)?.steps.values() ?? (await sql.stepRuns(row.id)))];
  const summaryOf = async (row: PipelineRunRow | undefined) => (row ? summaryView(row, await stepsNow(row), service.nowMs()) : null);
  const lastRuns = async (project: string) => {
    const last = await sql.lastRun(project);
    return { running: last?.state === "running" ? await summaryOf(last) : null, last: await summaryOf(last) };
  };
  const problemsOf = (file: ProjectFile) => [...file.errors.map(problemView("error")), ...file.warnings.map(problemView("warn"))];
  /** A broken file, or an input that is not there, is an answer here and no failure. */
  const planLoosely = async (project: string) => {
    const file = await service.readLoosely(project);
    if (file.errors.length > 0) return { file, planned: [], problems: problemsOf(file) };
    try {
      return { file, planned: await service.planOf(file), problems: problemsOf(file) };
    } catch (error) {
      if (!(error instanceof CapstanError)) throw error;
      return { file, planned: [], problems: [...problemsOf(file), problemView("error")(error)] };
    }
  };

  return {
    async "pipeline.get"({ project }) {
      const { file, planned, problems } = await planLoosely(project);
      const last = new Map((await sql.lastStepRuns(project)).map((row) => [row.step, row]));
      return {
        project,
        valid: problems.every((one) => one.severity !== "error"),
        problems,
        steps: planned.map((one) => {
          const view = plannedView(one);
          const row = last.get(one.node.id);
          return {
            step: view.step,
            command: one.node.commandText,
            line: one.node.place?.line ?? null,
            decision: view.decision,
            reasons: view.reasons,
            inputs: view.inputs,
            outputs: view.outputs,
            params: [...one.node.params],
            code: one.facts.code.map((code) => code.path),
            env: one.facts.env.lock?.file ?? one.facts.env.interpreter,
            estimateSeconds: view.estimateSeconds,
            last: row
              ? {
                  ...stepRunView(row, row.run === null ? null : service.progressOf(row.run), service.nowMs()),
                  pipelineRun: row.pipelineRun,
                  number: row.number,
                }
              : null,
          };
        }),
        edges: [...file.graph.nodes.values()].flatMap(edgesOf),
        ...(await lastRuns(project)),
      };
    },
    async "pipeline.plan"({ project, steps, set, profiles, force }) {
      const { file, planned } = await service.plan({ project, steps, set, profiles, force });
      const todo = planned.filter((one) => one.decision === "run" || one.decision === "may");
      const known = todo.filter((one) => one.decision === "run");
      return {
        project,
        steps: planned.map(plannedView),
        toRun: known.length,
        mayRun: todo.length - known.length,
        reused: planned.filter((one) => one.decision === "reuse").length,
        estimateSeconds: todo.some((one) => one.estimateSeconds === null)
          ? null
          : todo.reduce((sum, one) => sum + (one.estimateSeconds ?? 0), 0),
        plain: file.plain,
        warnings: file.warnings.map(problemView("warn")),
      };
    },
    async "pipeline.run"({ project, steps, set, profiles, force, keepGoing, locked, message, because, as }, caller) {
      const started = await service.run(
        {
          project,
          steps,
          set,
          profiles,
          force,
          keepGoing,
          locked,
          ...(message !== undefined && { message }),
          ...(because !== undefined && { because }),
          ...(as !== undefined && { as }),
        },
        caller,
      );
      if (started.run)
        return {
          run: started.run.id,
          number: started.run.number,
          name: started.run.name,
          steps: started.run.stepsTotal,
          reused: 0,
          savedSeconds: 0,
          lockWritten: false,
          differs: [...started.differs],
        };
      return {
        run: null,
        number: null,
        name: null,
        steps: started.planned.length,
        reused: started.reused,
        savedSeconds: started.savedSeconds,
        lockWritten: started.lockWritten,
        differs: [],
      };
    },
    async "pipeline.runs"({ project, limit, cursor }) {
      const rows = await sql.runsBefore(project, cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor), limit + 1);
      const page = rows.slice(0, limit);
      const steps = await sql.stepRunsOf(page.map((row) => row.id));
      return {
        runs: page.map((row) =>
          summaryView(
            row,
            steps.filter((step) => step.pipelineRun === row.id),
            service.nowMs(),
          ),
        ),
        next: rows.length > limit ? String(page.at(-1)?.number) : null,
      };
    },
    async "pipeline.show"({ project, run }) {
      const row = await service.findRun(project, run);
      return runView(row, await stepsNow(row), service.progressOf, service.nowMs());
    },
    async "pipeline.events"({ project, run, after, waitSeconds }) {
      const row = await service.findRun(project, run);
      const live = service.live(row.id);
      if (!live) return { events: [], next: after, ended: row.state !== "running" };
      await live.events.wait(after, waitSeconds * 1000);
      const { events, next } = live.events.after(after);
      return { events, next, ended: live.events.ended };
    },
    async "pipeline.why"({ project, step }) {
      const slash = step.lastIndexOf("/");
      if (slash >= 0) return explainRun(service, project, await service.findRun(project, step.slice(0, slash)), step.slice(slash + 1));
      return explainNow(service, project, step.replace(/^step:/, ""));
    },
    async "pipeline.status"({ project }) {
      const [git, { planned, problems }] = await Promise.all([captureGit(await service.folderOf(project)), planLoosely(project)]);
      return {
        project,
        valid: problems.every((one) => one.severity !== "error"),
        problems,
        total: planned.length,
        wouldRun: planned.filter((one) => one.decision === "run").length,
        mayRun: planned.filter((one) => one.decision === "may").length,
        steps: planned.map((one) => ({
          step: one.node.id,
          decision: one.decision,
          text:
            one.decision === "reuse"
              ? one.hit
                ? `run:${one.hit.number}`
                : ""
              : one.decision === "may"
                ? `if ${ifOf(one.reasons)} comes out different`
                : phrase(one.reasons),
        })),
        git: git && { branch: git.branch, commit: git.commit, filesChanged: git.filesChanged },
        ...(await lastRuns(project)),
      };
    },
    async "pipeline.log"({ project, ref, tail, afterBytes }) {
      const command = await service.commands.find(project, ref);
      if (command)
        return {
          step: command.name,
          run: command.id,
          ...(await logPage(service.commands.logPath(command.id), tail, afterBytes)),
          ended: command.seal !== null,
        };
      const row = await service.findStepRun(project, ref);
      if (row.run === null) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "log", name: ref });
      return {
        step: row.step,
        run: row.run,
        ...(await logPage(service.logPath(row.run), tail, afterBytes)),
        ended: !["waiting", "ready", "running"].includes(row.state),
      };
    },
    async "pipeline.cancel"({ project, run, now }, caller) {
      const row = await service.cancel(project, run, caller, now);
      return { run: row.id, state: row.state };
    },
    async "config.get"({ project, key, set, profiles }) {
      const { readProjectFile } = await import("./config/read-project-file.ts");
      const file = readProjectFile({ folder: await service.folderOf(project), set: [set].flat(), profiles: [profiles].flat() });
      return { values: valuesOf(file, key), problems: problemsOf(file) };
    },
  };
}

const ifOf = (reasons: readonly Reason[]): string =>
  reasons
    .filter((one) => one.kind === "input")
    .map((one) => one.name)
    .join(" or ") || "an input";

type Edge = { from: string; to: string; output: string | null; input: string };
function edgesOf(node: StepNode): Edge[] {
  return node.inputs.flatMap(({ name, source }): Edge[] => {
    const to = `step:${node.id}`;
    if (source.kind === "data") return [{ from: `data:${source.name}`, to, output: null, input: name }];
    if (source.kind === "output") return [{ from: `step:${source.step}`, to, output: source.output, input: name }];
    if (source.kind === "outputs") return source.of.map((one) => ({ from: `step:${one.step}`, to, output: one.output, input: name }));
    return [{ from: `file:${source.kind === "path" ? source.path : source.pattern}`, to, output: null, input: name }];
  });
}

/** Leaves below a key with the place that said each. */
function valuesOf(file: ProjectFile, key: string): { key: string; value: unknown; origin: string }[] {
  const found: { key: string; value: unknown; origin: string }[] = [];
  const walk = (value: unknown, path: Path): void => {
    if (isPlain(value) && Object.keys(value).length > 0) for (const [name, member] of Object.entries(value)) walk(member, [...path, name]);
    else found.push({ key: path.join("."), value: value ?? null, origin: textOf(file.layers.originOf(path)) });
  };
  const start = key === "" ? [] : key.split(".");
  const value = start.length === 0 ? file.layers.value : file.layers.get(start);
  if (value !== undefined) walk(value, start);
  return found;
}
