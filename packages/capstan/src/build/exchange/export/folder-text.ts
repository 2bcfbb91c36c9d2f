import { createHash } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Json } from "../../../base/foundation/canonical-json.ts";
import type { Points } from "../../tracking/points.ts";
import type { Artifact } from "../../tracking/model.ts";
import { safePath } from "../../tracking/rules.ts";
import type { ExportTask } from "./held.ts";

type Plain = string | number | null | { readonly [key: string]: string };

/** JSON's strings are YAML's; what a reader of YAML takes for no text is written as its number. */
const quoted = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** A `meta.yaml`: sorted keys, texts always quoted. */
export const metaText = (facts: Readonly<Record<string, Plain>>): string =>
  Object.entries(facts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => {
      if (value === null || typeof value === "number") return `${key}: ${value}\n`;
      if (typeof value === "string") return `${key}: ${quoted(value)}\n`;
      const inner = Object.entries(value).map(([name, text]) => `  ${quoted(name)}: ${quoted(text)}\n`);
      return inner.length === 0 ? `${key}: {}\n` : `${key}:\n${inner.join("")}`;
    })
    .join("");

/** Data on one line; a number with a power has a point and a sign, without which Python reads a text. */
export function dataText(data: Json): string {
  if (typeof data === "string") return quoted(data);
  if (typeof data === "number")
    return String(data).replace(/^(-?[0-9]+)(\.[0-9]+)?e/, (_, whole: string, part = ".0") => `${whole}${part}e`);
  if (Array.isArray(data)) return `[${(data as readonly Json[]).map(dataText).join(", ")}]`;
  if (typeof data !== "object" || data === null) return String(data ?? null);
  return `{${Object.entries(data)
    .flatMap(([key, value]) => (value === undefined ? [] : [`${quoted(key)}: ${dataText(value)}`]))
    .join(", ")}}`;
}

/** A text, or its pieces. */
type Text = string | Iterable<string>;

export async function put(folder: string, path: string, text: Text): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

/** The old one is gone for the moment between two renames; the same export again makes it whole. */
export async function replace(making: string, at: string): Promise<void> {
  await rm(at, { recursive: true, force: true });
  await mkdir(dirname(at), { recursive: true });
  await rename(making, at);
}

export async function putFiles({ store, tally }: ExportTask, folder: string, files: readonly Artifact[]): Promise<void> {
  for (const one of files) {
    await mkdir(dirname(join(folder, one.path)), { recursive: true });
    await store.blobs.checkout(one.digest, join(folder, one.path));
    tally.add("taken", "artifact files");
  }
}

export const locationOf = (root: string, ...parts: string[]): string => pathToFileURL(join(root, ...parts)).href;

/** One file a text, named by its key. Keys that are no paths, or are the folder of another key, are given to `leave`. */
export async function putTexts(folder: string, texts: ReadonlyMap<string, Text>, leave: (key: string) => void): Promise<void> {
  const keys = [...texts.keys()].sort();
  const folders = new Set(keys.flatMap((key) => key.split("/").map((_, i, parts) => parts.slice(0, i).join("/"))));
  for (const key of keys) {
    if (safePath(key) === undefined || folders.has(key)) leave(key);
    else await put(folder, key, texts.get(key) ?? "");
  }
}

const linesPerPiece = 4096;
/** One line a point, as MLflow's FileStore reads them; other work gets its turn between the pieces, which are written one by one. */
export function* curveText({ step, timeMs, value }: Points): Generator<string> {
  for (let at = 0; at < step.length;) {
    let text = "";
    for (const end = Math.min(step.length, at + linesPerPiece); at < end; at++)
      text += `${timeMs[at] ?? 0} ${pythonText(value[at] ?? 0)} ${step[at] ?? 0}\n`;
    yield text;
  }
}

export const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
export const pythonText = (value: number): string =>
  Number.isNaN(value) ? "nan" : value === Infinity ? "inf" : value === -Infinity ? "-inf" : String(value);
