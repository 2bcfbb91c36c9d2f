import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../measure.ts";
import { noPeer, peerDatabase, type PeerServer, peerVersion, residentMb, startPeer, workerCounts } from "../peer-mlflow.ts";

/** A tracking server under measurement, whoever made it. */
export type TrackingServer = PeerServer & {
  name: string;
  kind: "capstan" | "mlflow";
  /** File of the store's database. */ database: string;
  /** The server's own process, where it is one. */
  child?: ChildProcess;
};

/** Capstan on a store of its own in `folder`, made at the first start, or in an empty database of PostgreSQL. */
export async function startCapstan(bench: Bench, folder: string, postgres?: string): Promise<TrackingServer & { child: ChildProcess }> {
  mkdirSync(folder, { recursive: true });
  const env = {
    PATH: process.env["PATH"],
    HOME: bench.folder,
    CAPSTAN_HOME: join(bench.folder, "state"),
    ...(postgres !== undefined && { CAPSTAN_DATABASE: postgres }),
  };
  const began = performance.now();
  const child = spawn(join(bench.program, "../../bin/capstan"), ["server", "--port", "0", "--data", join(folder, "store"), "--json"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const atExit = (): void => void child.kill("SIGKILL");
  process.prependOnceListener("exit", atExit);
  let errors = "";
  child.stderr.on("data", (piece: Buffer) => (errors = (errors + piece.toString()).slice(-2000)));
  let text = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (piece: Buffer) => {
      text += piece.toString();
      const line = text.split("\n").find((one) => one.includes('"ready"'));
      if (line) resolve((JSON.parse(line) as { url: string }).url);
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${errors}`)));
  });
  if ((await fetch(`${url}/health`)).status !== 200) throw new Error("the server is not healthy");
  return {
    name: "capstan",
    kind: "capstan",
    url,
    child,
    database: join(folder, "store", "capstan.db"),
    readyMs: performance.now() - began,
    residentMb: () => residentMb(child.pid ?? 0),
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      process.off("exit", atExit);
    },
  };
}

/** Does the same work on Capstan, on Capstan with PostgreSQL when that is asked for, and, when it is given, on MLflow with each number of workers; one server at a time. */
export async function onEach<T>(
  bench: Bench,
  name: string,
  work: (server: TrackingServer) => Promise<T>,
): Promise<{ capstan: T; postgres: T | undefined; peers: { name: string; measured: T }[]; absent: string | undefined }> {
  const alone = async (server: TrackingServer): Promise<T> => {
    try {
      return await work(server);
    } finally {
      await server.stop();
    }
  };
  const capstan = await alone(await startCapstan(bench, join(bench.folder, name, "capstan")));
  const database = await bench.postgres?.();
  if (database !== undefined) console.error("  Capstan on PostgreSQL …");
  const postgres =
    database === undefined ? undefined : await alone(await startCapstan(bench, join(bench.folder, name, "postgres"), database));
  const peers: { name: string; measured: T }[] = [];
  const { mlflow } = bench;
  if (mlflow === undefined) return { capstan, postgres, peers, absent: noPeer };
  const version = await peerVersion(mlflow);
  for (const workers of workerCounts) {
    const folder = join(bench.folder, name, `mlflow-${workers}`);
    const label = `MLflow ${version}, SQLite, ${workers} worker${workers > 1 ? "s" : ""}`;
    console.error(`  ${label} …`);
    const server = await startPeer(mlflow, folder, workers);
    peers.push({ name: label, measured: await alone({ ...server, name: label, kind: "mlflow", database: peerDatabase(folder) }) });
  }
  return { capstan, postgres, peers, absent: undefined };
}
