import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isMap, isScalar, isSeq, parseDocument } from "yaml";

/** Facts of a `meta.yaml`: texts, maps and null, whatever tags it holds. */
export type Facts = Record<string, unknown>;

/** What a word means that stands in no quotes. */
type Word = (text: string) => unknown;

/** Every plain word as it is written, but null: an id of digits, or one that another reader would take for a number, loses nothing. */
const asText: Word = (text) => (/^(null|~|)$/i.test(text) ? null : text);
/** As MLflow writes data: a text that looks like another value is in quotes, and a number with a power has a point. */
export const asData: Word = (text) => {
  if (/^(true|false)$/.test(text)) return text === "true";
  return /^-?([0-9]+|[0-9]+\.[0-9]*(e[-+][0-9]+)?)$/.test(text) ? Number(text) : asText(text);
};

function valueOf(node: unknown, word: Word): unknown {
  if (isMap(node)) return Object.fromEntries(node.items.map(({ key, value }) => [String(valueOf(key, word)), valueOf(value, word)]));
  if (isSeq(node)) return node.items.map((one) => valueOf(one, word));
  if (!isScalar(node)) return null;
  return node.type === "PLAIN" ? word(String(node.value)) : String(node.value);
}

/** Undefined when it is not there or cannot be read as a map. */
export async function readFacts(folder: string, name = "meta.yaml", word = asText): Promise<Facts | undefined> {
  const text = await readFile(join(folder, name), "utf8").catch(() => undefined);
  const document = text === undefined ? undefined : parseDocument(text, { schema: "failsafe" });
  return document && document.errors.length === 0 && isMap(document.contents) ? (valueOf(document.contents, word) as Facts) : undefined;
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

/** Size in bytes and time of change of each file below a folder, by its path. */
export async function statsBelow(folder: string): Promise<Record<string, [number, number]>> {
  const found: Record<string, [number, number]> = {};
  for (const path of await pathsBelow(folder)) {
    const { size, mtimeMs } = await lstat(join(folder, path));
    found[path] = [size, mtimeMs];
  }
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
