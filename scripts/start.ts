import { existsSync, globSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { bin, root, run } from "./tasks.ts";

/** `npm start`: builds the pages if their sources changed, then takes the example through the loop and serves it. */
const web = `${root}packages/web`;
const hasher = createHash("sha256");
for (const file of globSync(
  [
    "packages/web/src/**/*",
    "packages/web/public/**/*",
    "packages/web/index.html",
    "packages/web/vite.config.ts",
    "packages/contract/src/**/*.ts",
    "packages/client/src/**/*.ts",
  ],
  { cwd: root },
).sort()) {
  if (statSync(root + file).isFile()) hasher.update(file).update(readFileSync(root + file));
}
const stamp = `${web}/dist/.sources`;
const sources = hasher.digest("hex");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== sources) {
  process.stderr.write("Building the pages …\n");
  const code = await run(bin("vite"), ["build", "--logLevel", "error"], { cwd: web, quiet: true });
  if (code !== 0) process.exit(code);
  writeFileSync(stamp, sources);
}
process.argv.splice(2, 0, "demo", "-C", `${root}examples/flight-delays`);
await import("../packages/capstan/src/main.ts");
