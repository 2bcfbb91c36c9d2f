import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { declaredData, parseReference, type ProjectConfig, type ReferenceKind, referenceKinds } from "@capstan/contract";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { guessWord } from "./guess.ts";
import type { StepNode } from "../model.ts";
import type { Layers, Plain } from "./overlay.ts";
import { paramNames, paramOf } from "./params.ts";
import type { Path, Place } from "./source.ts";

/** Names that lead nowhere, anywhere in the file; parameters that nobody has; inputs that are not there. */
export function referenceProblems({
  config,
  layers,
  params,
  nodes,
  folder,
}: {
  config: ProjectConfig;
  layers: Layers;
  params: Plain;
  nodes: readonly StepNode[];
  folder: string;
}): CapstanError[] {
  const errors: CapstanError[] = [];
  const known: Partial<Record<ReferenceKind, string[]>> = {
    data: Object.keys(config.data ?? {}),
    step: Object.keys(config.steps ?? {}),
    model: Object.keys(config.models ?? {}),
    route: Object.keys(config.routes ?? {}),
    monitor: Object.keys(config.monitors ?? {}),
    suite: Object.keys(config.checks ?? {}),
  };
  const where = (path: Path) => ({ where: layers.originOf(path)?.value });
  const fail = (
    ref: string,
    what: string,
    options: readonly string[],
    write: (guess: string) => string,
    path: Path,
    why?: string,
  ): void => {
    const guess = guessWord(
      ref
        .replace(/^[a-z]+:/, "")
        .split(".")
        .at(-1) ?? "",
      options.map((one) => one.split(".").at(-1) ?? one),
    );
    const full = options.find((one) => one === guess || one.endsWith(`.${guess}`));
    errors.push(
      new CapstanError(
        "CAP-CONFIG-007",
        {
          ref,
          what,
          hint: full ? `: did you mean \`${write(full)}\`?` : "",
          fix: full
            ? `write \`${write(full)}\``
            : options.length > 0
              ? `write one of: ${options.map(write).join(" ")}`
              : "declare it first",
        },
        { ...where(path), why },
      ),
    );
  };
  const check = (text: string | undefined, path: Path): void => {
    const ref = text === undefined ? undefined : parseReference(text);
    if (!ref || text === undefined) return;
    const names = known[ref.kind];
    if (!names) return;
    if (!names.includes(ref.name))
      return fail(text, `no ${ref.kind === "data" ? "dataset" : ref.kind}`, names, (guess) => `${ref.kind}:${guess}`, path);
    if (ref.kind !== "step") return;
    const outputs = [
      ...new Set(nodes.filter((node) => node.step === ref.name).flatMap((node) => node.outputs.map((output) => output.name))),
    ];
    if (ref.part === null ? outputs.length !== 1 : !outputs.includes(ref.part))
      fail(
        text,
        ref.part === null ? "a step without saying which output" : "no output",
        outputs.map((output) => `${ref.name}.${output}`),
        (guess) => `step:${guess}`,
        path,
        `${ref.name} has ${[...outputs].sort().join(", ") || "no output"}`,
      );
  };
  const bare = (name: string, kind: "model" | "suite" | "step", path: Path): void => {
    const names = known[kind] ?? [];
    if (!names.includes(name)) fail(name, `no ${kind}`, names, (guess) => guess, path);
  };

  for (const [name, suite] of Object.entries(config.checks ?? {})) {
    check(suite.for, ["checks", name, "for"]);
    check(suite.against, ["checks", name, "against"]);
    suite.tests.forEach((test, i) => {
      if (test.kind === "unit_scale") check(test.against, ["checks", name, "tests", i, "against"]);
      if (test.kind === "metric_vs_baseline") check(test.baseline, ["checks", name, "tests", i, "baseline"]);
    });
  }
  for (const [name, model] of Object.entries(config.models ?? {})) {
    check(model.from, ["models", name, "from"]);
    model.gate?.suites?.forEach((suite, i) => bare(suite, "suite", ["models", name, "gate", "suites", i]));
  }
  for (const [name, route] of Object.entries(config.routes ?? {})) {
    bare(route.model, "model", ["routes", name, "model"]);
    check(route.labels?.from, ["routes", name, "labels", "from"]);
  }
  for (const [name, monitor] of Object.entries(config.monitors ?? {})) {
    check(monitor.for, ["monitors", name, "for"]);
    check(monitor.against, ["monitors", name, "against"]);
  }
  for (const [name, trigger] of Object.entries(config.triggers ?? {})) {
    if ("alert" in trigger.when) [trigger.when.alert].flat().forEach((ref) => check(ref, ["triggers", name, "when", "alert"]));
    if ("data" in trigger.when) check(trigger.when.data, ["triggers", name, "when", "data"]);
    [trigger.run ?? []].flat().forEach((step) => bare(step, "step", ["triggers", name, "run"]));
    for (const param of Object.keys(trigger.set ?? {}))
      if (paramOf(params, param) === undefined)
        errors.push(noParameter(param, params, `set of trigger ${name}`, where(["triggers", name, "set", param])));
  }
  for (const section of ["data", "steps", "checks", "models", "routes", "monitors"] as const) {
    for (const name of Object.keys(config[section] ?? {})) {
      if ((referenceKinds as readonly string[]).includes(name))
        errors.push(
          new CapstanError(
            "CAP-CONFIG-010",
            { name, problem: "it is a kind of reference", fix: `${name}-1` },
            { where: layers.originOf([section, name])?.key },
          ),
        );
    }
  }
  for (const [step, declared] of Object.entries(config.steps ?? {})) {
    [declared.params ?? []].flat().forEach((name, i) => {
      if (paramOf(params, name) === undefined)
        errors.push(
          noParameter(
            name,
            params,
            `params of step ${step}`,
            where(["steps", step, "params", ...(Array.isArray(declared.params) ? [i] : [])]),
          ),
        );
    });
  }
  errors.push(...missingInputs(config, layers, nodes, folder));
  return errors;
}

