import { resolve } from "node:path";
import type { ProjectFile } from "./config/project-file.ts";
import type { Contents } from "./contents.ts";
import type { Taken } from "./facts.ts";
import { type LockedStep, readLock, renderLock, writeLock } from "./lock-file.ts";
import type { MadeOutput } from "./model.ts";

/** Outputs as they are in the store, where the folder does not have them so. */
export async function deliver(contents: Contents, file: ProjectFile, outputs: readonly MadeOutput[]): Promise<void> {
  for (const output of outputs) {
    const path = resolve(file.folder, output.path);
    if ((await contents.find(path))?.digest !== output.digest) await contents.checkout(output, path);
  }
}

/** False when capstan.lock says so already. */
export async function writeTheLock(file: ProjectFile, steps: ReadonlyMap<string, LockedStep>, taken: Taken): Promise<boolean> {
  const data = new Map([...taken].map(([ref, { content }]) => [ref.replace(/^data:/, "").replace(/@.*$/, ""), content.digest]));
  const keep = new Set([
    ...[...file.graph.nodes.keys()].filter((id) => !steps.has(id)),
    ...Object.keys(file.config.data ?? {}).map((name) => `data:${name}`),
  ]);
  return writeLock(file.folder, renderLock(data, steps, await readLock(file.folder), keep));
}
