import { spawn } from "node:child_process";
import { close as closeFile, existsSync, openSync } from "node:fs";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CapstanError } from "../../base/foundation/errors.ts";
import { attemptScript } from "./attempt-script.ts";
import type { AttemptExit, AttemptSpec, AttemptState, Executor } from "./model.ts";
import { groupMemory, isAlive, type ProcessIdentity, signalGroup } from "./processes.ts";

/** Between a request to end and the insistence, when a time limit is over. */
const timeoutGraceMs = 10_000;
/** Between the claim of an attempt and its note, which is a matter of milliseconds. */
const startGraceMs = 2000;

export type LocalExecutorOptions = {
  /** CPU slots; 2 unless said. */
  slots?: number;
  /** How often an attempt is looked at whose process is not our child, and memory sampled. */
  sampleMs?: number;
};

/** Attempts as processes of this machine, each the leader of its own session: they go on when the program that started them does not. */
export function createLocalExecutor({ slots = 2, sampleMs = 200 }: LocalExecutorOptions = {}): Executor {
  /** Largest memory seen by this process, by attempt. */
  const peaks = new Map<string, number>();

  const identityOf = async (spec: AttemptSpec): Promise<ProcessIdentity | undefined> => {
    const [pid, started, boot] = (await readFile(`${spec.exitPath}.pid`, "utf8").catch(() => "")).trim().split(" ");
    return pid && started && boot ? { pid: Number(pid), started, boot } : undefined;
  };

  const endOf = async (spec: AttemptSpec): Promise<AttemptExit | undefined> => {
    const text = await readFile(spec.exitPath, "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    const note = parseNote(text);
    if (!note) return undefined;
    const [began, ended] = await Promise.all([stat(`${spec.exitPath}.pid`).catch(() => undefined), stat(spec.exitPath)]);
    return {
      ...exitOf(note.code),
      timedOut: note.timedOut,
      startedMs: Math.round(began?.mtimeMs ?? ended.mtimeMs),
      endedMs: Math.round(ended.mtimeMs),
      cpuSeconds: cpuSecondsOf(note.cpu),
      peakBytes: note.peakBytes ?? peaks.get(spec.id) ?? null,
    };
  };

  const look = async (spec: AttemptSpec): Promise<AttemptState> => {
    const exit = await endOf(spec);
    if (exit) return { state: "ended", exit };
    const identity = await identityOf(spec);
    if (identity && (await isAlive(identity))) return { state: "running" };
    // It may have ended between the two looks.
    const late = await endOf(spec);
    if (late) return { state: "ended", exit: late };
    return { state: "lost", why: identity ? `process ${identity.pid} is gone and left no exit` : "it was never started" };
  };

  /** An attempt without a note was never started, and after this never will be; one that was claimed a moment ago notes itself in the next. */
  const settleStart = async (spec: AttemptSpec): Promise<void> => {
    const claimed = await mkdir(`${spec.exitPath}.claim`).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === "EEXIST",
    );
    for (let waitedMs = 0; claimed && waitedMs < startGraceMs && !existsSync(`${spec.exitPath}.pid`); waitedMs += 10) await delay(10);
  };

  const sample = async (spec: AttemptSpec): Promise<void> => {
    const identity = await identityOf(spec);
    const memory = identity && (await groupMemory(identity.pid));
    if (memory) peaks.set(spec.id, Math.max(peaks.get(spec.id) ?? 0, memory.nowBytes, memory.highWaterBytes));
  };

  return {
    kind: "local",
    slots,
    look,

    async start(spec) {
      if (existsSync(`${spec.exitPath}.claim`)) return;
      await mkdir(dirname(spec.exitPath), { recursive: true });
      await mkdir(dirname(spec.logPath), { recursive: true });
      const command = "argv" in spec.command ? [...spec.command.argv] : [spec.command.shell ?? "sh", "-c", patient(spec.command)];
      const log = openSync(spec.logPath, "a");
      try {
        const child = spawn(
          "/bin/sh",
          [
            "-c",
            attemptScript,
            "capstan-attempt",
            spec.exitPath,
            spec.timeoutMs === null ? "none" : String(spec.timeoutMs / 1000),
            String(timeoutGraceMs / 1000),
            ...command,
          ],
          {
            cwd: spec.cwd,
            env: { ...spec.environment },
            detached: true,
            stdio: ["ignore", log, log],
          },
        );
        await new Promise<void>((resolve, reject) => {
          child.once("spawn", resolve);
          child.once("error", reject);
        });
        child.unref();
        // Noted before this resolves, so that an attempt without a note was never started.
        for (let over = false; !existsSync(`${spec.exitPath}.pid`);) {
          if (over) throw new Error(`its process could not be noted in ${dirname(spec.exitPath)}`);
          await delay(2);
          over = child.exitCode !== null || child.signalCode !== null;
        }
      } catch (error) {
        throw new CapstanError(
          "CAP-RUN-010",
          { step: spec.id, problem: error instanceof Error ? error.message : String(error) },
          { cause: error },
        );
      } finally {
        closeFile(log, () => undefined);
      }
    },

    async wait(spec, signal) {
      await settleStart(spec);
      for (let turn = 0; ; turn++) {
        const state = await look(spec);
        if (state.state !== "running" || signal?.aborted) return state;
        await sample(spec);
        // Short steps are noticed soon, long ones cost little.
        await delay(Math.min(sampleMs, 10 + turn * 10), undefined, signal ? { signal } : {}).catch(() => undefined);
      }
    },

    async stop(spec, graceMs, insist) {
      const identity = await identityOf(spec);
      if (!identity || (await look(spec)).state !== "running") return;
      signalGroup(identity.pid, "SIGTERM");
      const deadline = performance.now() + graceMs;
      while ((await look(spec)).state === "running") {
        if (performance.now() >= deadline || insist?.aborted) {
          // The leader dies with its group and cannot note the exit any more.
          const temporary = `${spec.exitPath}.stop.tmp`;
          await writeFile(temporary, JSON.stringify({ code: 137, timedOut: false, cpu: "", peakBytes: peaks.get(spec.id) ?? null }));
          signalGroup(identity.pid, "SIGKILL");
          await rename(temporary, spec.exitPath);
        } else {
          await delay(10);
        }
      }
    },
  };
}

/** A shell that is asked to end waits for the program it is running, which has the grace to tidy up; it starts no further one. On the same line, so that the shell's own complaints count lines rightly. */
const patient = ({ text, shell = "sh" }: { text: string; shell?: string }): string =>
  /(^|\/)(ba|da|z|k)?sh$/.test(shell) ? `trap 'exit 143' TERM; ${text}` : text;

type Note = { code: number; timedOut: boolean; cpu: string; peakBytes?: number | null };
function parseNote(text: string): Note | undefined {
  try {
    const note = JSON.parse(text) as Note;
    return typeof note.code === "number" ? note : undefined;
  } catch {
    return undefined;
  }
}

/** Shells tell a signal as 128 + its number. */
function exitOf(code: number): { code: number | null; signal: string | null } {
  const signal = code > 128 ? Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0] : undefined;
  return signal === undefined ? { code, signal: null } : { code: null, signal };
}

/** `0m1.250s 0m0.100s`, user and system, as seconds together. */
function cpuSecondsOf(text: string): number | null {
  const parts = [...text.matchAll(/(\d+)m(\d+(?:[.,]\d+)?)s/g)];
  if (parts.length === 0) return null;
  return parts.reduce((sum, part) => sum + Number(part[1]) * 60 + Number(part[2]?.replace(",", ".")), 0);
}
