import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { executorConformance } from "./executor.conformance.ts";
import { createLocalExecutor } from "./local-executor.ts";
import type { AttemptSpec } from "./model.ts";

executorConformance("local", () => createLocalExecutor({ sampleMs: 20 }));

test("an attempt goes on when its controller is killed, and notes its own exit", async () => {
  const folder = mkdtempSync(join(tmpdir(), "capstan-executor-"));
  try {
    const spec: AttemptSpec = {
      id: "a",
      command: { text: "while [ ! -e go ]; do sleep 0.01; done; echo on; exit 4" },
      cwd: folder,
      environment: { PATH: "/usr/bin:/bin" },
      logPath: join(folder, "log"),
      exitPath: join(folder, "exit"),
      timeoutMs: 20_000,
      resources: { cpu: 1 },
    };
    const program = `import { createLocalExecutor } from ${JSON.stringify(new URL("./local-executor.ts", import.meta.url).href)}; await createLocalExecutor().start(${JSON.stringify(spec)}); process.kill(process.pid, "SIGKILL");`;
    expect(spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" })).toMatchObject({ signal: "SIGKILL" });
    const executor = createLocalExecutor({ sampleMs: 20 });
    expect(await executor.look(spec)).toEqual({ state: "running" });
    writeFileSync(join(folder, "go"), "");
    expect(await executor.wait(spec)).toMatchObject({ state: "ended", exit: { code: 4 } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
