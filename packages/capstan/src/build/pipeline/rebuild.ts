import { basename } from "node:path";
import type { Json } from "../../base/foundation/canonical-json.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { TrackingService } from "../tracking/service.ts";
import { graphOf } from "./config/graph.ts";
import { isPlain, Layers, type Plain } from "./config/overlay.ts";
import type { ProjectFile } from "./config/project-file.ts";
import { type KnownInput, packageRules, type Piece, surroundingsOf } from "./facts.ts";
import type { Command, Content, Input, InputSource, StepFacts, StepNode } from "./model.ts";
import type { Decided, PlanDeps, PlannedNode } from "./plan.ts";
import { simpleReason } from "./reasons.ts";
import { stepKeyOf } from "./step-key.ts";
import type { PipelineRunRow } from "./store.ts";

/** An earlier run as something to run: its graph, parameters, code and inputs as it recorded them. */
export type Rebuild = {
  of: PipelineRunRow;
  file: ProjectFile;
  facts: ReadonlyMap<string, StepFacts>;
  /** Lineage nodes of inputs, by step and name. */
  nodes: ReadonlyMap<string, string>;
  /** What surrounds it otherwise than then, a sentence each. */
  differs: readonly string[];
};

const linkOf = (step: string, input: string): string => `${step}\n${input}`;

/** Fails with CAP-RUN-016 when the store has lost something that the run used. */
export async function rebuildOf(deps: PlanDeps & { tracking: TrackingService }, folder: string, of: PipelineRunRow): Promise<Rebuild> {
  const steps = (await deps.sql.stepRuns(of.id)).filter((step) => step.state === "ran" || step.state === "reused");
  const facts = new Map(steps.flatMap((step) => (step.facts ? [[step.step, step.facts] as const] : [])));
  const { graph } = graphOf([...facts].map(([id, one]) => nodeOf(id, one, facts)));
  const params: Plain = {};
  for (const one of facts.values()) for (const [name, json] of one.params) setParam(params, name, JSON.parse(json) as Json);
  const runs = await deps.tracking.runsById(steps.flatMap((step) => (step.run === null ? [] : [step.run])));
  const nodes = new Map(
    steps.flatMap((step) => (runs.get(step.run ?? "")?.inputs ?? []).map((link) => [linkOf(step.step, link.name), link.node] as const)),
  );
  const file: ProjectFile = {
    folder,
    project: of.project,
    server: null,
    config: {},
    params,
    graph,
    layers: new Layers(),
    plain: false,
    errors: [],
    warnings: [],
  };
  const rebuild = { of, file, facts, nodes };
  await requireKept(deps, rebuild);
  return { ...rebuild, differs: await differences(deps, rebuild) };
}

const rulesText = "what package.json says about modules";

async function requireKept(deps: PlanDeps, { of, facts, file }: Omit<Rebuild, "differs">): Promise<void> {
  const lost = (what: string): CapstanError => new CapstanError("CAP-RUN-016", { number: of.number, what });
  if (facts.size === 0) throw lost("its steps");
  for (const [id, one] of facts) {
    for (const code of one.code)
      if (!(await deps.blobs.has(code.digest))) throw lost(`${code.path === packageRules ? rulesText : code.path} of step ${id}`);
    for (const [i, input] of one.inputs.entries()) {
      const source = file.graph.nodes.get(id)?.inputs[i]?.source;
      if (source?.kind === "output" || source?.kind === "outputs") continue;
      const pieces = await piecesOf(deps, input, source).catch(() => undefined);
      const kept = pieces && (await Promise.all(pieces.map((piece) => deps.contents.has(piece.content))));
      if (!kept?.every(Boolean)) throw lost(`${input.path || input.name} (${input.from}), which step ${id} read`);
    }
  }
}

async function differences(deps: PlanDeps, { file, facts }: Omit<Rebuild, "differs">): Promise<string[]> {
  const found = new Set<string>();
  const short = (digest: string | undefined): string => digest?.slice(0, 12) ?? "none";
  for (const [id, one] of facts) {
    const now = await envNow(deps, file, file.graph.nodes.get(id), one);
    if (now.lock?.digest !== one.env.lock?.digest)
      found.add(`${one.env.lock?.file ?? now.lock?.file} was ${short(one.env.lock?.digest)}, is ${short(now.lock?.digest)}`);
    if (now.interpreter !== one.env.interpreter)
      found.add(`${id} ran with ${one.env.interpreter ?? "no interpreter"}, runs with ${now.interpreter ?? "none"}`);
    if (now.platform !== one.env.platform) found.add(`it ran on ${one.env.platform}, runs on ${now.platform}`);
  }
  return [...found];
}

async function envNow(deps: PlanDeps, file: ProjectFile, node: StepNode | undefined, facts: StepFacts): Promise<StepFacts["env"]> {
  if (!node) return facts.env;
  const files = facts.code.map((code) => code.path);
  const now = await surroundingsOf(deps, file.folder, node, files).catch((error: unknown) => {
    // The lock that it names is gone.
    if (error instanceof CapstanError && error.code === "CAP-CONFIG-013")
      return surroundingsOf(deps, file.folder, { ...node, env: { ...node.env, lock: null } }, files);
    throw error;
  });
  return { ...now, vars: facts.env.vars };
}

