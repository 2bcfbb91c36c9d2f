import { cpSync, existsSync, globSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

/** Left to node_modules: they load native code, or files beside themselves. */
const external = [/^node:/, "@duckdb/node-api", "onnxruntime-node", "pg"];

export type Built = { folder: string; files: number; sizeBytes: number };

/**
 * The program in plain JavaScript: `main.js` with a chunk for each verb, and one entry for each thread or child process.
 * All files lie in one folder, because a worker is named relative to the file that starts it.
 */
export async function build(folder: string = fileURLToPath(new URL("./dist", import.meta.url))): Promise<Built> {
  const packages = fileURLToPath(new URL("..", import.meta.url));
  const workers = globSync(["capstan/src/**/*-worker.ts", "client/src/*-worker.ts"], { cwd: packages });
  const entries = Object.fromEntries(workers.map((path) => [basename(path, ".ts"), join(packages, path)]));
  const bundle = await rolldown({
    input: { main: join(packages, "capstan/src/main.ts"), ...entries },
    platform: "node",
    external,
    tsconfig: false,
  });
  rmSync(folder, { recursive: true, force: true });
  const { output } = await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js", minify: { compress: true, mangle: false, codegen: true } });
  await bundle.close();
  const pages = join(packages, "web/dist");
  if (existsSync(pages)) cpSync(pages, join(folder, "web"), { recursive: true });
  return { folder, files: output.length, sizeBytes: output.reduce((sum, one) => sum + statSync(join(folder, one.fileName)).size, 0) };
}

if (import.meta.main) {
  const built = await build();
  console.log(`${built.files} files, ${(built.sizeBytes / 1e6).toFixed(2)} MB`);
}
