import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join, posix } from "node:path";
import { codeFiles } from "../../../build/pipeline/code.ts";

/** A path that a script names, and why it is believed to be read or written. */
export type Use = {
  path: string;
  line: number;
  writes: boolean;
  /** When it is no literal in the place where it is used. */ guess: string | null;
};
export type Script = { file: string; step: string; command: string; uses: Use[]; text: string };
export type Scan = {
  steps: Script[];
  leftOut: { script: string; why: string }[];
  /** Sentences on what is no more than likely. */
  guessed: string[];
  scripts: number;
};

const commands: Readonly<Record<string, string>> = {
  ".py": "python3",
  ".ts": "node",
  ".mts": "node",
  ".js": "node",
  ".mjs": "node",
  ".cjs": "node",
  ".sh": "sh",
  ".R": "Rscript",
  ".r": "Rscript",
};
const places = [".", "src", "scripts"];
const endings =
  "csv|tsv|parquet|feather|arrow|jsonl?|ndjson|txt|npy|npz|pkl|pickle|joblib|onnx|pt|pth|h5|keras|bin|model|png|svg|html|xlsx|db|sqlite|duckdb|zip|gz";
/** Shell words need no quotes. */
const quotedPath = new RegExp(`(["'\`])((?:\\./)?[\\w@][\\w@./ -]*\\.(?:${endings}))\\1`, "g");
const shellPath = new RegExp(`()(?<![\\w./$-])((?:\\./)?[\\w@][\\w@./-]*\\.(?:${endings}))(?![\\w./])`, "g");
const writing =
  /\b(write\w*|save\w*|dump\w*|to_\w+|toFile|createWriteStream|append\w*|export\w*|tee|touch|cp)\b|>>?\s*["']?$|\bto\s*\(?\s*["']?$|\b(-o|--out(put)?)[ =]*$/gi;
const reading = /\b(read\w*|load\w*|open|scan\w*|createReadStream|parse\w*|from|source|cat|sort|head|sed)\b|<\s*$/gi;
const constant = /^\s*(?:export\s+)?(?:const\s+|let\s+|var\s+)?([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*["'`][^"'`]+["'`];?\s*(?:#.*|\/\/.*)?$/;

/** What a folder's scripts seem to do, from the paths that they name. Nothing is run. */
export async function scanFolder(folder: string): Promise<Scan> {
  const files = places.flatMap((place) =>
    existsSync(join(folder, place))
      ? readdirSync(join(folder, place), { withFileTypes: true })
          .filter(
            (item) =>
              item.isFile() && commands[extname(item.name)] !== undefined && !/\.(test|spec|config|d)\.|^(test_|setup\.)/.test(item.name),
          )
          .map((item) => posix.join(place, item.name))
      : [],
  );
  const imported = new Set<string>();
  for (const file of files) {
    const command = { argv: [file] };
    for (const other of await codeFiles(folder, { command, cwd: ".", code: null })) if (other !== file) imported.add(other);
  }
  const scripts = files.map((file): Script => {
    const text = readFileSync(join(folder, file), "utf8");
    return { file, step: stepName(file), command: `${interpreter(file, text)} ${file}`, uses: usesOf(folder, file, text), text };
  });
  const leftOut: Scan["leftOut"] = [];
  const steps = scripts.filter((one) => {
    const writes = one.uses.some((use) => use.writes);
    if (!writes && !imported.has(one.file)) leftOut.push({ script: one.file, why: "nothing that it writes was found" });
    return writes;
  });
  const guessed = steps.flatMap((one) => one.uses.flatMap((use) => (use.guess === null ? [] : [`${one.file}:${use.line} ${use.guess}`])));
  return { steps: inOrder(steps), leftOut, guessed, scripts: files.length };
}

const stepName = (file: string): string =>
  basename(file, extname(file))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "") || "step";

const interpreter = (file: string, text: string): string => (/^#!.*\bbash\b/.test(text) ? "bash" : (commands[extname(file)] ?? "sh"));

function usesOf(folder: string, file: string, text: string): Use[] {
  const lines = text.split("\n");
  const found = new Map<string, Use>();
  const add = (use: Use): void => {
    const known = found.get(use.path);
    // What is written first may be read again: it is the script's own.
    if (!known || (!known.writes && use.writes)) found.set(use.path, use);
  };
  const pattern = extname(file) === ".sh" ? shellPath : quotedPath;
  lines.forEach((line, i) => {
    if (/^\s*(#|\/\/)/.test(line)) return;
    for (const match of line.matchAll(pattern)) {
      const path = posix.normalize(match[2] ?? "");
      if (path.startsWith("../") || /(^|\/)(params|package)\.\w+$/.test(path)) continue;
      const name = constant.exec(line)?.[1];
      const at = name === undefined ? undefined : usedIn(lines, name, i);
      if (name !== undefined && at !== undefined) {
        const writes = isWritten(lines[at.line] ?? "", at.column, at.column + name.length) ?? !existsSync(join(folder, path));
        add({ path, line: at.line + 1, writes, guess: `${writes ? "writes" : "reads"} ${name}, set in line ${i + 1}` });
        continue;
      }
      const start = match.index;
      const written = isWritten(line, start, start + match[0].length);
      if (written !== undefined) add({ path, line: i + 1, writes: written, guess: null });
      else {
        const writes = !existsSync(join(folder, path));
        add({
          path,
          line: i + 1,
          writes,
          guess: `names ${path}, ${writes ? "which is not there: taken as written" : "which is there: taken as read"}`,
        });
      }
    }
  });
  return [...found.values()];
}

function usedIn(lines: readonly string[], name: string, definedAt: number): { line: number; column: number } | undefined {
  for (let line = definedAt + 1; line < lines.length; line++) {
    const column = (lines[line] ?? "").search(new RegExp(`\\b${name}\\b`));
    if (column >= 0) return { line, column };
  }
  return undefined;
}

/** By the word that stands nearest before it; undefined when none says. */
function isWritten(line: string, start: number, end: number): boolean | undefined {
  const before = line.slice(0, start);
  const last = (words: RegExp): number => [...before.matchAll(words)].at(-1)?.index ?? -1;
  const [write, read] = [last(writing), last(reading)];
  if (write < 0 && read < 0) return undefined;
  if (read > write && /\bopen\s*\($/.test(before)) return /^\s*,\s*(mode\s*=\s*)?["'][wax]/.test(line.slice(end));
  return write > read;
}

/** Writers before readers, else by name. */
function inOrder(steps: readonly Script[]): Script[] {
  const writers = new Map(steps.flatMap((one) => one.uses.filter((use) => use.writes).map((use) => [use.path, one] as const)));
  const ordered: Script[] = [];
  const visit = (one: Script, above: readonly Script[]): void => {
    if (ordered.includes(one) || above.includes(one)) return;
    for (const use of one.uses) {
      const writer = use.writes ? undefined : writers.get(use.path);
      if (writer) visit(writer, [...above, one]);
    }
    ordered.push(one);
  };
  for (const one of steps) visit(one, []);
  return ordered;
}

/** A folder's own name for a path: `work/train.parquet` is `train`. */
export const nameOf = (path: string): string =>
  basename(path)
    .replace(/\..*$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "") ||
  basename(dirname(path)).replace(/[^a-z0-9]+/gi, "_") ||
  "file";
