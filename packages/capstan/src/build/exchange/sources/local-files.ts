import { createReadStream } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { safePath } from "../../tracking/rules.ts";
import type { Left, SourceFile } from "../model.ts";

/** A folder of this machine that a URI means; undefined for every other. */
export function localFolder(uri: string): string | undefined {
  if (uri.startsWith("/")) return uri;
  if (!/^file:/i.test(uri)) return undefined;
  try {
    return fileURLToPath(uri.replace(/^file:\/\/(localhost)?(?=\/)/i, "file://"));
  } catch {
    return undefined;
  }
}

export const within = (root: string, path: string): boolean => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);

/**
 * Every file below a folder. Links are never followed, and names that could mean another place are not taken: both are counted in `refused`.
 * Undefined when there is no such folder.
 */
export async function filesBelow(folder: string, refused: Map<string, number>): Promise<SourceFile[] | undefined> {
  const root = await realpath(folder).catch(() => undefined);
  if (root === undefined) return undefined;
  const files: SourceFile[] = [];
  const refuse = (why: string): void => void refused.set(why, (refused.get(why) ?? 0) + 1);
  const folders = [""];
  for (const inner of folders) {
    const entries = await readdir(join(root, inner), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = inner === "" ? entry.name : `${inner}/${entry.name}`;
      if (entry.isSymbolicLink()) refuse("it is a link");
      else if (entry.isDirectory()) folders.push(path);
      else if (!entry.isFile()) refuse("it is no plain file");
      else if (safePath(path) === undefined) refuse("its name could mean another place");
      else {
        const at = join(root, path);
        files.push({ path, sizeBytes: (await lstat(at)).size, keep: (blobs) => blobs.putFile(at) });
      }
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Lines of a file, some at a time; other work gets its turn in between. */
export async function* linesOf(path: string): AsyncGenerator<string[]> {
  let rest = "";
  for await (const piece of createReadStream(path, { encoding: "utf8", highWaterMark: 1 << 16 }) as AsyncIterable<string>) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    yield lines;
    await turn();
  }
  yield [rest];
}

export const leftOf = (refused: ReadonlyMap<string, number>): Left[] =>
  [...refused].map(([why, count]) => ({ what: "artifact files", count, why }));
