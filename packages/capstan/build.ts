import { cpSync, existsSync, globSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown, type Plugin } from "rolldown";

/** Left to node_modules: they load native code, or files beside themselves. */
const external = [/^node:/, "@duckdb/node-api", "onnxruntime-node", "pg"];

/** contract/src/routes.ts as plain data, each operation with the way to the file of its noun. */
function routesAsData(contract: string): Plugin {
  return {
    name: "routes-as-data",
    async load(id) {
      if (id !== join(contract, "routes.ts")) return undefined;
      const { routes } = (await import(id)) as typeof import("../contract/src/routes.ts");
      const files = globSync("operations/*.ts", { cwd: contract }).sort();
      const tables = await Promise.all(
        files.map(async (file) => {
          const exports = (await import(join(contract, file))) as Record<string, unknown>;
          const [table] = Object.entries(exports).filter(([name]) => name.endsWith("Operations"));
          return { file, table: table?.[0] ?? "", names: Object.keys((table?.[1] as object | undefined) ?? {}) };
        }),
      );
      const fileOf = new Map(tables.flatMap((one, i) => one.names.map((name): [string, number] => [name, i])));
      return [
        `export const routes = ${JSON.stringify(routes)};`,
        `const files = ${JSON.stringify(Object.fromEntries(Object.keys(routes).map((name) => [name, fileOf.get(name)])))};`,
        `const load = [${tables.map(({ file, table }) => (table ? `async () => (await import("./${file}")).${table}` : "undefined")).join(", ")}];`,
        `export const findOperation = async (name) => Object.hasOwn(files, name) ? (await load[files[name]]())[name] : undefined;`,
      ].join("\n");
    },
  };
}

export type Built = { folder: string; files: number; sizeBytes: number };

/**
 * The program in plain JavaScript: `main.js` with a chunk for each verb, and one entry for each thread or child process.
 * All files lie in one folder, because a worker is named relative to the file that starts it.
 */
export async function build(folder: string = fileURLToPath(new URL("./dist", import.meta.url))): Promise<Built> {
  const packages = fileURLToPath(new URL("..", import.meta.url));
  const workers = globSync("capstan/src/**/*-worker.ts", { cwd: packages });
  const entries = Object.fromEntries(workers.map((path) => [basename(path, ".ts"), join(packages, path)]));
  const bundle = await rolldown({
    input: { main: join(packages, "capstan/src/main.ts"), ...entries },
    platform: "node",
    external,
    tsconfig: false,
    plugins: [routesAsData(join(packages, "contract/src"))],
  });
  rmSync(folder, { recursive: true, force: true });
  const { output } = await bundle.write({
    dir: folder,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    // Left with the schemas of capstan.yaml, its one function would make every command load them.
    codeSplitting: { groups: [{ name: "reference-text", test: /reference-text/ }] },
    minify: { compress: true, mangle: false, codegen: true },
  });
  await bundle.close();
  for (const one of output) {
    const named = one.type === "chunk" ? one.code.match(/[\w-]+-worker\.js/g) : null;
    const missing = named?.find((file) => !existsSync(join(folder, file)));
    if (missing) throw new Error(`${one.fileName} starts ${missing}, which is not built`);
  }
  const pages = join(packages, "web/dist");
  if (existsSync(pages)) cpSync(pages, join(folder, "web"), { recursive: true });
  return { folder, files: output.length, sizeBytes: output.reduce((sum, one) => sum + statSync(join(folder, one.fileName)).size, 0) };
}

if (import.meta.main) {
  const built = await build();
  console.log(`${built.files} files, ${(built.sizeBytes / 1e6).toFixed(2)} MB`);
}
