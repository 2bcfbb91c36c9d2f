import { posix } from "node:path";
import { type OutputConfig, parseReference, type ProjectConfig, type StepConfig } from "@capstan/contract";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { guessWord } from "./guess.ts";
import type { Command, Input, InputSource, Output, OutputKind, Scalar, StepNode } from "../model.ts";
import { matrixOf, nodeId } from "./matrix.ts";
import { isPlain, type Layers, type Plain } from "./overlay.ts";
import { paramNames, paramOf } from "./params.ts";
import type { Path } from "./source.ts";
import { fill, fillShell, type Variable, variablesIn } from "./variables.ts";

type Context = { config: ProjectConfig; layers: Layers; params: Plain; errors: CapstanError[] };

/** Steps as nodes: matrices spread out, defaults and variables filled in, names inferred. What is wrong is added to `errors`. */
export function nodesOf(context: Context): StepNode[] {
  const steps = Object.entries(context.config.steps ?? {});
  const spread = new Map(steps.map(([step, written]) => [step, matrixOf(step, written, context)]));
  const nodes = steps.flatMap(([step, written]) => {
    refuseUndone(step, written, context);
    const config: StepConfig = { ...context.config.defaults, ...written, env: { ...context.config.defaults?.env, ...written.env } };
    return (spread.get(step) ?? []).map((matrix) => nodeOf(step, config, matrix, context));
  });
  const byStep = Map.groupBy(nodes, (node) => node.step);
  return nodes.map((node) => ({ ...node, inputs: inputsOf(node, byStep, context) }));
}

/** Keys that the language has and this version does not act on: saying so beats doing something else. */
function refuseUndone(step: string, written: StepConfig, { config, layers, errors }: Context): void {
  const refuse = (key: string, problem: string): void =>
    void errors.push(
      new CapstanError(
        "CAP-CONFIG-026",
        { step, problem, key },
        { where: layers.originOf(["steps", step, key])?.key ?? layers.originOf(["defaults", key])?.key },
      ),
    );
  const { approve, secrets, executor } = { ...config.defaults, ...written };
  if (approve !== undefined) refuse("approve", "this version cannot wait for an approval");
  if (secrets !== undefined && secrets.length > 0) refuse("secrets", "this version gives steps no secrets");
  if (executor !== undefined && executor !== "local" && config.executors?.[executor]?.kind !== "local")
    refuse("executor", "this version runs steps on `local` only");
}

function nodeOf(step: string, config: StepConfig, matrix: Readonly<Record<string, Scalar>> | null, context: Context): StepNode {
  const { layers, params, errors } = context;
  const path = ["steps", step] as const;
  const fail = (variable: Variable, at: Path, problem: string, hint: string, fix: string): void =>
    void errors.push(
      new CapstanError("CAP-CONFIG-012", { variable: variable.text, problem, hint, fix }, { where: layers.originOf(at)?.value }),
    );
  const valueOf = (variable: Variable, at: Path): string | undefined => {
    if (variable.kind === "params") {
      const value = paramOf(params, variable.name);
      if (value === undefined || isPlain(value)) {
        const guess = guessWord(variable.name, paramNames(params));
        fail(
          variable,
          at,
          value === undefined ? "no such parameter" : "it is a group of parameters",
          guess ? `: did you mean \`${guess}\`?` : "",
          guess ? `write \${params.${guess}}` : "add it to params.yaml",
        );
        return undefined;
      }
      return typeof value === "object" ? JSON.stringify(value) : String(value);
    }
    if (variable.kind === "matrix") {
      const value = matrix?.[variable.name];
      if (value === undefined) {
        const guess = guessWord(variable.name, Object.keys(matrix ?? {}));
        fail(
          variable,
          at,
          `step ${step} has no such matrix value`,
          guess ? `: did you mean \`${guess}\`?` : "",
          guess ? `write \${matrix.${guess}}` : "declare it in `matrix`",
        );
      }
      return value === undefined ? undefined : String(value);
    }
    return undefined;
  };
  const plainText = (text: string, at: Path): string =>
    fill(text, (variable) => {
      if (variable.kind !== "params" && variable.kind !== "matrix")
        fail(variable, at, "only params and matrix are known here", "", "use it in `run`");
      return valueOf(variable, at);
    });

  const outputs = outputsOf(step, config, plainText, context);
  const ports = { in: portNames(config.in, inputNameOf), out: outputs.map((output) => output.name) };
  const open = (variable: Variable, at: Path): void => {
    if (variable.kind === "params" || variable.kind === "matrix") return;
    const known = variable.kind === "in" ? ports.in : variable.kind === "out" ? ports.out : undefined;
    if (known?.includes(variable.name)) return;
    const guess = known && guessWord(variable.name, known);
    fail(
      variable,
      at,
      known ? `step ${step} has no ${variable.kind} of this name` : "variables are params, matrix, in and out",
      guess ? `: did you mean \`${guess}\`?` : "",
      guess ? `write \${${variable.kind}.${guess}}` : "declare it, or remove it",
    );
  };
  const command = commandOf(
    config,
    (variable) => valueOf(variable, [...path, "run"]),
    (variable) =>
      fail(
        variable,
        [...path, "run"],
        "its value would have to be quoted inside a substitution",
        "",
        "write `run` as a list, or read the value from CAPSTAN_PARAMS",
      ),
  );
  for (const variable of [config.run].flat().flatMap(variablesIn)) open(variable, [...path, "run"]);

  return {
    id: nodeId(step, matrix),
    step,
    matrix,
    command,
    commandText: typeof config.run === "string" ? config.run : config.run.join(" "),
    cwd: posix.normalize(config.cwd ?? "."),
    inputs: portNames(config.in, inputNameOf).map((name, i) => {
      const text = plainText(textsOf(config.in)[i] ?? "", [...path, "in"]);
      return {
        name,
        text,
        source: { kind: "path", path: text },
        place: layers.originOf([...path, "in", ...(isPlain(config.in) ? [name] : Array.isArray(config.in) ? [i] : [])])?.value,
      };
    }),
    outputs,
    params: config.params === undefined ? [] : [config.params].flat(),
    code: config.code === undefined ? null : [config.code].flat(),
    env: {
      lock: config.env?.lock ?? null,
      vars: config.env?.vars ?? [],
      set: Object.fromEntries(
        Object.entries(config.env?.set ?? {}).map(([name, value]) => [name, plainText(value, [...path, "env", "set", name])]),
      ),
    },
    network: config.network ?? true,
    salt: config.salt ?? null,
    sandbox: config.sandbox ?? true,
    deterministic: config.deterministic ?? null,
    when: config.when ?? null,
    resources: { cpu: config.resources?.cpu ?? 1, memoryBytes: config.resources?.mem ?? null },
    mutex: config.mutex ?? null,
    timeoutMs: config.timeout ?? null,
    retry: { max: config.retry?.max ?? 0, if: config.retry?.if ?? ["infra"] },
    place: layers.originOf(path)?.key,
  };
}

