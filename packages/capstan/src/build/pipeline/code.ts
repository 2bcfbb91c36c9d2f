import { existsSync, readFileSync, statSync } from "node:fs";
import { glob } from "node:fs/promises";
import { dirname, join, posix, relative } from "node:path";
import type { Command } from "./model.ts";

const scripts = /\.(ts|mts|cts|tsx|js|mjs|cjs|jsx|py|sh|bash|r|R|jl|sql|rb|pl)$/;
const javascript = /\.(ts|mts|cts|tsx|js|mjs|cjs|jsx)$/;

/** Files of code that a step uses, relative to the project folder, sorted: those named in its command and the local modules they import, or what its globs match. */
export async function codeFiles(
  folder: string,
  step: { command: Command; cwd: string; code: readonly string[] | null },
): Promise<string[]> {
  if (step.code !== null) {
    const found: string[] = [];
    for (const pattern of step.code)
      for await (const path of glob(pattern, { cwd: folder }))
        if (statSync(join(folder, path)).isFile()) found.push(path.replaceAll("\\", "/"));
    return [...new Set(found)].sort();
  }
  const named = wordsOf(step.command)
    .map((word) => posix.normalize(posix.join(step.cwd, word)))
    .filter((path) => scripts.test(path) && !path.startsWith("../") && !posix.isAbsolute(path) && isFile(join(folder, path)));
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const imported of importsOf(folder, path)) visit(imported);
  };
  for (const path of named) visit(path);
  return [...seen].sort();
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
const wordsOf = (command: Command): string[] =>
  ("argv" in command ? [...command.argv] : command.text.split(/[\s;&|<>()"'`=]+/)).filter(Boolean).map((word) => word.replace(/^\.\//, ""));

function importsOf(folder: string, path: string): string[] {
  if (javascript.test(path)) return scriptImports(folder, path);
  if (path.endsWith(".py")) return pythonImports(folder, path);
  if (/\.(sh|bash)$/.test(path)) return shellImports(folder, path);
  return [];
}

const specifiers = [
  /\bfrom\s*["']([^"'\n]+)["']/g,
  /\bimport\s*["']([^"'\n]+)["']/g,
  /\b(?:import|require)\s*\(\s*["']([^"'\n]+)["']\s*[,)]/g,
  /\bnew\s+URL\s*\(\s*["']([^"'\n]+)["']\s*,\s*import\.meta\.url/g,
];
const endings = ["", ".ts", ".js", ".mts", ".mjs", ".cts", ".cjs", ".tsx", ".jsx", ".json", "/index.ts", "/index.js"];

/** A simple scanner: what looks like an import and leads to a file of the project is one; packages belong to the environment. */
function scriptImports(folder: string, path: string): string[] {
  const text = readFileSync(join(folder, path), "utf8");
  const found: string[] = [];
  for (const pattern of specifiers) {
    for (const match of text.matchAll(pattern)) {
      const specifier = match[1] ?? "";
      if (!specifier.startsWith("./") && !specifier.startsWith("../")) continue;
      const base = posix.join(posix.dirname(path), specifier);
      const candidates = [...endings.map((ending) => base + ending), base.replace(/\.([mc]?)js$/, ".$1ts")];
      const file = candidates.find((one) => !one.startsWith("../") && isFile(join(folder, one)));
      if (file) found.push(posix.normalize(file));
    }
  }
  return found;
}

function pythonImports(folder: string, path: string): string[] {
  const text = readFileSync(join(folder, path), "utf8");
  const modules = [...text.matchAll(/^[ \t]*import[ \t]+([\w., \t]+)/gm)].flatMap((match) =>
    (match[1] ?? "").split(",").map((one) => one.trim().split(/\s/)[0] ?? ""),
  );
  for (const match of text.matchAll(/^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+\(?([\w., \t]+)/gm)) {
    const module = match[2] ?? "";
    modules.push(module);
    for (const name of (match[3] ?? "").split(",")) modules.push([module, name.trim().split(/\s/)[0]].filter(Boolean).join("."));
  }
  const own = posix.dirname(path);
  const found: string[] = [];
  for (const module of modules.filter(Boolean)) {
    const parts = module.split(".");
    for (const base of new Set([own, "."])) {
      // Importing a.b runs a/__init__ too.
      parts.forEach((_, i) => {
        const place = posix.join(base, ...parts.slice(0, i + 1));
        for (const file of [`${place}.py`, `${place}/__init__.py`])
          if (!file.startsWith("../") && isFile(join(folder, file))) found.push(file);
      });
    }
  }
  return found;
}

const shellImports = (folder: string, path: string): string[] =>
  [...readFileSync(join(folder, path), "utf8").matchAll(/^[ \t]*(?:\.|source)[ \t]+["']?(\.?\.?\/?[\w./-]+)["']?/gm)]
    .flatMap((match) => [posix.join(posix.dirname(path), match[1] ?? ""), posix.normalize(match[1] ?? "")])
    .filter((file) => !file.startsWith("../") && !posix.isAbsolute(file) && isFile(join(folder, file)));

/**
 * What package.json says about how scripts are read, and nothing else of it: the module type and the map of `#` imports.
 * Undefined when no script is JavaScript or there is no package.json upward.
 */
export function packageFacts(folder: string, files: readonly string[]): string | undefined {
  if (!files.some((file) => javascript.test(file))) return undefined;
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, "package.json");
    if (existsSync(path)) {
      try {
        const { type, imports } = JSON.parse(readFileSync(path, "utf8")) as { type?: unknown; imports?: unknown };
        return JSON.stringify({
          ...(type !== undefined && { type }),
          ...(imports !== undefined && relative(at, folder) === "" && { imports }),
        });
      } catch {
        return undefined;
      }
    }
    if (dirname(at) === at) return undefined;
  }
}
