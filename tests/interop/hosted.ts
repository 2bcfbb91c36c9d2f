import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export type Hosted = { url: string; port: number; kill(): Promise<void> };

/** Starts the tracking host over a folder and waits until it serves. `kill` is SIGKILL. */
export async function hostTracking(folder: string, port = 0): Promise<Hosted> {
  const child: ChildProcess = spawn(
    process.execPath,
    [fileURLToPath(new URL("./tracking-host.ts", import.meta.url)), folder, String(port)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const bound = await new Promise<number>((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (piece: Buffer) => {
      text += piece.toString();
      const match = /ready (\d+)/.exec(text);
      if (match) resolve(Number(match[1]));
    });
    child.once("exit", (code) => reject(new Error(`the host ended with ${code}`)));
  });
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}
