import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AttemptSpec, Executor } from "./model.ts";

/** What every adapter of the seam Executor must do. `open` is called again for a second controller of the same attempts. */
export function executorConformance(name: string, open: () => Executor): void {
  describe(`executor ${name}`, () => {
    let folder: string;
    let number = 0;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "capstan-executor-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const attempt = async (command: AttemptSpec["command"], more: Partial<AttemptSpec> = {}): Promise<AttemptSpec> => {
      const id = `attempt-${number++}`;
      const cwd = join(folder, id);
      await mkdir(cwd);
      return {
        id,
        command,
        cwd,
        environment: { PATH: "/usr/bin:/bin" },
        logPath: join(folder, `${id}.log`),
        exitPath: join(folder, `${id}.exit`),
        timeoutMs: null,
        resources: { cpu: 1 },
        ...more,
      };
    };
    const finish = async (executor: Executor, spec: AttemptSpec) => {
      await executor.start(spec);
      const state = await executor.wait(spec);
      if (state.state !== "ended") throw new Error(`it is ${state.state}`);
      return state.exit;
    };

    test("runs a shell text in its folder with its variables only, and keeps what it writes", async () => {
      const spec = await attempt(
        { text: "pwd; echo $GREETING >&2; env | cut -d= -f1 | sort | tr '\\n' ' '; echo made > out" },
        { environment: { PATH: "/usr/bin:/bin", GREETING: "ahoy" } },
      );
      const exit = await finish(open(), spec);
      expect(exit).toMatchObject({ code: 0, signal: null, timedOut: false });
      const log = await readFile(spec.logPath, "utf8");
      expect(log).toContain(spec.cwd);
      expect(log).toContain("ahoy");
      expect(log).toMatch(/GREETING (OLDPWD )?PATH (PWD )?(SHLVL )?/);
      expect(await readFile(join(spec.cwd, "out"), "utf8")).toBe("made\n");
      expect(exit.endedMs).toBeGreaterThanOrEqual(exit.startedMs);
      expect(exit.cpuSeconds).toBeGreaterThanOrEqual(0);
    });

    test("runs a list without a shell: nothing in it becomes code", async () => {
      const spec = await attempt({ argv: ["printf", "%s\n", "$(echo no) `id` ; rm -rf * \"'"] });
      expect((await finish(open(), spec)).code).toBe(0);
      expect(await readFile(spec.logPath, "utf8")).toBe("$(echo no) `id` ; rm -rf * \"'\n");
    });

    test("tells the exit code and the signal", async () => {
      expect(await finish(open(), await attempt({ text: "exit 7" }))).toMatchObject({ code: 7, signal: null });
      expect(await finish(open(), await attempt({ text: "kill -SEGV $$" }))).toMatchObject({ code: null, signal: "SIGSEGV" });
      expect(await finish(open(), await attempt({ argv: ["no-such-command-anywhere"] }))).toMatchObject({ code: 127 });
    });

    test("starts an id once, whoever asks", async () => {
      const spec = await attempt({ text: "echo once" });
      await finish(open(), spec);
      expect(await finish(open(), spec)).toMatchObject({ code: 0 });
      await Promise.all([open().start(spec), open().start(spec)]);
      expect(await readFile(spec.logPath, "utf8")).toBe("once\n");
    });

    test("another controller adopts what runs and sees it end", async () => {
      const spec = await attempt({ text: "while [ ! -e go ]; do sleep 0.02; done; echo done" });
      await open().start(spec);
      const other = open();
      expect(await other.look(spec)).toEqual({ state: "running" });
      await mkdir(join(spec.cwd, "go"));
      expect(await other.wait(spec)).toMatchObject({ state: "ended", exit: { code: 0 } });
    });

    test("an attempt that was never started, or whose processes vanished, is lost", async () => {
      const executor = open();
      expect(await executor.look(await attempt({ text: "true" }))).toMatchObject({ state: "lost" });
      const spec = await attempt({ text: "kill -9 $PPID; exec sleep 0.05" });
      await executor.start(spec);
      expect(await executor.wait(spec)).toMatchObject({ state: "lost" });
    });

    test("ends at its time limit and says so", async () => {
      const exit = await finish(open(), await attempt({ text: "sleep 30" }, { timeoutMs: 100 }));
      expect(exit).toMatchObject({ timedOut: true, signal: "SIGTERM" });
    });

    test("stop asks first, then ends the whole group", async () => {
      const executor = open();
      const polite = await attempt({ text: "trap 'echo bye; exit 3' TERM; touch up; while :; do sleep 0.02; done" });
      await executor.start(polite);
      while (
        !(await readFile(join(polite.cwd, "up")).then(
          () => true,
          () => false,
        ))
      );
      await executor.stop(polite, 5000);
      expect(await executor.look(polite)).toMatchObject({ state: "ended", exit: { code: 3 } });
      expect(await readFile(polite.logPath, "utf8")).toContain("bye");

      const stubborn = await attempt({ text: "trap '' TERM; (trap '' TERM; while :; do date > beat; sleep 0.01; done) & touch up; wait" });
      await executor.start(stubborn);
      while (
        !(await readFile(join(stubborn.cwd, "up")).then(
          () => true,
          () => false,
        ))
      );
      await executor.stop(stubborn, 50);
      expect(await executor.look(stubborn)).toMatchObject({ state: "ended", exit: { signal: "SIGKILL" } });
      await rm(join(stubborn.cwd, "beat"), { force: true });
      await executor.wait(await attempt({ text: "sleep 0.1" }).then(async (spec) => (await executor.start(spec), spec)));
      expect(
        await readFile(join(stubborn.cwd, "beat")).then(
          () => "alive",
          () => "gone",
        ),
      ).toBe("gone");
    });

    test("what a command leaves running ends with it", async () => {
      const spec = await attempt({ text: "(while :; do date > beat; sleep 0.01; done) & sleep 0.05" });
      const executor = open();
      await finish(executor, spec);
      await finish(executor, await attempt({ text: "sleep 0.05" }));
      await rm(join(spec.cwd, "beat"), { force: true });
      await finish(executor, await attempt({ text: "sleep 0.1" }));
      expect(
        await readFile(join(spec.cwd, "beat")).then(
          () => "alive",
          () => "gone",
        ),
      ).toBe("gone");
    });
  });
}
