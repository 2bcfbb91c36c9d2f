import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { AttemptExit } from "../execution/model.ts";
import type { StepNode } from "./model.ts";
import type { Told } from "./store.ts";

/** The last lines of a file, at most `bytes` of it; long lines are cut. */
export async function lastLines(path: string, lines: number, bytes = 64 << 10): Promise<string[]> {
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - bytes);
    const buffer = Buffer.alloc(size - from);
    await file.read(buffer, 0, buffer.length, from);
    const all = buffer.toString("utf8").split("\n");
    if (from > 0) all.shift();
    if (all.at(-1) === "") all.pop();
    return all.slice(-lines).map((line) => (line.length > 1000 ? `${line.slice(0, 1000)} …` : line));
  } finally {
    await file.close();
  }
}

/** Why a step that ended otherwise than well failed, as far as its exit and its last lines tell. */
export function failureOf(
  node: Pick<StepNode, "id" | "commandText" | "timeoutMs"> & { sandbox: boolean },
  exit: AttemptExit,
  lines: readonly string[],
  where: { box: string; project: string; variables: Readonly<Record<string, string | undefined>>; seen: Readonly<Record<string, string>> },
): CapstanError {
  const says = lines.at(-1);
  const more = { why: [says && `it says: ${says}`, heldBack(lines, where)].filter(Boolean).join(". ") || undefined };
  if (exit.timedOut) return new CapstanError("CAP-RUN-008", { step: node.id, limit: seconds(node.timeoutMs ?? 0) }, more);
  const hidden = node.sandbox ? hiddenFile(lines, where) : undefined;
  if (hidden !== undefined)
    return new CapstanError(
      "CAP-RUN-006",
      { step: node.id, path: hidden },
      { why: "its result would not follow that file, so the sandbox hides it" },
    );
  if (exit.signal === "SIGKILL")
    return new CapstanError(
      "CAP-RUN-007",
      { step: node.id, peak: exit.peakBytes === null ? "an unknown size" : `${(exit.peakBytes / 1e9).toFixed(1)} GB` },
      more,
    );
  return new CapstanError(
    "CAP-RUN-003",
    {
      step: node.id,
      how: exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`,
      what: /(\S+\.(?:py|ts|js|mjs|sh|R|jl))\b/.exec(node.commandText)?.[1] ?? "the step",
    },
    more,
  );
}

const seconds = (ms: number): string => (ms < 60_000 ? `${ms / 1000} s` : `${Math.round(ms / 6000) / 10} min`);

/** A file of the project that the step looked for in its sandbox and did not find, if its last lines say so. */
function hiddenFile(lines: readonly string[], { box, project }: { box: string; project: string }): string | undefined {
  for (const line of lines.slice(-40)) {
    if (!/ENOENT|no such file|not found|cannot open|can't open|does not exist|No files found/i.test(line)) continue;
    for (const match of line.matchAll(/["'`]([^"'`]+)["'`]|(\S+)/g)) {
      const word = (match[1] ?? match[2] ?? "").replace(/[:,;]+$/, "");
      const path = isAbsolute(word) ? relative(box, word) : word.replace(/^\.\//, "");
      if (path === "" || path.startsWith("..") || isAbsolute(path) || !/[./]/.test(path)) continue;
      if (existsSync(join(project, path)) && !existsSync(join(box, path))) return path;
    }
  }
  return undefined;
}

/** A variable that the step names and that was held back from it. */
function heldBack(
  lines: readonly string[],
  { variables, seen }: { variables: Readonly<Record<string, string | undefined>>; seen: Readonly<Record<string, string>> },
): string | undefined {
  const text = lines.slice(-40).join("\n");
  const name = Object.keys(variables).find(
    (one) =>
      /^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/.test(one) &&
      seen[one] === undefined &&
      !one.startsWith("CAPSTAN_") &&
      new RegExp(`\\b${one}\\b`).test(text),
  );
  return name === undefined ? undefined : `the variable ${name} is not given to steps: name it in \`env.vars\``;
}

export const told = (error: CapstanError, lines: readonly string[] = []): Told => ({
  code: error.code,
  message: error.message,
  do: error.remedy,
  lines: [...(error.why === undefined ? [] : [error.why]), ...lines],
});
