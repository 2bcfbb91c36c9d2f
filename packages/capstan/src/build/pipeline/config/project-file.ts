import type { ProjectConfig } from "@capstan/contract";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Graph } from "../model.ts";
import type { Layers, Plain } from "./overlay.ts";

/** capstan.yaml with all that is laid over it, checked as a whole. */
export type ProjectFile = {
  folder: string;
  /** Readable even when the rest is broken: the folder's name unless said. */
  project: string;
  server: string | null;
  config: ProjectConfig;
  params: Plain;
  graph: Graph;
  layers: Layers;
  /** False when `--set` or a profile makes it another computation than the plain files say. */
  plain: boolean;
  /** All that is wrong, by place; nothing may start while there is any. */
  errors: readonly CapstanError[];
  warnings: readonly CapstanError[];
};

/** Throws all errors as one: the first carries the others. */
export function sound(file: ProjectFile): ProjectFile {
  const [first, ...others] = file.errors;
  if (first) throw new CapstanError(first.code, first.params, { where: first.where, why: first.why, others });
  return file;
}
