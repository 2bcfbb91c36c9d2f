import { statSync } from "node:fs";
import { join } from "node:path";
import { type ProjectFile, readProjectFile } from "./project-file.ts";

/** A file changed in the same tick of the file system's clock could look as it did before. */
const tickMs = 50;

/** The plain project file of one folder, made again only when one of the files that it consists of has changed. Not to be altered by who gets it. */
export function createProjectFileCache(folder: string): () => ProjectFile {
  let kept: { file: ProjectFile; parts: readonly string[]; stamp: string } | undefined;
  const stampOf = (parts: readonly string[]): string =>
    parts
      .map((part) => {
        const found = statSync(join(folder, part), { bigint: true, throwIfNoEntry: false });
        return found ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : "none";
      })
      .join("\n");
  const youngest = (parts: readonly string[]): number =>
    Math.max(0, ...parts.map((part) => statSync(join(folder, part), { throwIfNoEntry: false })?.ctimeMs ?? 0));

  return () => {
    if (kept && stampOf(kept.parts) === kept.stamp) return kept.file;
    kept = undefined;
    const startedMs = Date.now();
    const file = readProjectFile({ folder });
    const named = (key: string): string[] => [file.layers.value[key] ?? []].flat().map(String);
    const parts = ["capstan.yaml", "params.yaml", ...named("include"), ...named("params_from")];
    // What is wrong may be mended elsewhere: a missing file appears without a change here.
    if (file.errors.length === 0 && youngest(parts) < startedMs - tickMs) kept = { file, parts, stamp: stampOf(parts) };
    return file;
  };
}
