import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { declaredData } from "@capstan/contract";
import { sha256 } from "../../../base/foundation/hashing.ts";
import type { Graph } from "../model.ts";
import { Layers, type Plain } from "./overlay.ts";
import type { ProjectFile } from "./project-file.ts";

export type ProjectFileCacheOptions = {
  folder: string;
  /** A file that keeps the last sound one for the next process of the same program, whoever could write it. */
  kept?: { path: string; program: string };
};

/** What makes a project file out of date: the bytes of its parts (null: not there), and paths that must be there. */
type Basis = { parts: Readonly<Record<string, string | null>>; needs: readonly string[] };
type Kept = Basis & { program: string; folder: string; file: KeptFile };
type KeptFile = Omit<ProjectFile, "folder" | "graph" | "layers" | "errors" | "warnings"> & {
  graph: {
    nodes: readonly (readonly [string, unknown])[];
    order: readonly string[];
    needs: readonly (readonly [string, readonly string[]])[];
  };
  layers: ReturnType<Layers["toJSON"]>;
};

/** A file changed in the same tick of the file system's clock could look as it did before. */
const tickMs = 50;

/** The plain project file of one folder, made again only when one of the files that it consists of has changed. Not to be altered by who gets it. */
export function createProjectFileCache({ folder, kept: place }: ProjectFileCacheOptions): () => Promise<ProjectFile> {
  let kept: { file: ProjectFile; parts: readonly string[]; stamp: string } | undefined;
  const stampOf = (parts: readonly string[]): string =>
    parts
      .map((part) => {
        const found = statSync(resolve(folder, part), { bigint: true, throwIfNoEntry: false });
        return found ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : "none";
      })
      .join("\n");
  const youngest = (parts: readonly string[]): number =>
    Math.max(0, ...parts.map((part) => statSync(resolve(folder, part), { throwIfNoEntry: false })?.ctimeMs ?? 0));
  const keep = (file: ProjectFile, startedMs: number): void => {
    const parts = partsOf(file.layers.value);
    // What is wrong may be mended elsewhere: a missing file appears without a change here.
    if (file.errors.length === 0 && youngest(parts) < startedMs - tickMs) kept = { file, parts, stamp: stampOf(parts) };
  };

  return async () => {
    if (kept && stampOf(kept.parts) === kept.stamp) return kept.file;
    kept = undefined;
    const startedMs = Date.now();
    const found = place && findKept(place.path, place.program, folder);
    if (found) {
      keep(found, startedMs);
      return found;
    }
    const { readProjectFile } = await import("./read-project-file.ts");
    const file = readProjectFile({ folder });
    keep(file, startedMs);
    // Warnings are said from the text itself.
    if (place && kept && file.warnings.length === 0) writeKept(place.path, place.program, file);
    return file;
  };
}

function partsOf(value: Plain): string[] {
  const named = (key: string): string[] => [value[key] ?? []].flat().map(String);
  return ["capstan.yaml", "params.yaml", ...named("include"), ...named("params_from")];
}

function digestOfPart(path: string): string | null {
  try {
    return sha256(readFileSync(path));
  } catch {
    return null;
  }
}

/** None when anything is otherwise than it was, or the file cannot be understood: it is made from the text again. */
function findKept(path: string, program: string, folder: string): ProjectFile | undefined {
  try {
    const found = JSON.parse(readFileSync(path, "utf8")) as Kept;
    if (found.program !== program || found.folder !== folder) return undefined;
    if (Object.entries(found.parts).some(([part, digest]) => digestOfPart(resolve(folder, part)) !== digest)) return undefined;
    if (found.needs.some((needed) => !existsSync(resolve(folder, needed)))) return undefined;
    const { graph, layers, ...file } = found.file;
    return {
      ...file,
      folder,
      graph: { nodes: new Map(graph.nodes as [string, never][]), order: graph.order, needs: new Map(graph.needs) },
      layers: Layers.of(layers),
      errors: [],
      warnings: [],
    };
  } catch {
    return undefined;
  }
}

/** Paths whose absence is said to be wrong. */
const inputPaths = ({ data }: ProjectFile["config"], { nodes }: Graph): string[] => [
  ...[...nodes.values()].flatMap((node) => node.inputs.flatMap(({ source }) => (source.kind === "path" ? [source.path] : []))),
  ...Object.values(data ?? {}).flatMap((one) => declaredData(one).path ?? []),
];

/** JSON would turn the infinities of YAML into null. */
function onlyExact(_key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError("no number of JSON");
  return value;
}

function writeKept(path: string, program: string, { folder, graph, errors: _errors, warnings: _warnings, ...file }: ProjectFile): void {
  const kept: Kept = {
    program,
    folder,
    parts: Object.fromEntries(partsOf(file.layers.value).map((part) => [part, digestOfPart(resolve(folder, part))])),
    needs: inputPaths(file.config, graph).filter((needed) => existsSync(resolve(folder, needed))),
    file: {
      ...file,
      layers: file.layers.toJSON(),
      graph: { nodes: [...graph.nodes], order: graph.order, needs: [...graph.needs] },
    },
  };
  try {
    const draft = `${path}.${process.pid}.tmp`;
    writeFileSync(draft, JSON.stringify(kept, onlyExact));
    renameSync(draft, path);
  } catch {
    // A cache that cannot be written is no failure: the text is read again.
  }
}
