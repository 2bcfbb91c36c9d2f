import { extname, resolve } from "node:path";
import { declaredData, parseReference } from "@capstan/contract";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { paramOf } from "../../../build/pipeline/config/params.ts";
import type { ProjectFile } from "../../../build/pipeline/config/project-file.ts";
import { soundProjectFile } from "../../../build/pipeline/config/read-project-file.ts";
import { fill } from "../../../build/pipeline/config/variables.ts";

/** Where a project says how it is played through the loop; nothing else reads it. */
const key = "x-demo";
const scripts = ["spoilt", "answers", "traffic", "swapped", "replay", "check"] as const;

/**
 * What the loop is played with, as the project declares it: this program knows no name, column or day of any project.
 * The key `x-demo` names the project's own programs with their arguments (`${params.…}` is filled in); the rest follows from what else the file says.
 */
export type Play = {
  readonly file: ProjectFile;
  readonly dataset: { readonly name: string; readonly path: string; readonly declared: ReturnType<typeof declaredData> };
  readonly model: string;
  readonly route: string;
  /** What the model's versions are compared by. */
  readonly metric: string;
  /** Path of the model file in the folder. */
  readonly modelFile: string;
  /** Output with the model's own scores of rows with truth. */
  readonly scores: string;
  /** Steps that make the rows on which the purpose is weighed. */
  readonly weighed: readonly string[];
  /** `--set` of the first version; the second is the plain file. */
  readonly first: readonly string[];
  /** The step whose change is explained. */
  readonly explain: string;
  readonly scripts: Readonly<Record<(typeof scripts)[number], readonly [script: string, ...args: string[]]>>;
};

export function readPlay(folder: string): Play {
  const file = soundProjectFile({ folder });
  const { config, graph } = file;
  const missing = (what: string, fix: string): CapstanError =>
    new CapstanError(
      "CAP-CONFIG-005",
      { subject: "demo", problem: `capstan.yaml has no ${what}`, fix },
      { where: { file: "capstan.yaml" } },
    );
  const own = file.layers.get([key]) as Record<string, unknown> | undefined;
  if (typeof own !== "object" || own === null)
    throw missing(`\`${key}\``, "it as examples/flight-delays does, or run the steps one by one");
  const words = (name: string): string[] => {
    const value = own[name];
    if (!Array.isArray(value) || value.length === 0) throw missing(`list \`${key}.${name}\``, `\`${name}: [word, …]\` below \`${key}\``);
    return value.map((word) =>
      fill(String(word), (variable) => {
        const found = variable.kind === "params" ? paramOf(file.params, variable.name) : undefined;
        return found === undefined ? undefined : String(found);
      }),
    );
  };
  const [model, declaredModel] = Object.entries(config.models ?? {})[0] ?? [];
  if (model === undefined || declaredModel === undefined) throw missing("model", "one under `models`");
  const route = Object.entries(config.routes ?? {}).find(([, one]) => one.model === model)?.[0];
  if (route === undefined) throw missing(`route for ${model}`, "one under `routes`");
  const [dataset, data] = Object.entries(config.data ?? {})[0] ?? [];
  if (dataset === undefined || data === undefined) throw missing("dataset", "one under `data`");
  const declared = declaredData(data);
  const from = parseReference(declaredModel.from ?? "");
  const modelOutput = graph.nodes.get(from?.name ?? "")?.outputs.find((one) => one.name === from?.part);
  const suite = Object.values(config.checks ?? {}).find((one) => parseReference(one.for)?.kind === "model");
  const rows = typeof config.purpose?.rows === "string" ? parseReference(config.purpose.rows) : undefined;
  return {
    file,
    dataset: { name: dataset, path: resolve(folder, declared.path ?? ""), declared },
    model,
    route,
    metric: declaredModel.metric ?? "",
    modelFile: resolve(folder, modelOutput?.path ?? ""),
    scores: parseReference(suite?.against ?? "")?.part ?? "",
    weighed: rows?.kind === "step" ? [rows.name] : [],
    first: words("first"),
    explain: words("explain")[0] ?? "",
    scripts: Object.fromEntries(scripts.map((name) => [name, words(name)])) as unknown as Play["scripts"],
  };
}

/** A file beside what the steps make, with the ending of another. */
export const besideWork = (folder: string, name: string, like = ""): string => resolve(folder, "work", `${name}${extname(like)}`);
