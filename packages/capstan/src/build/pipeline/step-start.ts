import { join } from "node:path";
import type { Caller } from "../../base/foundation/caller.ts";
import { toTime } from "../../base/foundation/clock.ts";
import type { EnvironmentCapture } from "../execution/model.ts";
import type { Tracing } from "../../base/foundation/tracing.ts";
import { abandon, type AttemptDeps, codeNode, spoolOf, type Work } from "./attempt.ts";
import type { ProjectFile } from "./config/project-file.ts";
import type { EventLog } from "./event-log.ts";
import type { StepFacts } from "./model.ts";
import { plainParam } from "./offers.ts";
import type { PlannedNode } from "./plan.ts";
import { phrase } from "./reasons.ts";
import { stage } from "./sandbox.ts";
import type { StepBoard } from "./step-board.ts";
import { codeDigestOf, envDigestOf } from "./step-key.ts";
import type { AttemptRow, PipelineRunRow } from "./store.ts";

const longestMs = 7 * 86_400_000;
const tokenSlackMs = 60_000;

export type StepStartDeps = AttemptDeps & {
  host: string;
  tracing: Tracing;
  /** Address under which steps reach this host; null when it listens nowhere. */
  endpoint(): string | null;
};

/** Starts the steps of one pipeline run: the step's own run with what it was given, its sandbox, its process. */
export function createStepStart(
  deps: StepStartDeps,
  {
    file,
    row,
    experimentId,
    environment,
    caller,
    events,
    board,
  }: {
    file: ProjectFile;
    row: PipelineRunRow;
    experimentId: string;
    environment: EnvironmentCapture;
    caller: Caller;
    events: EventLog;
    board: StepBoard;
  },
) {
  const { store, sql } = deps;

  const createStepRun = async (id: string, planned: PlannedNode, startedMs: number): Promise<string> => {
    const { node, facts } = planned;
    const made = await deps.tracking.createRun(
      {
        project: row.project,
        experimentId: experimentId,
        kind: "step",
        name: id,
        parentId: row.id,
        step: id,
        key: planned.stepKey ?? "",
        startedMs,
        ...(row.because !== null && { because: row.because }),
        params: Object.fromEntries(facts.params.map(([name, json]) => [name, plainParam(json)])),
        environment: environmentOf(environment, facts, node.commandText),
      },
      caller,
    );
    await deps.tracking.addLinks(
      made.id,
      {
        inputs: [
          ...planned.inputs.flatMap((input) =>
            input
              ? [
                  {
                    name: input.input.name,
                    node: input.node ?? `${input.content.form === "tree" ? "tree" : "blob"}:${input.content.digest}`,
                    digest: input.content.digest,
                  },
                ]
              : [],
          ),
          ...(facts.code.length > 0
            ? [
                {
                  name: facts.code
                    .map((code) => code.path)
                    .join(", ")
                    .slice(0, 200),
                  node: codeNode(facts),
                  digest: codeDigestOf(facts),
                },
              ]
            : []),
          { name: facts.env.lock?.file ?? "environment", node: `env:${envDigestOf(facts)}`, digest: facts.env.lock?.digest ?? null },
        ],
      },
      caller,
    );
    return made.id;
  };

  /** The step's run is made once; another attempt belongs to it, too. */
  return async function start(id: string, planned: PlannedNode, attempt: number): Promise<{ row: AttemptRow; stepRun: string }> {
    const { node, facts } = planned;
    const attemptId = store.ids.ulid();
    const box = await stage({ contents: deps.contents, variables: deps.variables }, file, planned, join(store.folder, "work", attemptId));
    const startedMs = store.clock.nowMs();
    const stepRun = attempt === 1 ? await createStepRun(id, planned, startedMs) : (board.rowOf(id).run ?? "");
    const token = await deps.tokens?.issue({ project: row.project, run: stepRun, ttlMs: (node.timeoutMs ?? longestMs) + tokenSlackMs });
    const endpoint = deps.endpoint();
    const traceparent = deps.tracing.current();
    const work: Work = {
      spec: {
        id: attemptId,
        command: box.command,
        cwd: join(box.folder, node.cwd),
        environment: {
          ...box.environment,
          CAPSTAN_RUN: stepRun,
          CAPSTAN_SPOOL: spoolOf(box.root),
          ...(endpoint !== null && { MLFLOW_TRACKING_URI: endpoint, MLFLOW_EXPERIMENT_ID: experimentId }),
          ...(traceparent !== undefined && { TRACEPARENT: traceparent }),
          ...(token !== undefined && { MLFLOW_TRACKING_TOKEN: token }),
        },
        logPath: join(store.folder, "logs", `${stepRun}.log`),
        exitPath: join(box.root, "exit"),
        timeoutMs: node.timeoutMs,
        resources: { cpu: node.resources.cpu, ...(node.resources.memoryBytes !== null && { memoryBytes: node.resources.memoryBytes }) },
      },
      box: box.folder,
      root: box.root,
      project: row.project,
      folder: file.folder,
      node: {
        id: node.id,
        commandText: node.commandText,
        timeoutMs: node.timeoutMs,
        outputs: node.outputs,
        deterministic: node.deterministic,
        sandbox: node.sandbox,
      },
      facts,
      watched: planned.inputs.flatMap((input) =>
        (input?.pieces ?? []).flatMap((piece) => (piece.source === null ? [] : [{ path: piece.source, digest: piece.content.digest }])),
      ),
      given: [
        ...planned.inputs.flatMap((input) => (input?.pieces ?? []).map((piece) => piece.path)),
        ...facts.code.map((code) => code.path),
        "params.yaml",
        "package.json",
      ],
      number: row.number,
      attempt,
    };
    const attemptRow: AttemptRow = {
      project: row.project,
      id: attemptId,
      pipelineRun: row.id,
      step: id,
      stepRun,
      stepKey: planned.stepKey ?? "",
      token: 1,
      host: deps.host,
      state: "running",
      work: withoutSecrets(work),
    };
    const next = { ...board.rowOf(id), state: "running" as const, run: stepRun, startedMs, attempt };
    board.steps.set(id, next);
    await store.database.commit([sql.insertAttempt(attemptRow, startedMs), sql.putStepRun(next)]);
    events.emit({ event: "step.started", at: toTime(startedMs), step: id, run: stepRun, reason: phrase(planned.reasons) });
    board.changed();
    try {
      await deps.executor.start(work.spec);
    } catch (failure) {
      await abandon(deps, attemptRow, caller);
      throw failure;
    }
    return { row: attemptRow, stepRun };
  };
}

/** Values of variables, tokens among them, are handed to the process and kept nowhere: only that they were given. */
const withoutSecrets = (work: Work): string => {
  const environment = Object.fromEntries(Object.keys(work.spec.environment).map((name) => [name, ""]));
  return JSON.stringify({ ...work, spec: { ...work.spec, environment } });
};

function environmentOf(captured: EnvironmentCapture, facts: StepFacts, command: string) {
  return {
    node: envDigestOf(facts),
    platform: facts.env.platform,
    lockDigest: facts.env.lock?.digest ?? null,
    command,
    commit: captured.git?.commit ?? null,
    dirty: captured.git?.dirty ?? null,
    diffDigest: captured.git?.diffBlob ?? null,
    more: {
      ...(facts.env.interpreter !== null && { interpreter: facts.env.interpreter }),
      ...(facts.env.lock && { lock: facts.env.lock.file }),
      ...(captured.git?.branch && { branch: captured.git.branch }),
      capstan: captured.node,
    },
  };
}
