import { glob } from "node:fs/promises";
import { basename, extname, join, posix, relative, resolve } from "node:path";
import { declaredData } from "@capstan/contract";
import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { sha256 } from "../../base/foundation/hashing.ts";
import type { DataService } from "../data/model.ts";
import { nodesOf, type TreeEntry } from "../data/tree-rules.ts";
import { findUpward, lockFiles, platformName } from "../execution/capture-environment.ts";
import { flatParams, pickParams } from "./config/params.ts";
import type { ProjectFile } from "./config/project-file.ts";
import { codeFiles, packageFacts } from "./code.ts";
import type { Contents } from "./contents.ts";
import type { Content, Input, MadeOutput, StepFacts, StepNode } from "./model.ts";
import { interpreterOf, searchPath } from "./surroundings.ts";

/** Bytes that a sandbox gets: where, what, and the file in the project folder they come from, when they do. */
export type Piece = { path: string; content: Content; source: string | null };
export type KnownInput = {
  input: Input;
  /** What `CAPSTAN_IN_…` names, relative to the sandbox. */ path: string;
  content: Content;
  pieces: readonly Piece[];
  /** Lineage node, when it is more than bytes. */ node: string | null;
};

/** Under this name what package.json says about reading scripts stands among the code. */
export const packageRules = "package.json: type, imports";

export type FactsDeps = { contents: Contents; data: DataService | undefined; variables: Readonly<Record<string, string | undefined>> };
export type Taken = ReadonlyMap<string, { content: Content; node: string }>;
export type ResultOf = (step: string) => readonly MadeOutput[] | undefined;

/** Inputs of a node that are known now; null for those that a step ahead has yet to make. */
export async function inputsOf(
  deps: FactsDeps,
  file: ProjectFile,
  node: StepNode,
  resultOf: ResultOf,
  taken: Taken,
): Promise<(KnownInput | null)[]> {
  return Promise.all(node.inputs.map((input) => inputOf(deps, file, node, input, resultOf, taken)));
}