function commandOf(config: StepConfig, valueOf: (variable: Variable) => string | undefined, refuse: (variable: Variable) => void): Command {
  if (typeof config.run !== "string") return { argv: config.run.map((part) => fill(part, valueOf)) };
  const text = fillShell(
    config.run,
    (variable) => {
      // Paths differ per attempt: the text names the variable that holds them.
      if (variable.kind === "in" || variable.kind === "out")
        return { text: `$\{${portVariable(variable.kind, variable.name)}}`, raw: true };
      const value = valueOf(variable);
      return value === undefined ? undefined : { text: value };
    },
    refuse,
  );
  return { text, shell: config.shell ?? "sh" };
}

/** `CAPSTAN_IN_ROWS`. */
export const portVariable = (kind: "in" | "out", name: string): string =>
  `CAPSTAN_${kind.toUpperCase()}_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;

type In = StepConfig["in"];
type Out = StepConfig["out"];
const textsOf = (written: In): string[] =>
  written === undefined ? [] : typeof written === "string" ? [written] : Array.isArray(written) ? written : Object.values(written);
const portNames = (written: In, nameOf: (text: string) => string): string[] =>
  isPlain(written) ? Object.keys(written) : textsOf(written).map(nameOf);
const baseName = (path: string): string =>
  posix
    .basename(path.replace(/\/+$/, ""))
    .replace(/\.[^.]*$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^[^a-z]+/, "") || "file";
const inputNameOf = (text: string): string => {
  const ref = parseReference(text);
  return ref ? (ref.part ?? ref.name) : baseName(text);
};

function outputsOf(step: string, config: StepConfig, plainText: (text: string, at: Path) => string, { layers, errors }: Context): Output[] {
  const written = (out: Out): [name: string | undefined, output: string | OutputConfig, at: Path][] => {
    if (out === undefined) return [];
    if (typeof out === "string") return [[undefined, out, ["out"]]];
    if (Array.isArray(out)) return out.map((one, i) => [undefined, one, ["out", i]]);
    return Object.entries(out).map(([name, one]) => [name, one, ["out", name]]);
  };
  const outputs = written(config.out).map(([given, output, at]): Output => {
    const place = ["steps", step, ...at];
    const raw = typeof output === "string" ? output : output.path;
    const path = plainText(raw, place);
    const clean = posix.normalize(path).replace(/\/+$/, "");
    const where = { where: layers.originOf(place)?.value };
    if (posix.isAbsolute(clean) || clean === "." || clean === ".." || clean.startsWith("../"))
      errors.push(new CapstanError("CAP-CONFIG-017", { path: raw, problem: "it lies outside the project folder" }, where));
    else if (clean === ".capstan" || clean.startsWith(".capstan/"))
      errors.push(new CapstanError("CAP-CONFIG-017", { path: raw, problem: "`.capstan` belongs to Capstan" }, where));
    else if (/\p{Cc}/u.test(raw))
      errors.push(
        new CapstanError("CAP-CONFIG-017", { path: JSON.stringify(raw), problem: "a line end or control character is in it" }, where),
      );
    const name = given ?? baseName(clean);
    return { name, path: clean, kind: kindOf(typeof output === "string" ? undefined : output.kind, name, path) };
  });
  const seen = new Set<string>();
  for (const { name } of outputs) {
    if (seen.has(name))
      errors.push(
        new CapstanError(
          "CAP-CONFIG-010",
          { name, problem: `two outputs of step ${step} have it`, fix: `${name}-2` },
          { where: layers.originOf(["steps", step, "out"])?.value },
        ),
      );
    seen.add(name);
  }
  return outputs;
}

const kindOf = (said: OutputKind | undefined, name: string, path: string): OutputKind =>
  said ?? (path.endsWith("/") ? "dir" : name === "metrics" ? "metrics" : name === "plots" ? "plot" : "file");

/** What each input's text stands for, now that all outputs are known. */
function inputsOf(node: StepNode, byStep: ReadonlyMap<string, readonly StepNode[]>, { config, errors }: Context): Input[] {
  const byPath = new Map(
    [...byStep.values()]
      .flat()
      .flatMap((one) => one.outputs.map((output) => [output.path, { step: one.id, output: output.name }] as const)),
  );
  return node.inputs.map((input) => {
    const fail = (what: string, hint: string, fix: string, why?: string): InputSource => {
      errors.push(new CapstanError("CAP-CONFIG-007", { ref: input.text, what, hint, fix }, { where: input.place, why }));
      return { kind: "path", path: input.text };
    };
    const source = ((): InputSource => {
      const ref = parseReference(input.text);
      if (ref?.kind === "data") {
        if (config.data?.[ref.name] !== undefined) return { kind: "data", name: ref.name, version: ref.version };
        const guess = guessWord(ref.name, Object.keys(config.data ?? {}));
        return fail(
          "no dataset",
          guess ? `: did you mean \`data:${guess}\`?` : "",
          guess ? `write \`data:${guess}\`` : "declare it in `data`",
        );
      }
      if (ref?.kind === "step") {
        const [wanted, matrix] = [ref.name, ref.version];
        const nodes = byStep.get(wanted);
        if (!nodes) {
          const guess = guessWord(wanted, byStep.keys());
          return fail(
            "no step",
            guess ? `: did you mean \`step:${guess}\`?` : "",
            guess ? `write \`step:${guess}${ref.part ? `.${ref.part}` : ""}\`` : "declare it in `steps`",
          );
        }
        const chosen = matrix === null ? nodes : nodes.filter((one) => one.id === `${wanted}@${matrix}`);
        const names = nodes[0]?.outputs.map((output) => output.name) ?? [];
        const output = ref.part ?? (names.length === 1 ? names[0] : undefined);
        if (output === undefined || !names.includes(output)) {
          const guess = output === undefined ? undefined : guessWord(output, names);
          return fail(
            output === undefined ? "a step without saying which output" : "no output",
            guess ? `: did you mean \`step:${wanted}.${guess}\`?` : "",
            guess ? `write \`step:${wanted}.${guess}\`` : `write one of: ${names.map((name) => `step:${wanted}.${name}`).join(" ")}`,
            `${wanted} has ${[...names].sort().join(", ") || "no output"}`,
          );
        }
        if (chosen.length === 0)
          return fail("no node of this matrix", "", `write one of: ${nodes.map((one) => `step:${one.id}.${output}`).join(" ")}`);
        const first = chosen[0];
        if (chosen.length === 1 && first && (first.matrix === null || matrix !== null)) return { kind: "output", step: first.id, output };
        return { kind: "outputs", of: chosen.map((one) => ({ step: one.id, output })) };
      }
      if (ref) return fail("something that cannot be an input of a step", "", "use `data:`, `step:` or a path");
      if (/^[a-z][a-z0-9+]*:\/\//.test(input.text))
        return fail("an address, which a step cannot read by itself", "", "declare it in `data` and write `data:NAME`");
      const path = posix.normalize(input.text).replace(/\/+$/, "");
      if (/[*?[{]/.test(path)) return { kind: "glob", pattern: path };
      const made = byPath.get(path);
      if (made && made.step !== node.id) return { kind: "output", ...made };
      return { kind: "path", path };
    })();
    return { ...input, source };
  });
}
