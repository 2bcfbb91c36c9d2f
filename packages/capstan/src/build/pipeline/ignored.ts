import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Output } from "./model.ts";

const begin = "# >>> capstan: outputs of steps, made again by capstan run";
const end = "# <<< capstan";

/**
 * Keeps one marked block in the project's `.gitignore`: outputs that git would otherwise show as new. Metrics are small and may be committed, so they stay out of it;
 * so does what git ignores or tracks already. Outside a repository nothing is written. Gives whether the file was changed.
 */
export async function ignoreOutputs(folder: string, outputs: readonly Output[]): Promise<boolean> {
  const wanted = outputs.filter((output) => output.kind !== "metrics").map((output) => output.path);
  const path = join(folder, ".gitignore");
  const text = await readFile(path, "utf8").catch(() => "");
  const block = blockOf(text);
  const listed = new Set(block?.lines ?? []);
  const fresh = wanted.filter((one) => !listed.has(`/${one}`));
  const shown = fresh.length === 0 ? [] : await shownByGit(folder, fresh);
  if (shown === undefined) return false;
  const lines = wanted.filter((one) => listed.has(`/${one}`) || shown.includes(one)).map((one) => `/${one}`);
  if (lines.length === listed.size && lines.every((line) => listed.has(line))) return false;
  const made = lines.length === 0 ? "" : `${[begin, ...lines.toSorted(), end].join("\n")}\n`;
  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  await writeFile(path, block ? text.slice(0, block.start) + made + text.slice(block.end) : text + gap + made);
  return true;
}

function blockOf(text: string): { start: number; end: number; lines: string[] } | undefined {
  const start = text.indexOf(`${begin}\n`);
  const last = start < 0 ? -1 : text.indexOf(end, start);
  if (last < 0) return undefined;
  const after = last + end.length;
  return {
    start,
    end: text[after] === "\n" ? after + 1 : after,
    lines: text
      .slice(start + begin.length, last)
      .split("\n")
      .filter(Boolean),
  };
}

/** Those that git neither ignores nor tracks; undefined outside a repository. */
async function shownByGit(folder: string, paths: readonly string[]): Promise<string[] | undefined> {
  const tracked = await git(folder, "ls-files", "-z", "--", ...paths);
  if (tracked === undefined) return undefined;
  // Ends with 1 when it ignores none of them.
  const ignored = new Set(((await git(folder, "check-ignore", "--", ...paths)) ?? "").split("\n"));
  const files = tracked.split("\0").filter(Boolean);
  return paths.filter((path) => !ignored.has(path) && !files.some((file) => file === path || file.startsWith(`${path}/`)));
}

const git = (folder: string, ...args: string[]): Promise<string | undefined> =>
  new Promise((resolve) =>
    execFile(
      "git",
      ["--no-optional-locks", "-c", "core.quotePath=false", "-C", folder, ...args],
      { timeout: 10_000, maxBuffer: 16 << 20 },
      (error, stdout) => resolve(error ? undefined : stdout),
    ),
  );