async function inputOf(
  { contents, data }: FactsDeps,
  file: ProjectFile,
  node: StepNode,
  input: Input,
  resultOf: ResultOf,
  taken: Taken,
): Promise<KnownInput | null> {
  const { source } = input;
  const one = (path: string, content: Content, from: string | null, lineage: string | null): KnownInput => ({
    input,
    path,
    content,
    pieces: [{ path, content, source: from }],
    node: lineage,
  });
  const missing = (path: string): CapstanError => new CapstanError("CAP-CONFIG-013", { path, hint: "" }, { where: input.place });
  switch (source.kind) {
    case "output": {
      const made = resultOf(source.step)?.find((output) => output.name === source.output);
      return made ? one(made.path, contentOf(made), null, null) : null;
    }
    case "outputs": {
      const made = source.of.map((one_) => resultOf(one_.step)?.find((output) => output.name === one_.output));
      if (made.some((output) => output === undefined)) return null;
      const folder = `.capstan-in/${input.name}`;
      const pieces = made.flatMap((output) =>
        output ? [{ path: `${folder}/${posix.basename(output.path)}`, content: contentOf(output), source: null }] : [],
      );
      const entries = pieces.map((piece): TreeEntry => ({
        name: posix.basename(piece.path),
        kind: piece.content.form === "tree" ? "tree" : "file",
        sizeBytes: piece.content.sizeBytes,
        digest: piece.content.digest,
      }));
      return {
        input,
        path: folder,
        content: {
          form: "tree",
          digest: nodesOf(entries).at(-1)?.digest ?? "",
          sizeBytes: entries.reduce((sum, entry) => sum + entry.sizeBytes, 0),
        },
        pieces,
        node: null,
      };
    }
    case "data": {
      const declared = declaredData(file.config.data?.[source.name] ?? {});
      const path = dataPath(file.folder, source.name, declared.path);
      const known = taken.get(input.text);
      if (known) return one(path, known.content, null, known.node);
      if (source.version !== null || declared.path === undefined) {
        const version = await data?.find(file.project, source.name, source.version ?? "latest");
        if (!version)
          throw new CapstanError("CAP-NOT-FOUND-001", { noun: "dataset version", name: `${source.name}@${source.version ?? "latest"}` });
        return one(
          path,
          { form: version.form, digest: version.digest, sizeBytes: version.sizeBytes },
          null,
          `data:${source.name}@v${version.number}`,
        );
      }
      const content = await contents.find(resolve(file.folder, declared.path));
      if (!content) throw missing(declared.path);
      return one(path, content, resolve(file.folder, declared.path), null);
    }
    case "path": {
      const full = join(file.folder, source.path);
      const content = await contents.find(full);
      // Made by a step into whose folder it leads, or yet to come.
      if (!content) {
        if (file.graph.needs.get(node.id)?.some((needed) => resultOf(needed) === undefined)) return null;
        throw missing(source.path);
      }
      return one(source.path, content, full, null);
    }
    case "glob": {
      const found: string[] = [];
      for await (const path of glob(source.pattern, { cwd: file.folder })) found.push(path.replaceAll("\\", "/"));
      if (found.length === 0) {
        if (file.graph.needs.get(node.id)?.some((needed) => resultOf(needed) === undefined)) return null;
        throw missing(source.pattern);
      }
      const pieces = (
        await Promise.all(
          found
            .sort()
            .map(async (path) => ({ path, content: await contents.find(join(file.folder, path)), source: join(file.folder, path) })),
        )
      ).flatMap((piece) => (piece.content ? [{ ...piece, content: piece.content }] : []));
      const digest = sha256(listOf(pieces));
      return {
        input,
        path: source.pattern.split(/[*?[{]/)[0]?.replace(/\/?[^/]*$/, "") || ".",
        content: { form: "tree", digest, sizeBytes: pieces.reduce((sum, piece) => sum + piece.content.sizeBytes, 0) },
        pieces,
        node: null,
      };
    }
  }
}

/** The text whose digest stands for what a glob matched. */
export const listOf = (pieces: readonly Piece[]): string => canonicalJson(pieces.map((piece) => [piece.path, piece.content.digest]));

const contentOf = ({ form, digest, sizeBytes }: MadeOutput): Content => ({ form, digest, sizeBytes });

/** Data inside the project folder stand where they stood; others in a folder of their own, so that no machine's path enters a key. */
function dataPath(folder: string, name: string, path: string | undefined): string {
  const inside = path === undefined ? undefined : relative(folder, resolve(folder, path)).replaceAll("\\", "/");
  return inside !== undefined && inside !== "" && !inside.startsWith("../") && inside !== ".."
    ? inside
    : `.capstan-in/${name}/${path === undefined ? name : basename(path)}`;
}

/** Everything that decides the node's result. Inputs that are not known yet have an empty digest. */
export async function factsOf(
  { contents, variables }: FactsDeps,
  file: ProjectFile,
  node: StepNode,
  inputs: readonly (KnownInput | null)[],
): Promise<StepFacts> {
  const { folder } = file;
  const files = await codeFiles(folder, node);
  const code = await Promise.all(files.map(async (path) => ({ path, digest: (await contents.find(join(folder, path)))?.digest ?? "" })));
  const reading = packageFacts(folder, files);
  if (reading !== undefined) code.push({ path: packageRules, digest: sha256(reading) });
  return {
    command: JSON.stringify(node.command),
    cwd: node.cwd,
    inputs: node.inputs.map((input, i) => {
      const known = inputs[i];
      return {
        name: input.name,
        path: known?.path ?? "",
        form: known?.content.form ?? "file",
        digest: known?.content.digest ?? "",
        from: fromOf(input),
      };
    }),
    params: flatParams(pickParams(file.params, node.params)).map(([name, value]) => [name, canonicalJson(value as Json)] as const),
    code,
    env: {
      ...(await surroundingsOf({ contents, variables }, folder, node, files)),
      vars: Object.entries({ ...Object.fromEntries(node.env.vars.map((name) => [name, variables[name] ?? ""])), ...node.env.set }).sort(
        ([a], [b]) => (a < b ? -1 : 1),
      ),
    },
    outputs: node.outputs,
    network: node.network,
    salt: node.salt,
  };
}

/** What a step finds around it here and now. */
export const surroundingsOf = async (
  { contents, variables }: Pick<FactsDeps, "contents" | "variables">,
  folder: string,
  node: StepNode,
  files: readonly string[],
): Promise<Omit<StepFacts["env"], "vars">> => ({
  lock: await lockOf(contents, folder, node, files),
  interpreter: await interpreterOf(node.command, searchPath(folder, variables)),
  platform: platformName(),
});

const fromOf = ({ source, text }: Input): string => {
  if (source.kind === "output") return `step:${source.step}.${source.output}`;
  if (source.kind === "outputs") return `step:${source.of[0]?.step.split("@")[0] ?? ""}.${source.of[0]?.output ?? ""}`;
  return source.kind === "data" ? text : `file:${text}`;
};

const locksOf: Readonly<Record<string, readonly string[]>> = {
  js: ["package-lock.json", "pnpm-lock.yaml", "yarn.lock"],
  py: ["uv.lock", "poetry.lock", "conda-lock.yml"],
  r: ["renv.lock"],
};

async function lockOf(contents: Contents, folder: string, node: StepNode, files: readonly string[]): Promise<StepFacts["env"]["lock"]> {
  if (node.env.lock !== null) {
    // Named from the project folder, or found upward by its name: a workspace has one lock at its root.
    const direct = await contents.find(resolve(folder, node.env.lock));
    if (direct) return { file: node.env.lock, digest: direct.digest };
  }
  const language = files
    .map((file) => extname(file).toLowerCase())
    .map((ending) => (/^\.[mc]?[tj]sx?$/.test(ending) ? "js" : ending === ".py" ? "py" : ending === ".r" ? "r" : undefined))
    .find((one) => one !== undefined);
  const names = node.env.lock !== null ? [basename(node.env.lock)] : language ? (locksOf[language] ?? lockFiles) : lockFiles;
  const found = await findUpward(folder, names);
  const content = found && (await contents.find(join(found.folder, found.name)));
  if (!content || !found) {
    if (node.env.lock !== null) throw new CapstanError("CAP-CONFIG-013", { path: node.env.lock, hint: "" }, { where: node.place });
    return null;
  }
  return { file: found.name, digest: content.digest };
}
