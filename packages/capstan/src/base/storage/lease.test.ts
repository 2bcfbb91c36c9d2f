import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takeLease } from "./lease.ts";

test("one process holds a lease, and a killed one gives it back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lease-"));
  const path = join(folder, "host.lease");
  const other = spawn(process.execPath, [
    "--input-type=module",
    "-e",
    `import { takeLease } from ${JSON.stringify(new URL("./lease.ts", import.meta.url).href)}; globalThis.lease = takeLease(${JSON.stringify(path)}); console.log(Boolean(globalThis.lease)); setInterval(() => {}, 1000);`,
  ]);
  const said = await new Promise<string>((resolve) => other.stdout.once("data", (data: Buffer) => resolve(data.toString().trim())));
  expect(said).toBe("true");
  expect(takeLease(path)).toBeUndefined();
  other.kill("SIGKILL");
  await new Promise((resolve) => other.once("exit", resolve));
  const lease = takeLease(path);
  expect(lease).toBeDefined();
  expect(takeLease(path)).toBeUndefined();
  lease?.release();
  rmSync(folder, { recursive: true });
});