function noParameter(name: string, params: Plain, given: string, more: { where: Place | undefined }): CapstanError {
  const names = paramNames(params);
  const guess = guessWord(name, names);
  return new CapstanError(
    "CAP-CONFIG-011",
    {
      given: `${name}`,
      problem: `no such parameter, in ${given}`,
      hint: guess ? `: did you mean \`${guess}\`?` : "",
      fix: guess ? `write ${guess}` : names.length > 0 ? `parameters are: ${names.join(" ")}` : "add it to params.yaml",
    },
    more,
  );
}

function missingInputs(config: ProjectConfig, layers: Layers, nodes: readonly StepNode[], folder: string): CapstanError[] {
  const errors: CapstanError[] = [];
  const outputs = nodes.flatMap((node) => node.outputs.map((output) => output.path));
  const seen = new Set<string>();
  const look = (path: string, where: StepNode["place"]): void => {
    if (
      seen.has(path) ||
      outputs.some((output) => path === output || path.startsWith(`${output}/`) || output.startsWith(`${path}/`)) ||
      existsSync(resolve(folder, path))
    )
      return;
    seen.add(path);
    const guess = guessWord(path, outputs);
    errors.push(new CapstanError("CAP-CONFIG-013", { path, hint: guess ? `: did you mean \`${guess}\`?` : "" }, { where }));
  };
  for (const node of nodes)
    for (const { source, place } of node.inputs) if (source.kind === "path" && !parseReference(source.path)) look(source.path, place);
  // A dataset that no step reads may come later: the truth, for instance.
  for (const name of new Set(
    nodes.flatMap((node) => node.inputs.flatMap(({ source }) => (source.kind === "data" && source.version === null ? [source.name] : []))),
  )) {
    const data = config.data?.[name];
    const path = data === undefined ? undefined : declaredData(data).path;
    if (path !== undefined && !/[*?[{]|^[a-z][a-z0-9+]*:\/\//.test(path)) look(path, layers.originOf(["data", name, "path"])?.value);
  }
  return errors;
}
