import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { profileForbids, projectConfig } from "@capstan/contract";
import { canonicalJson, type Json } from "../../../base/foundation/canonical-json.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { guessWord } from "./guess.ts";
import { graphOf } from "./graph.ts";
import { nodesOf } from "./nodes.ts";
import { isPlain, Layers, type Plain } from "./overlay.ts";
import { type ProjectFile, sound } from "./project-file.ts";
import { applySet } from "./set.ts";
import { referenceProblems } from "./references.ts";
import { schemaProblems } from "./schema-problems.ts";
import { secretProblems } from "./secrets.ts";
import { triggerProblems } from "./trigger-problems.ts";
import { type Path, readSource, type Source } from "./source.ts";

const configFile = "capstan.yaml";
const maxProblems = 20;

export type ReadOptions = { folder: string; profiles?: readonly string[]; set?: readonly string[] };

export function readProjectFile(options: ReadOptions): ProjectFile {
  const { folder } = options;
  const source = readSource(folder, configFile);
  if (!source) throw new CapstanError("CAP-CONFIG-001", { file: configFile }, { where: { file: configFile } });
  const errors: CapstanError[] = [...source.errors];
  const warnings: CapstanError[] = [];
  const identity = readIdentity(folder);
  const nothing = {
    folder,
    ...identity,
    config: {},
    params: {},
    graph: { nodes: new Map(), order: [], needs: new Map() },
    layers: new Layers(),
    plain: true,
  };
  if (source.value === null || source.value === undefined) source.value = {};
  if (errors.length === 0 && !isPlain(source.value))
    errors.push(
      new CapstanError(
        "CAP-CONFIG-005",
        { subject: configFile, problem: "this is no map of keys", fix: "`steps:` and what belongs to it" },
        { where: { file: configFile, line: 1, column: 1 } },
      ),
    );
  if (errors.length > 0) return { ...nothing, errors: sorted(errors), warnings };

  const layers = baseLayers(folder, source, errors, warnings);
  const profiles = options.profiles ?? [];
  const before = profiles.length > 0 ? computationOf(layers) : "";
  for (const name of profiles) addProfile(folder, name, layers, errors);
  let plain = profiles.length === 0 || computationOf(layers) === before;
  const set = applySet(layers, options.set ?? []);
  errors.push(...set.errors);
  if (set.changed.length > 0) plain = false;

  errors.push(...secretProblems(layers));
  const own = Object.fromEntries(Object.entries(layers.value).filter(([key, value]) => !key.startsWith("x-") && value !== null));
  const parsed = projectConfig.safeParse(own);
  if (!parsed.success) {
    errors.push(...schemaProblems(parsed.error.issues, layers));
    return { ...nothing, params: (layers.value["params"] ?? {}) as Plain, layers, plain, errors: sorted(errors), warnings };
  }
  const config = parsed.data;
  const params = (config.params ?? {}) as Plain;
  const nodes = nodesOf({ config, layers, params, errors });
  const { graph, errors: graphErrors } = graphOf(nodes);
  errors.push(...triggerProblems(config, layers));
  errors.push(...graphErrors, ...referenceProblems({ config, layers, params, nodes, folder }));
  return {
    folder,
    project: config.project ?? identity.project,
    server: identity.server,
    config,
    params,
    graph,
    layers,
    plain,
    errors: sorted(errors),
    warnings,
  };
}

export const soundProjectFile = (options: ReadOptions): ProjectFile => sound(readProjectFile(options));

/** Project and server, whatever else is wrong in the file: operating and proving verbs need no more. */
export function readIdentity(folder: string): { project: string; server: string | null } {
  const fallback =
    basename(folder)
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, "-")
      .replace(/^[^a-z]+/, "") || "default";
  let text: string;
  try {
    text = readFileSync(`${folder}/${configFile}`, "utf8");
  } catch {
    // Whoever needs more of the file says what is wrong with it.
    return { project: fallback, server: null };
  }
  const top = (key: string): string | undefined => new RegExp(`^${key}:[ \\t]+["']?([^"'\\s#]+)`, "m").exec(text)?.[1];
  const project = top("project");
  return { project: project && /^[a-z][a-z0-9-]{0,62}$/.test(project) ? project : fallback, server: top("server") ?? null };
}

