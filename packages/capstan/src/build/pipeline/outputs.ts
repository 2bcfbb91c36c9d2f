import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Contents } from "./contents.ts";
import type { ActionResult, MadeOutput, Output } from "./model.ts";
import { strayFiles } from "./sandbox.ts";

/** Outputs of an attempt that ended well, in the store. A declared output that is not there: CAP-RUN-004; that cannot be kept: CAP-RUN-017. */
export async function collect(
  contents: Contents,
  step: string,
  box: { folder: string; given: readonly string[]; sandbox: boolean },
  outputs: readonly Output[],
): Promise<MadeOutput[]> {
  const made: MadeOutput[] = [];
  for (const output of outputs) {
    const path = join(box.folder, output.path);
    const info = await stat(path).catch(() => undefined);
    if (!info) {
      const stray = box.sandbox ? await strayFiles(box.folder, new Set([...box.given, ...outputs.map((one) => one.path)]), 5) : [];
      const found = stray.length > 0 ? `new in its folder: ${stray.join(", ")}` : "nothing new is in its folder";
      throw new CapstanError("CAP-RUN-004", { step, path: output.path }, { why: `${found}. Nothing was replaced` });
    }
    // A pipe or device has no end: only what is a file (or a link to one) is read.
    const form = info.isDirectory() ? "folder" : info.isFile() ? "file" : "pipe, socket or device";
    const declared = output.kind === "dir" ? "folder" : "file";
    if (form !== declared)
      throw new CapstanError("CAP-RUN-017", {
        step,
        path: output.path,
        problem: `it is a ${form}, a ${declared} is declared${form === "folder" ? ` (\`${output.path}/\` declares a folder)` : ""}`,
      });
    try {
      made.push({ ...output, ...(await contents.put(path)) });
    } catch (error) {
      if (!(error instanceof CapstanError) || error.code !== "CAP-DATA-008") throw error;
      throw new CapstanError("CAP-RUN-017", { step, path: output.path, problem: error.message });
    }
  }
  return made;
}

/** Numbers of declared metrics files, nested names joined by dots. A file that is no JSON gives none. */
export async function metricsOf(folder: string, outputs: readonly Output[]): Promise<Record<string, number>> {
  const metrics: Record<string, number> = {};
  const walk = (value: unknown, name: string): void => {
    if (typeof value === "number" && Number.isFinite(value)) metrics[name] = value;
    else if (typeof value === "object" && value !== null && !Array.isArray(value))
      for (const [key, member] of Object.entries(value)) walk(member, name === "" ? key : `${name}.${key}`);
  };
  for (const output of outputs) {
    if (output.kind !== "metrics") continue;
    try {
      walk(JSON.parse(await readFile(join(folder, output.path), "utf8")), "");
    } catch {
      // Not JSON: kept as a file, without numbers.
    }
  }
  return metrics;
}

/** Whether the store still has every byte of a result. */
export async function allKept(contents: Contents, result: ActionResult): Promise<boolean> {
  for (const output of result.outputs) if (!(await contents.has(output))) return false;
  return true;
}
