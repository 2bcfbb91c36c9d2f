import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { timed } from "./measure.ts";

/** A real MLflow server on a SQLite store in a folder. `python` is of an environment that has mlflow: `--mlflow PYTHON`, or MLFLOW_PYTHON. */
export type PeerServer = {
  url: string;
  /** From the start of the program to the first answer of /health. */
  readyMs: number;
  /** Resident memory of all its processes. */
  residentMb(): number;
  stop(): Promise<void>;
};

export const noPeer = "MLflow is not given: --mlflow PYTHON, the python of an environment that has it";
/** With which numbers of workers MLflow is measured: one is its best for most, four its default. */
export const workerCounts = [1, 4] as const;

export async function peerVersion(python: string): Promise<string> {
  const ended = await timed(python, ["-c", "import importlib.metadata as m; print(m.version('mlflow'))"]);
  if (ended.code !== 0) throw new Error(`${python} has no mlflow: ${ended.stderr.slice(-300)}`);
  return ended.stdout.trim();
}

/** The store's file in the folder; a second server may be started on the folder when the first has ended. */
export const peerDatabase = (folder: string): string => join(folder, "mlflow.db");

export async function startPeer(python: string, folder: string, workers: number): Promise<PeerServer> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const began = performance.now();
  const child = spawn(
    python,
    [
      ...["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", String(port), "--workers", String(workers)],
      ...["--backend-store-uri", `sqlite:///${peerDatabase(folder)}`, "--artifacts-destination", join(folder, "artifacts")],
    ],
    // A group of its own: its workers and its job runner end with it.
    {
      cwd: folder,
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, HOME: folder, MLFLOW_DISABLE_TELEMETRY: "true" },
    },
  );
  let errors = "";
  child.stderr.on("data", (piece: Buffer) => (errors = (errors + piece.toString()).slice(-2000)));
  const url = `http://127.0.0.1:${port}`;
  const exited = once(child, "exit");
  const group = child.pid ?? 0;
  const atExit = (): void => void (child.exitCode === null && child.signalCode === null && process.kill(-group, "SIGKILL"));
  process.prependOnceListener("exit", atExit);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-group, "SIGTERM");
    const timer = setTimeout(() => process.kill(-group, "SIGKILL"), 10_000);
    await exited;
    clearTimeout(timer);
    process.off("exit", atExit);
    // Workers that outlive their parent.
    if (processesOf(group).length > 0) process.kill(-group, "SIGKILL");
  };
  while (!(await healthy(url))) {
    if (child.exitCode !== null) throw new Error(`MLflow ended with ${child.exitCode}: ${errors}`);
    if (performance.now() - began > 120_000) {
      await stop();
      throw new Error(`MLflow did not answer within 120 s: ${errors}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const readyMs = performance.now() - began;
  let pids: number[] = [];
  let lookedMs = -Infinity;
  return {
    url,
    readyMs,
    residentMb() {
      // Looking through all processes takes longer than what is measured beside it: seldom.
      if (performance.now() - lookedMs > 10_000) [pids, lookedMs] = [processesOf(group), performance.now()];
      return pids.reduce((sum, pid) => sum + residentMb(pid), 0);
    },
    stop,
  };
}

const healthy = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    (answer) => answer.status === 200,
    () => false,
  );

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const at = server.address();
      server.close(() => resolve(typeof at === "object" && at ? at.port : 0));
    });
  });
}

/** Processes of a group, from /proc: the third field after the name. */
const processesOf = (group: number): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/stat`, "latin1");
        return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[2]) === group;
      } catch {
        return false;
      }
    });

export const residentMb = (pid: number): number => {
  try {
    return (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024) / 1e6;
  } catch {
    return 0;
  }
};
