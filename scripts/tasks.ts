import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const bin = (name: string): string => `${root}node_modules/.bin/${name}`;

/** Runs one tool to its end, its output passed on. */
export function run(
  file: string,
  args: readonly string[],
  options: { cwd?: string; quiet?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: options.cwd ?? root,
      stdio: options.quiet ? ["ignore", "ignore", "inherit"] : "inherit",
      env: options.env ?? process.env,
    });
    child.on("error", () => resolve(127));
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
