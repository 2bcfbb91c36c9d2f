import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { delimiter, dirname, join } from "node:path";
import { quietLibraries } from "../../../base/foundation/environment.ts";

export type Client = {
  /** Resolves with the last JSON line when it has ended with 0; rejects with what it said otherwise. */
  readonly ended: Promise<Record<string, unknown>>;
  stop(): void;
};

/** Starts one of the example's own programs, on the Node that runs us, and reads its JSON lines. */
export function startClient(
  folder: string,
  [script, ...declared]: readonly [script: string, ...args: string[]],
  args: readonly string[],
  options: { token?: string; onLine?: (line: Record<string, unknown>) => void; signal?: AbortSignal } = {},
): Client {
  const child = spawn(process.execPath, [script, ...declared, ...args], {
    cwd: folder,
    env: {
      PATH: [dirname(process.execPath), join(folder, "../../node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter),
      HOME: process.env["HOME"] ?? "",
      ...quietLibraries,
      ...(options.token !== undefined && { CAPSTAN_TOKEN: options.token }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let last: Record<string, unknown> = {};
  let said = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    try {
      last = JSON.parse(line) as Record<string, unknown>;
      options.onLine?.(last);
    } catch {
      said = line;
    }
  });
  child.stderr.on("data", (piece: Buffer) => (said = (said + piece.toString()).slice(-2000)));
  const stop = (): void => void child.kill("SIGTERM");
  options.signal?.addEventListener("abort", stop, { once: true });
  const ended = new Promise<Record<string, unknown>>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      options.signal?.removeEventListener("abort", stop);
      if (code === 0 || signal === "SIGTERM") resolve(last);
      else reject(new Error(`${script} ended with ${code ?? signal}: ${said.trim()}`));
    });
  });
  ended.catch(() => undefined);
  return { ended, stop };
}
