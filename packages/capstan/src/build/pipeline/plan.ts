import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Reason, StepDecision } from "@capstan/contract/operations/pipeline";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { BlobStore } from "../../base/storage/blob-store.ts";
import { allKept } from "./outputs.ts";
import { guessWord } from "./config/guess.ts";
import { textOf } from "./config/overlay.ts";
import { paramOf } from "./config/params.ts";
import type { ProjectFile } from "./config/project-file.ts";
import { factsOf, type FactsDeps, inputsOf, type KnownInput, type Taken } from "./facts.ts";
import type { ActionResult, MadeOutput, StepFacts, StepNode } from "./model.ts";
import { type Because, changedLines, differences, simpleReason, withRoot } from "./reasons.ts";
import { baseKeyOf, stepKeyOf } from "./step-key.ts";
import type { PipelineStore } from "./store.ts";

export type PlannedNode = {
  node: StepNode;
  decision: StepDecision;
  reasons: Reason[];
  inputs: readonly (KnownInput | null)[];
  facts: StepFacts;
  /** Null while an input is unknown. */
  stepKey: string | null;
  hit: ActionResult | null;
  /** What the step used when it last ended well. */
  before: { facts: StepFacts; run: string; number: number } | null;
  estimateSeconds: number | null;
  /** Code comes from the store, not from the folder. */
  rebuilt?: true;
};

export type PlanDeps = FactsDeps & { sql: PipelineStore; blobs: BlobStore };
export type Decided = { outputs: readonly MadeOutput[] | undefined; reasons: readonly Reason[] };

/** Ids of the wanted steps (a step's name stands for all of its matrix) with all they need, in order. */
function wantedNodes(file: ProjectFile, steps: readonly string[]): string[] {
  const { graph } = file;
  if (steps.length === 0) return [...graph.order];
  const wanted = new Set<string>();
  const add = (id: string): void => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const needed of graph.needs.get(id) ?? []) add(needed);
  };
  for (const step of steps) {
    const ids = graph.order.filter((id) => id === step || graph.nodes.get(id)?.step === step);
    if (ids.length === 0) {
      const guess = guessWord(step, graph.order);
      throw new CapstanError("CAP-RUN-002", { step, hint: guess ? `: did you mean ${guess}?` : "", steps: graph.order.join(" ") });
    }
    ids.forEach(add);
  }
  return graph.order.filter((id) => wanted.has(id));
}

/** Decides about one node, given what the nodes ahead of it came to. Nothing is changed. */
export async function decide(
  deps: PlanDeps,
  file: ProjectFile,
  node: StepNode,
  ahead: (step: string) => Decided | undefined,
  taken: Taken,
  more: { forced: boolean; beforeNumber: number },
): Promise<PlannedNode> {
  const inputs = await inputsOf(deps, file, node, (step) => ahead(step)?.outputs, taken);
  const facts = await factsOf(deps, file, node, inputs);
  const known = inputs.every((input) => input !== null);
  const stepKey = known ? stepKeyOf(facts) : null;
  const [found, last, seconds] = await Promise.all([
    stepKey === null ? undefined : deps.sql.result(file.project, stepKey),
    deps.sql.lastPassed(file.project, node.id, more.beforeNumber),
    deps.sql.lastSeconds(file.project, node.id),
  ]);
  const kept = found && (await allKept(deps.contents, found));
  const before = last?.facts ? { facts: last.facts, run: last.pipelineRun, number: last.number } : null;
  const base = {
    node,
    inputs,
    facts,
    stepKey,
    hit: found && kept && !more.forced ? found : null,
    before,
    estimateSeconds: seconds ?? null,
  };

  const rule = node.when === null ? undefined : paramOf(file.params, node.when);
  if (node.when !== null && (rule === false || rule === 0 || rule === undefined))
    return {
      ...base,
      hit: null,
      decision: "skip",
      reasons: [{ ...simpleReason("rule", `when: ${node.when} is ${String(rule)}`), root: true }],
    };
  if (base.hit) return { ...base, decision: "reuse", reasons: [] };
  const because: Because = (step) => ahead(step)?.reasons ?? [];
  const reasons = await reasonsOf(deps, file, node, facts, before?.facts ?? null, because, {
    forced: more.forced,
    lost: found !== undefined && !kept,
  });
  const decision = known || !(await deps.sql.hasBase(file.project, baseKeyOf(facts))) || more.forced ? "run" : "may";
  return { ...base, decision, reasons: withRoot(reasons).reasons };
}

async function reasonsOf(
  deps: PlanDeps,
  file: ProjectFile,
  node: StepNode,
  facts: StepFacts,
  before: StepFacts | null,
  because: Because,
  more: { forced: boolean; lost: boolean },
): Promise<Reason[]> {
  if (more.forced) return [simpleReason("forced", "--force")];
  if (more.lost) return [simpleReason("missing", "the store has lost what it made")];
  if (before === null) {
    const ahead = facts.inputs.find((input) => input.digest === "");
    return [
      simpleReason(
        "first",
        ahead ? `it has never run, and waits for ${ahead.from.replace(/^step:/, "").replace(/\.[^.]*$/, "")}` : "it has never run",
      ),
    ];
  }
  const old = new Map<string, string>();
  for (const { path, digest } of before.code) {
    const now = facts.code.find((one) => one.path === path);
    if (now && now.digest !== digest && (await deps.blobs.has(digest))) old.set(digest, (await deps.blobs.bytes(digest)).toString("utf8"));
  }
  const reasons = differences(before, facts, {
    because,
    originOf: (param) => {
      const origin = file.layers.originOf(["params", ...param.split(".")]);
      return origin ? textOf(origin) : null;
    },
    lines: (path, digest) => {
      const text = old.get(digest);
      return text === undefined ? null : changedLines(path, text, readText(join(file.folder, path)));
    },
  });
  return reasons.length > 0 ? reasons : [simpleReason("missing", "its last result was not kept")];
}

const readText = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** The whole plan: what would run, what may, what is reused. Changes nothing. */
export async function planOf(
  deps: PlanDeps,
  file: ProjectFile,
  choice: { steps: readonly string[]; force: boolean },
  taken: Taken = new Map(),
): Promise<PlannedNode[]> {
  const decided = new Map<string, PlannedNode>();
  const forced = new Set(choice.force ? (choice.steps.length > 0 ? choice.steps : file.graph.order) : []);
  for (const id of wantedNodes(file, choice.steps)) {
    const node = file.graph.nodes.get(id);
    if (!node) continue;
    const ahead = (step: string): Decided | undefined => {
      const one =
        decided.get(step) ??
        [...decided.values()].find((other) => other.node.step === step && other.decision !== "reuse") ??
        [...decided.values()].find((other) => other.node.step === step);
      return one && { outputs: one.hit?.outputs, reasons: one.reasons };
    };
    const skipped = file.graph.needs.get(id)?.find((needed) => decided.get(needed)?.decision === "skip");
    const planned = await decide(deps, file, node, ahead, taken, {
      forced: forced.has(id) || forced.has(node.step),
      beforeNumber: Number.MAX_SAFE_INTEGER,
    });
    decided.set(
      id,
      skipped === undefined
        ? planned
        : { ...planned, hit: null, decision: "skip", reasons: [{ ...simpleReason("rule", `${skipped} is skipped`), root: true }] },
    );
  }
  await deps.contents.flush();
  return [...decided.values()];
}