function baseLayers(folder: string, source: Source, errors: CapstanError[], warnings: CapstanError[]): Layers {
  const layers = new Layers();
  const value = source.value as Plain;
  const paramFiles =
    value["params_from"] === undefined
      ? existsSync(`${folder}/params.yaml`)
        ? ["params.yaml"]
        : []
      : [value["params_from"]].flat().map(String);
  paramFiles.forEach((file, i) => {
    const found = /\.(ya?ml|json)$/.test(file) ? readSource(folder, file, { params: true }) : undefined;
    const where = { where: source.placeOf(["params_from", ...(Array.isArray(value["params_from"]) ? [i] : [])], "value") };
    if (!found)
      errors.push(
        new CapstanError(
          "CAP-CONFIG-021",
          {
            file,
            problem: /\.(ya?ml|json)$/.test(file) ? "there is no such file" : "parameters are read from YAML and JSON",
            fix: "correct `params_from`",
          },
          where,
        ),
      );
    else {
      errors.push(...found.errors);
      warnings.push(...found.warnings);
      if (isPlain(found.value)) layers.add(found, "", { into: ["params"], keepNull: true });
      else if (found.errors.length === 0 && found.value !== null && found.value !== undefined)
        errors.push(
          new CapstanError(
            "CAP-CONFIG-021",
            { file, problem: "it is no map of parameters", fix: "write NAME: VALUE" },
            { where: { file, line: 1, column: 1 } },
          ),
        );
    }
  });
  addIncludes(folder, source, layers, errors);
  // A null is kept here: in a profile it means removal.
  layers.add(source, "", { keepNull: true });
  return layers;
}

const notIncluded = new Set<string>(["capstan", "project", "include", "profiles"]);
function addIncludes(folder: string, source: Source, layers: Layers, errors: CapstanError[]): void {
  const value = source.value as Plain;
  [value["include"] ?? []]
    .flat()
    .map(String)
    .forEach((file, i) => {
      const where = source.placeOf(["include", ...(Array.isArray(value["include"]) ? [i] : [])], "value");
      const included = readSource(folder, file);
      if (!included)
        return void errors.push(
          new CapstanError("CAP-CONFIG-021", { file, problem: "there is no such file to include", fix: "correct `include`" }, { where }),
        );
      errors.push(...included.errors);
      if (!isPlain(included.value)) return;
      for (const [key, section] of Object.entries(included.value)) {
        if (notIncluded.has(key))
          errors.push(
            new CapstanError(
              "CAP-CONFIG-021",
              { file, problem: `\`${key}\` stands in ${configFile} only`, fix: "move it there" },
              { where: included.placeOf([key], "key") },
            ),
          );
        for (const name of isPlain(section) ? Object.keys(section) : []) {
          const other =
            layers.originOf([key, name])?.key ??
            (isPlain(value[key]) && name in (value[key] as Plain) ? source.placeOf([key, name], "key") : undefined);
          if (key !== "params" && layers.get([key, name]) === undefined && !(isPlain(value[key]) && name in (value[key] as Plain)))
            continue;
          if (key !== "params" && other)
            errors.push(
              new CapstanError(
                "CAP-CONFIG-021",
                { file, problem: `\`${name}\` is defined at ${other.file}:${other.line}:${other.column}, too`, fix: "keep one of the two" },
                { where: included.placeOf([key, name], "key") },
              ),
            );
        }
      }
      layers.add(included, "");
    });
}

function addProfile(folder: string, name: string, layers: Layers, errors: CapstanError[]): void {
  const profiles = isPlain(layers.value["profiles"]) ? layers.value["profiles"] : {};
  const inside = profiles[name];
  const file = readSource(folder, `profiles/${name}.yaml`);
  if (inside === undefined && !file) {
    const guess = guessWord(name, Object.keys(profiles));
    errors.push(
      new CapstanError("CAP-CONFIG-015", {
        profile: name,
        problem: "there is none",
        hint: guess ? `: did you mean \`${guess}\`?` : "",
        fix: guess ? `write ${guess}` : "declare it in `profiles`, or as a file in profiles/",
      }),
    );
    return;
  }
  errors.push(...(file?.errors ?? []));
  const patch = inside ?? file?.value;
  const base: Path = inside === undefined ? [] : ["profiles", name];
  for (const key of profileForbids) {
    if (isPlain(patch) && key in patch)
      errors.push(
        new CapstanError(
          "CAP-CONFIG-015",
          { profile: name, problem: `it may not touch \`${key}\``, hint: "", fix: "remove the key from the profile" },
          { where: layers.originOf([...base, key])?.key },
        ),
      );
  }
  const origins = new Map<string, ReturnType<Layers["originOf"]>>();
  const by = `profile ${name}`;
  layers.merge(patch, (path) => {
    if (inside === undefined) return { by, key: file?.placeOf(path, "key"), value: file?.placeOf(path, "value") };
    const key = path.join("\u0000");
    const origin = origins.get(key) ?? layers.originOf([...base, ...path]);
    origins.set(key, origin);
    return { ...origin, by };
  });
}

/** What a run computes from: two files with equal answers lead to the same keys. */
const computationOf = (layers: Layers): string =>
  canonicalJson(["params", "data", "defaults", "steps"].map((key) => (layers.value[key] ?? null) as Json));

function sorted(errors: readonly CapstanError[]): CapstanError[] {
  const seen = new Set<string>();
  const place = (error: CapstanError): string =>
    `${error.where?.file ?? ""}:${String(error.where?.line ?? 0).padStart(8, "0")}:${String(error.where?.column ?? 0).padStart(6, "0")}`;
  return errors
    .filter((error) => {
      const key = `${error.code} ${error.message} ${place(error)}`;
      return seen.has(key) ? false : (seen.add(key), true);
    })
    .sort((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0))
    .slice(0, maxProblems);
}
