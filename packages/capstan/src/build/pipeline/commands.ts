import { mkdir, open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { OutputOf, Verdict } from "@capstan/contract";
import type { commandOperations } from "@capstan/contract/operations/commands";
import type { Caller, Handlers } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import { captureEnvironment } from "../execution/capture-environment.ts";
import type { FullRun } from "../tracking/model.ts";
import type { TrackingService } from "../tracking/service.ts";
import type { AttemptTokens } from "./seams.ts";

export type CommandDeps = {
  store: Store;
  tracking: TrackingService;
  tokens?: AttemptTokens;
  folderOf(project: string): Promise<string>;
  endpoint?(): string | null;
};
export type Commands = ReturnType<typeof createCommands>;

/** How long a command may log at most. */
const tokenTtlMs = 30 * 86_400_000;
/** What tells the run of a command from one that a client opened: clients cannot write here. */
const mark = "command";

/** Commands of the user's own, each a run with its output, surroundings and end. Nothing is cached: what they read and write is not known. */
export function createCommands({ store, tracking, tokens, folderOf, endpoint }: CommandDeps) {
  const logPath = (run: string): string => join(store.folder, "logs", `${run}.log`);

  async function get(project: string, id: string): Promise<FullRun> {
    const run = await tracking.findRun(id);
    if (!run || run.project !== project || run.environment.more?.["as"] !== mark)
      throw new CapstanError("CAP-NOT-FOUND-001", { noun: "command", name: id });
    return run;
  }

  return {
    logPath,
    /** By its id or 6 and more digits of it. */
    async find(project: string, ref: string): Promise<FullRun | undefined> {
      const id = ref.replace(/^run:/, "");
      if (!/^[0-9a-f]{6,32}$/.test(id)) return undefined;
      const found = await tracking.listRuns({ projects: [project], kinds: ["user"], q: id }, 20);
      return found.find((run) => run.id.startsWith(id) && run.environment.more?.["as"] === mark);
    },
    async begin(
      ask: { project: string; command: readonly string[]; folder: string; message?: string },
      caller: Caller,
    ): Promise<OutputOf<(typeof commandOperations)["commands.begin"]>> {
      const captured = await captureEnvironment(await folderOf(ask.project), store.blobs);
      const experiment = await tracking.ensureExperiment(ask.project, ask.project, caller);
      const command = ask.command.map(quoted).join(" ");
      const run = await tracking.createRun(
        {
          project: ask.project,
          experimentId: experiment,
          kind: "user",
          name: command.length > 80 ? `${command.slice(0, 79)}…` : command,
          startedMs: store.clock.nowMs(),
          ...(caller.because !== undefined && { because: caller.because }),
          ...(ask.message !== undefined && { tags: { "mlflow.note.content": ask.message } }),
          environment: {
            platform: captured.platform,
            lockDigest: captured.lock?.digest ?? null,
            command,
            commit: captured.git?.commit ?? null,
            dirty: captured.git?.dirty ?? null,
            diffDigest: captured.git?.diffBlob ?? null,
            more: {
              as: mark,
              ...(ask.folder !== "" && { folder: ask.folder }),
              ...(captured.lock && { lock: captured.lock.file }),
              ...(captured.git?.branch && { branch: captured.git.branch }),
              capstan: captured.node,
            },
          },
        },
        caller,
      );
      const token = (await tokens?.issue({ project: ask.project, run: run.id, ttlMs: tokenTtlMs })) ?? null;
      return { run: run.id, name: run.name, tracking: endpoint?.() ?? null, experiment, token };
    },
    async write(project: string, id: string, piece: { offsetBytes: number; text: string }): Promise<number> {
      const run = await get(project, id);
      if (run.seal !== null) throw new CapstanError("CAP-STATE-001", { noun: "run", name: id, state: "sealed", action: "written to" });
      const path = logPath(id);
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, "a+").then(async (made) => (await made.close(), open(path, "r+")));
      try {
        const { size } = await file.stat();
        if (piece.offsetBytes > size)
          throw new CapstanError("CAP-STATE-001", {
            noun: "log",
            name: id,
            state: `at ${size} bytes`,
            action: `written at ${piece.offsetBytes}`,
          });
        const bytes = Buffer.from(piece.text);
        await file.write(bytes, 0, bytes.length, piece.offsetBytes);
        return piece.offsetBytes + bytes.length;
      } finally {
        await file.close();
      }
    },
    async end(
      project: string,
      id: string,
      end: { code: number | null; signal: string | null; seconds: number; cpuSeconds: number | null },
      caller: Caller,
    ): Promise<Verdict> {
      const run = await get(project, id);
      if (run.seal !== null) return run.verdict ?? "error";
      await tokens?.revoke(id);
      const status = end.signal !== null ? "KILLED" : end.code === 0 ? "FINISHED" : "FAILED";
      const verdict = end.signal !== null ? "error" : end.code === 0 ? "pass" : "fail";
      const endedMs = store.clock.nowMs();
      // What its script began and did not end has ended with its process.
      for (const child of await tracking.listRuns({ parentId: id, kinds: ["user"], statuses: ["RUNNING", "SCHEDULED"] }, 1000))
        await tracking.endRun(child.id, { status, endedMs }, caller);
      const path = logPath(id);
      if (await stat(path).catch(() => undefined))
        await tracking.putArtifact(id, "capstan/log.txt", await store.blobs.putFile(path), caller);
      await tracking.endRun(
        id,
        {
          status,
          verdict,
          endedMs,
          resources: { wallSeconds: end.seconds, cpuSeconds: end.cpuSeconds, gpuSeconds: null, peakBytes: null, waitSeconds: null },
        },
        caller,
      );
      return verdict;
    },
  };
}

/** A word as a shell would want it written. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

export const commandHandlers = (commands: Commands): Handlers<typeof commandOperations> => ({
  "commands.begin": ({ project, command, folder, message }, caller) =>
    commands.begin({ project, command, folder, ...(message !== undefined && { message }) }, caller),
  "commands.write": async ({ project, run, offsetBytes, text }) => ({
    sizeBytes: await commands.write(project, run, { offsetBytes, text }),
  }),
  "commands.end": async ({ project, run, code, signal, seconds, cpuSeconds }, caller) => ({
    run,
    verdict: await commands.end(project, run, { code, signal, seconds, cpuSeconds }, caller),
  }),
});
