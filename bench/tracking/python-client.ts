import { spawn } from "node:child_process";
import { timed, root } from "../measure.ts";

/** Seconds of 1000 × `mlflow.log_metric` by the real client, `import` not counted. */
export async function pythonSeconds(python: string, url: string, folder: string): Promise<number> {
  const ended = await timed(python, [`${root}bench/limits/log-metrics.py`, url, "1000"], {
    env: { ...process.env, HOME: folder, MLFLOW_DISABLE_TELEMETRY: "true" },
    timeoutMs: 300_000,
  });
  if (ended.code !== 0) throw new Error(`the client ended with ${ended.code}: ${ended.stderr.slice(-500)}`);
  return (JSON.parse(ended.stdout) as { seconds: number }).seconds;
}

/** A server that answers what the client asks and does nothing: the client's own limit. */
export async function idleServer(): Promise<{ url: string; stop(): void }> {
  const child = spawn(process.execPath, [`${root}bench/limits/idle-server.ts`], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (line: Buffer) => resolve(line.toString().trim()));
    child.once("exit", () => reject(new Error("the server that does nothing has ended")));
  });
  return { url, stop: () => void child.kill() };
}
