import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Connection } from "../../connection.ts";
import type { Context } from "./context.ts";
import { seconds } from "./format.ts";
import { glyphs } from "./output.ts";

type End = { code: number | null; signal: NodeJS.Signals | null };

/** Flags that say what a pipeline should do; a command knows nothing of them. */
const pipelineFlags = ["set", "profile", "plan", "force", "keep-going", "locked", "detach"];

/** `run -- CMD`: executed here, with this terminal and these variables, as one run of the project. What it writes is shown as it comes, and kept. */
export async function runCommand(context: Context, command: readonly string[]): Promise<number> {
  const { out } = context;
  const wrong = pipelineFlags.find((flag) => context.flags[flag] !== undefined) ?? (context.words[0] !== undefined ? "STEP" : undefined);
  if (command.length === 0 || wrong !== undefined)
    throw new CapstanError("CAP-USAGE-001", {
      problem:
        command.length === 0
          ? "`--` stands before a command"
          : `${wrong === "STEP" ? "a step" : `--${wrong}`} and a command after \`--\` do not go together`,
      verb: "run",
    });
  const place = context.place();
  const connection = await context.write();
  const message = context.text("message");
  const begun = await connection.call("commands.begin", {
    project: place.project,
    command: [...command],
    folder: relative(place.folder, context.cwd),
    ...(message !== undefined && { message }),
  });
  out.event({ event: "run.started", at: new Date().toISOString(), run: begun.run, name: begun.name });
  out.talk(`run:${begun.run.slice(0, 8)} ${begun.name} started`);
  const log = keepLog(connection, place.project, begun.run);
  const began = performance.now();
  const cpuBefore = childrenCpuSeconds();
  const { CAPSTAN_TOKEN: _, ...inherited } = context.environment.variables;
  const child = spawn(command[0] ?? "", command.slice(1), {
    cwd: context.cwd,
    stdio: ["inherit", "pipe", "pipe"],
    env: {
      ...inherited,
      CAPSTAN_RUN: begun.run,
      ...(begun.tracking !== null && { MLFLOW_TRACKING_URI: begun.tracking, MLFLOW_EXPERIMENT_ID: begun.experiment }),
      ...(begun.token !== null && { MLFLOW_TRACKING_TOKEN: begun.token }),
    },
  });
  child.stdout.on("data", (piece: Buffer) => {
    log.add(piece);
    (out.json ? process.stderr : process.stdout).write(piece);
  });
  child.stderr.on("data", (piece: Buffer) => {
    log.add(piece);
    process.stderr.write(piece);
  });
  const end = await ended(child, context);
  const took = (performance.now() - began) / 1000;
  const cpuAfter = childrenCpuSeconds();
  await log.close();
  const { verdict } = await connection.call("commands.end", {
    project: place.project,
    run: begun.run,
    ...end,
    seconds: took,
    cpuSeconds: cpuBefore === null || cpuAfter === null ? null : Math.max(0, cpuAfter - cpuBefore),
  });
  const how = end.signal === null ? `exit code ${end.code ?? 1}` : end.signal;
  out.event({ event: "result", at: new Date().toISOString(), run: begun.run, verdict, seconds: took, code: end.code, signal: end.signal });
  out.talk(`${out.paint.verdict(verdict, glyphs[verdict])} run:${begun.run.slice(0, 8)}   ${seconds(took)}   ${how}`);
  if (context.interrupted.aborted) return 130;
  if (verdict === "pass") return 0;
  const error = new CapstanError("CAP-RUN-018", { how, run: begun.run.slice(0, 8) });
  out.talk(`${out.paint.verdict("fail", "error")} ${out.paint.bold(error.code)}  ${error.message}`);
  out.talk(`  do     ${error.remedy}`);
  return error.exit;
}

const graceMs = 10_000;

/** Ctrl-C in a terminal reaches the command by itself; a signal to us alone is handed on. */
function ended(child: ReturnType<typeof spawn>, { interrupted, onInsist }: Context): Promise<End> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      if (!process.stdin.isTTY) child.kill("SIGTERM");
      timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    };
    onInsist(() => child.kill("SIGKILL"));
    if (interrupted.aborted) stop();
    else interrupted.addEventListener("abort", stop, { once: true });
    const done = (end: End): void => {
      clearTimeout(timer);
      interrupted.removeEventListener("abort", stop);
      resolve(end);
    };
    child.on("error", (error) => {
      process.stderr.write(`${error.message}\n`);
      done({ code: 127, signal: null });
    });
    // Who it left behind may hold its output open: the end of the command is the end.
    child.on("exit", (code, signal) => setTimeout(() => done({ code, signal }), 20));
    child.on("close", (code, signal) => done({ code, signal }));
  });
}

const sendEveryMs = 500;
const pieceBytes = 1 << 20;

/** Sends what was written to the run's log, one piece after the other. A piece that cannot be sent is kept back for the next try. */
function keepLog(connection: Connection, project: string, run: string) {
  const decoder = new StringDecoder("utf8");
  let waiting = "";
  let offsetBytes = 0;
  let sending: Promise<void> = Promise.resolve();
  const send = async (): Promise<void> => {
    while (waiting !== "") {
      // Not in the middle of a character.
      const text = waiting.slice(0, pieceBytes).replace(/[\ud800-\udbff]$/, "");
      const { sizeBytes } = await connection.call("commands.write", { project, run, offsetBytes, text });
      offsetBytes = sizeBytes;
      waiting = waiting.slice(text.length);
    }
  };
  const flush = (): Promise<void> => (sending = sending.catch(() => undefined).then(send));
  const timer = setInterval(() => void flush().catch(() => undefined), sendEveryMs);
  timer.unref();
  return {
    add(piece: Buffer): void {
      waiting += decoder.write(piece);
    },
    async close(): Promise<void> {
      clearInterval(timer);
      waiting += decoder.end();
      await flush();
    },
  };
}

/** CPU time of children that have ended, user and system; null where the system does not tell. */
function childrenCpuSeconds(): number | null {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    return null;
  }
}
