import { chmod, mkdir, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, posix, relative } from "node:path";
import { quietLibraries } from "../../base/foundation/environment.ts";
import { storageError } from "../../base/storage/folder-blobs.ts";
import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import { findUpward } from "../execution/capture-environment.ts";
import { fill } from "./config/variables.ts";
import type { Plain } from "./config/overlay.ts";
import { pickParams } from "./config/params.ts";
import { portVariable } from "./config/nodes.ts";
import type { ProjectFile } from "./config/project-file.ts";
import { packageFacts } from "./code.ts";
import type { Contents } from "./contents.ts";
import { listOf, packageRules } from "./facts.ts";
import type { StepNode } from "./model.ts";
import type { PlannedNode } from "./plan.ts";
import { linkedFolders, passedThrough, searchPath } from "./surroundings.ts";

/** A file was edited between being looked at and being copied: look again. */
export class EditedError extends Error {}

export type Box = {
  /** Holds the sandbox, parameters and notes of the attempt. */
  root: string;
  /** The project folder as the step sees it; the real one without a sandbox. */
  folder: string;
  environment: Record<string, string>;
  command: { text: string; shell: string } | { argv: readonly string[] };
};

/** A folder with the declared inputs, the code and the parameters in force, and nothing else of the project. */
export async function stage(
  deps: { contents: Contents; variables: Readonly<Record<string, string | undefined>> },
  file: ProjectFile,
  planned: PlannedNode,
  root: string,
): Promise<Box> {
  const { node, inputs, facts } = planned;
  const { contents } = deps;
  const folder = node.sandbox ? join(root, "box") : file.folder;
  try {
    await mkdir(join(folder, node.cwd), { recursive: true });
    await mkdir(root, { recursive: true });
    for (const input of inputs) {
      for (const piece of input?.pieces ?? []) {
        if (piece.source !== null && (await contents.put(piece.source)).digest !== piece.content.digest) throw new EditedError(piece.path);
        if (!node.sandbox && piece.source !== null) continue;
        // Without a sandbox nothing of the project is overwritten: what is not in the folder lies beside the attempt.
        await contents.checkout(piece.content, join(node.sandbox ? folder : root, piece.path));
      }
      // Kept, so that the same files can be laid out again without the folder.
      if (input?.input.source.kind === "glob") await contents.putText(listOf(input.pieces));
    }
    for (const code of facts.code) {
      if (code.path === packageRules) continue;
      if (planned.rebuilt) {
        await contents.checkout({ form: "file", digest: code.digest, sizeBytes: 0 }, join(folder, code.path));
        await chmod(join(folder, code.path), 0o755);
        continue;
      }
      const source = join(file.folder, code.path);
      const kept = await contents.put(source);
      if (kept.digest !== code.digest) throw new EditedError(code.path);
      if (!node.sandbox) continue;
      await contents.checkout(kept, join(folder, code.path));
      await chmod(join(folder, code.path), (await stat(source)).mode & 0o777);
    }
    // In the order of their names, as in the step key: files that differ in nothing else are one input.
    const params = JSON.parse(canonicalJson(pickParams(file.params, node.params) as Json)) as Plain;
    await writeFile(join(root, "params.json"), JSON.stringify(params));
    if (node.sandbox) {
      const reading = await packageRulesOf(contents, file.folder, planned);
      if (reading !== undefined) await writeFile(join(folder, "package.json"), reading, { flag: "wx" }).catch(ignoreExisting);
      if (node.params.length > 0)
        await writeFile(join(folder, "params.yaml"), await renderParams(params), { flag: "wx" }).catch(ignoreExisting);
      await linkEnvironments(file.folder, folder);
      for (const output of node.outputs)
        await mkdir(output.kind === "dir" ? join(folder, output.path) : dirname(join(folder, output.path)), { recursive: true });
    }
  } catch (error) {
    await rm(root, { recursive: true, force: true });
    throw storageError(error);
  }

  const placeOf = (path: string, source: string | null): string => join(node.sandbox ? folder : source === null ? root : file.folder, path);
  const places: Record<string, string> = {};
  for (const input of inputs)
    if (input) places[portVariable("in", input.input.name)] = placeOf(input.path, input.pieces[0]?.source ?? null);
  for (const output of node.outputs) places[portVariable("out", output.name)] = join(folder, output.path);
  return {
    root,
    folder,
    environment: {
      ...passedThrough(deps.variables, node.env.vars),
      PATH: searchPath(file.folder, deps.variables),
      ...quietLibraries,
      ...node.env.set,
      ...places,
      CAPSTAN_PARAMS: join(root, "params.json"),
    },
    command: commandIn(node, places),
  };
}

async function packageRulesOf(contents: Contents, folder: string, { facts, rebuilt }: PlannedNode): Promise<string | undefined> {
  const kept = facts.code.find((one) => one.path === packageRules);
  if (rebuilt) return kept && contents.text(kept.digest);
  const reading = packageFacts(
    folder,
    facts.code.map((one) => one.path),
  );
  if (reading !== undefined) await contents.putText(reading);
  return reading;
}

const commandIn = (node: StepNode, places: Readonly<Record<string, string>>): Box["command"] =>
  "argv" in node.command
    ? {
        argv: node.command.argv.map((part) =>
          fill(part, (variable) =>
            variable.kind === "in" || variable.kind === "out" ? places[portVariable(variable.kind, variable.name)] : undefined,
          ),
        ),
      }
    : node.command;

const ignoreExisting = (error: unknown): void => {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
};

/** Packages found upward are linked: the lock in the step key covers them. */
async function linkEnvironments(project: string, box: string): Promise<void> {
  for (const name of linkedFolders) {
    const found = await findUpward(project, [name]);
    if (found) await symlink(join(found.folder, name), join(box, name)).catch(ignoreExisting);
    // A workspace has packages at its root, too; a store elsewhere does not lie below it.
    const above = found && found.folder !== dirname(found.folder) ? await findUpward(dirname(found.folder), [name]) : undefined;
    if (above && relative(project, box).startsWith(".."))
      await symlink(join(above.folder, name), join(dirname(box), name)).catch(ignoreExisting);
  }
}

/** Written so that YAML 1.1 and 1.2 readers agree. */
const renderParams = async (params: object): Promise<string> =>
  (await import("yaml"))
    .stringify(params, { version: "1.1" })
    .replace(
      /(?<=[:-] )(-?\d+)(?:\.(\d+))?e([+-]?)(\d+)$/gm,
      (_, whole: string, part: string | undefined, sign: string, digits: string) =>
        `${whole}.${part ?? "0"}e${sign || "+"}${digits.padStart(2, "0")}`,
    );

/** Files that the step left besides its outputs and what it was given, at most `limit`. */
export async function strayFiles(box: string, given: ReadonlySet<string>, limit: number): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const item of await readdir(join(box, folder), { withFileTypes: true })) {
      if (found.length >= limit) return;
      const path = posix.join(folder, item.name);
      if (item.isDirectory() && !given.has(path) && item.name !== "__pycache__") await walk(path);
      else if (item.isFile() && !given.has(path)) found.push(path);
    }
  };
  await walk(".");
  return found.map((path) => posix.normalize(path)).sort();
}