/** The next step of a rebuilding, when the ones ahead of it have come to their results. */
export async function decideRebuild(
  deps: PlanDeps,
  rebuild: Rebuild,
  node: StepNode,
  ahead: (step: string) => Decided | undefined,
): Promise<PlannedNode> {
  const recorded = rebuild.facts.get(node.id);
  if (!recorded) throw new CapstanError("CAP-INTERNAL-001", { what: `step ${node.id} is not of the run that is made again` });
  const inputs = await Promise.all(
    node.inputs.map(async (input, i): Promise<KnownInput | null> => {
      const fact = recorded.inputs[i];
      if (!fact) return null;
      const pieces = await piecesOf(deps, fact, input.source, (step) => ahead(step)?.outputs);
      const [only] = pieces ?? [];
      if (!pieces || !only) return null;
      const content: Content =
        input.source.kind === "output" ? only.content : { form: fact.form, digest: fact.digest, sizeBytes: only.content.sizeBytes };
      return { input, path: fact.path, content, pieces, node: rebuild.nodes.get(linkOf(node.id, input.name)) ?? null };
    }),
  );
  const facts: StepFacts = {
    ...recorded,
    inputs: recorded.inputs.map((input, i) => ({ ...input, digest: inputs[i]?.content.digest ?? "" })),
    env: await envNow(deps, rebuild.file, node, recorded),
  };
  return {
    node,
    inputs,
    facts,
    stepKey: inputs.every((input) => input !== null) ? stepKeyOf(facts) : null,
    hit: null,
    before: null,
    estimateSeconds: (await deps.sql.lastSeconds(rebuild.file.project, node.id)) ?? null,
    decision: "run",
    reasons: [{ ...simpleReason("forced", `rebuilds run:${rebuild.of.number}`), root: true }],
    rebuilt: true,
  };
}

export const planRebuild = (deps: PlanDeps, rebuild: Rebuild): Promise<PlannedNode[]> =>
  Promise.all([...rebuild.file.graph.nodes.values()].map((node) => decideRebuild(deps, rebuild, node, () => undefined)));

/** Bytes of an input: what a step ahead has made now, else what the store kept. Undefined while a step ahead has not ended. */
async function piecesOf(
  deps: PlanDeps,
  fact: StepFacts["inputs"][number],
  source: InputSource | undefined,
  outputsOf: (step: string) => readonly (Content & { name: string; path: string })[] | undefined = () => undefined,
): Promise<Piece[] | undefined> {
  const made = (one: { step: string; output: string }) => outputsOf(one.step)?.find((output) => output.name === one.output);
  const contentOf = ({ form, digest, sizeBytes }: Content): Content => ({ form, digest, sizeBytes });
  if (source?.kind === "output") {
    const output = made(source);
    return output && [{ path: fact.path, content: contentOf(output), source: null }];
  }
  if (source?.kind === "outputs") {
    const outputs = source.of.map(made);
    const known = outputs.filter((output) => output !== undefined);
    if (known.length < outputs.length) return undefined;
    return known.map((output) => ({ path: `${fact.path}/${basename(output.path)}`, content: contentOf(output), source: null }));
  }
  const kept = async (path: string, form: "file" | "tree", digest: string): Promise<Piece> => ({
    path,
    content: { form, digest, sizeBytes: (form === "file" ? await deps.blobs.size(digest) : undefined) ?? 0 },
    source: null,
  });
  if (source?.kind === "glob") {
    const list = JSON.parse(await deps.contents.text(fact.digest)) as [path: string, digest: string][];
    return Promise.all(list.map(([path, digest]) => kept(path, "file", digest)));
  }
  return [await kept(fact.path, fact.form, fact.digest)];
}

function nodeOf(id: string, facts: StepFacts, all: ReadonlyMap<string, StepFacts>): StepNode {
  const command = JSON.parse(facts.command) as Command;
  return {
    id,
    step: id.split("@")[0] ?? id,
    matrix: null,
    command,
    commandText: "argv" in command ? command.argv.join(" ") : command.text,
    cwd: facts.cwd,
    inputs: facts.inputs.map((input): Input => ({
      name: input.name,
      text: input.from.replace(/^file:/, ""),
      source: sourceOf(input, all),
      place: undefined,
    })),
    outputs: facts.outputs,
    params: facts.params.map(([name]) => name),
    code: facts.code.map((code) => code.path),
    env: { lock: facts.env.lock?.file ?? null, vars: [], set: Object.fromEntries(facts.env.vars) },
    network: facts.network,
    salt: facts.salt,
    sandbox: true,
    deterministic: null,
    when: null,
    resources: { cpu: 1, memoryBytes: null },
    mutex: null,
    timeoutMs: null,
    retry: { max: 0, if: [] },
    place: undefined,
  };
}

function sourceOf({ from, path }: StepFacts["inputs"][number], all: ReadonlyMap<string, StepFacts>): InputSource {
  if (from.startsWith("step:")) {
    const ref = from.slice("step:".length);
    for (const [step, facts] of all)
      for (const { name } of facts.outputs) if (ref === `${step}.${name}`) return { kind: "output", step, output: name };
    const dot = ref.lastIndexOf(".");
    const of = [...all.keys()]
      .filter((step) => step.split("@")[0] === ref.slice(0, dot))
      .map((step) => ({ step, output: ref.slice(dot + 1) }));
    if (of.length > 0) return { kind: "outputs", of };
  }
  if (from.startsWith("data:")) return { kind: "data", name: from.slice("data:".length), version: null };
  // A path that another step writes is what that step makes now.
  for (const [step, facts] of all)
    for (const output of facts.outputs) if (output.path === path) return { kind: "output", step, output: output.name };
  const text = from.replace(/^file:/, "");
  return /[*?[{]/.test(text) ? { kind: "glob", pattern: text } : { kind: "path", path };
}

function setParam(params: Plain, name: string, value: Json): void {
  const parts = name.split(".");
  let target = params;
  for (const part of parts.slice(0, -1)) {
    const inner = isPlain(target[part]) ? target[part] : {};
    target[part] = inner;
    target = inner as Plain;
  }
  target[parts.at(-1) ?? name] = value;
}
