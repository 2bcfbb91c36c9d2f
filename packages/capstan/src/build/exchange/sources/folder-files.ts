import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isMap, isScalar, isSeq, parseDocument } from "yaml";

/** Facts of a `meta.yaml`: texts, maps and null, whatever tags it holds. */
export type Facts = Record<string, unknown>;

/** Every plain word as it is written, but null: an id of digits, or one that another reader would take for a number, loses nothing. */
function valueOf(node: unknown): unknown {
  if (isMap(node)) return Object.fromEntries(node.items.map(({ key, value }) => [String(valueOf(key)), valueOf(value)]));
  if (isSeq(node)) return node.items.map(valueOf);
  if (!isScalar(node)) return null;
  return node.type === "PLAIN" && /^(null|~|)$/i.test(String(node.value)) ? null : String(node.value);
}

/** Undefined when it is not there or cannot be read as a map. */
export async function readFacts(folder: string, name = "meta.yaml"): Promise<Facts | undefined> {
  const text = await readFile(join(folder, name), "utf8").catch(() => undefined);
  const document = text === undefined ? undefined : parseDocument(text, { schema: "failsafe" });
  return document && document.errors.length === 0 && isMap(document.contents) ? (valueOf(document.contents) as Facts) : undefined;
}

/** Names of the folders in a folder; links are none. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((one) => one.isDirectory())
    .map((one) => one.name)
    .sort();
}

/** Texts by their paths below a folder, as params and tags are kept. Links are not followed. */
export async function textsBelow(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of await pathsBelow(folder)) found[path] = await readFile(join(folder, path), "utf8");
  return found;
}

export async function pathsBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const top = await lstat(folder).catch(() => undefined);
  if (!top?.isDirectory()) return found;
  const folders = [""];
  for (const inner of folders)
    for (const entry of await readdir(join(folder, inner), { withFileTypes: true })) {
      const path = inner === "" ? entry.name : `${inner}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) found.push(path);
    }
  return found.sort();
}
