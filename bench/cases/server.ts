import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { type Bench, type Case, type Figure, root, round, timed } from "../measure.ts";

const example = `${root}examples/flight-delays`;

export type Served = { url: string; link: string; readyMs: number; child: ChildProcess; stop(): Promise<number> };

/** A copy of the example's store when it has one that nobody hosts, else a small one; with a state folder of its own, so that the copy signs nothing. */
async function projectWithStore(bench: Bench): Promise<{ folder: string; from: string; env: NodeJS.ProcessEnv }> {
  // As deep as the example, so that its paths lead to the packages of this workspace.
  const folder = join(bench.folder, "examples", "served");
  const env = { PATH: process.env["PATH"], HOME: bench.folder, CAPSTAN_HOME: join(bench.folder, "state") };
  if (existsSync(folder)) return { folder, from: "as before", env };
  mkdirSync(folder, { recursive: true });
  const host = `${example}/.capstan/host.json`;
  const free =
    existsSync(`${example}/.capstan/capstan.db`) &&
    (!existsSync(host) || (JSON.parse(readFileSync(host, "utf8")) as { pid?: number }).pid === undefined);
  if (free) {
    symlinkSync(join(root, "node_modules"), join(bench.folder, "node_modules"));
    cpSync(example, folder, { recursive: true, filter: (path) => !/host\.(json|lease|sock)|\.capstan\/(work|tmp)\//.test(path) });
    return { folder, from: "copy of the example's store", env };
  }
  writeFileSync(join(folder, "capstan.yaml"), "capstan: 1\nproject: small\n");
  writeFileSync(join(folder, "a.csv"), "x\n1\n");
  const added = await timed(process.execPath, [bench.program, "data", "add", "a.csv", "--name", "a"], { cwd: folder, env });
  if (added.code !== 0) throw new Error(added.stderr);
  return { folder, from: "small store of one dataset", env };
}

export async function serve(bench: Bench): Promise<Served & { from: string }> {
  const { folder, from, env } = await projectWithStore(bench);
  const began = performance.now();
  const child = spawn(join(bench.program, "../../bin/capstan"), ["server", "--port", "0", "--json"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  let errors = "";
  child.stderr.on("data", (piece: Buffer) => (errors += piece.toString()));
  const ready = await new Promise<{ url: string; link: string }>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server did not answer within 20 s: ${errors}`)), 20_000);
    child.stdout.on("data", (piece: Buffer) => {
      text += piece.toString();
      const line = text.split("\n").find((one) => one.includes('"ready"'));
      if (!line) return;
      clearTimeout(timer);
      resolve(JSON.parse(line) as { url: string; link: string });
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the server ended with ${code}: ${errors}`));
    });
  });
  const answer = await fetch(`${ready.url}/api/v1/session`);
  if (answer.status !== 200) throw new Error(`the server answered ${answer.status}`);
  const readyMs = performance.now() - began;
  return {
    ...ready,
    from,
    readyMs,
    child,
    async stop() {
      const ended = once(child, "exit");
      const asked = performance.now();
      child.kill("SIGTERM");
      await ended;
      return performance.now() - asked;
    },
  };
}

const residentMb = (pid: number): number =>
  (Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) * 1024) / 1e6;

/** From the start of the shim to the first answer, and memory after three quiet seconds. */
export const server: Case = async (bench) => {
  const times: number[] = [];
  let memoryMb = Number.NaN;
  let from = "";
  const stops: number[] = [];
  for (let i = 0; i < 5; i++) {
    const served = await serve(bench);
    times.push(served.readyMs);
    if (i === 0) from = served.from;
    if (i === 4 && existsSync(`/proc/${served.child.pid}/status`)) {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      memoryMb = residentMb(served.child.pid ?? 0);
    }
    stops.push(await served.stop());
  }
  const ms = times.sort((a, b) => a - b)[2] ?? Number.NaN;
  const figures: Figure[] = [
    {
      name: "server ready on an existing store",
      value: round(ms, 0),
      unit: "ms",
      goal: { text: "1 s", holds: ms <= 1000 },
      facts: { times: 5, store: from, stopMs: round(Math.max(...stops), 0) },
    },
  ];
  if (!Number.isNaN(memoryMb))
    figures.push({
      name: "idle memory of the server",
      value: round(memoryMb, 0),
      unit: "MB",
      goal: { text: "150 MB", holds: memoryMb <= 150 },
      facts: { afterSeconds: 3 },
    });
  return figures;
};

export const removeServed = (bench: Bench): void => rmSync(join(bench.folder, "examples"), { recursive: true, force: true });
