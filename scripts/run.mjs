// Installs by the lock file when needed, then runs a task on the pinned Node, whatever `node` started us. Plain JavaScript: must parse on Node 18.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const lock = createHash("sha256")
  .update(readFileSync(`${root}package-lock.json`))
  .digest("hex");
const stamp = `${root}node_modules/.capstan-lock`;

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
  process.stderr.write(
    "Installing by the lock file: about 330 MB to fetch (1.1 GB on disk) the first time, nothing but packages of the registry, no install scripts.\n",
  );
  const began = Date.now();
  const npm = process.env.npm_execpath; // set by npm itself: its own cli
  const [file, args] = npm ? [process.execPath, [npm]] : ["npm", []];
  const installed = spawnSync(file, [...args, "ci", "--loglevel=error"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (installed.status !== 0) process.exit(installed.status ?? 1);
  writeFileSync(stamp, lock);
  process.stderr.write(`Installed in ${((Date.now() - began) / 1000).toFixed(0)} s.\n`);
}

const pinned = `${root}node_modules/.bin/node`;
const [task = "start", ...rest] = process.argv.slice(2);
const scripts = {
  start: "scripts/start.ts",
  dev: "scripts/dev.ts",
  check: "scripts/check.ts",
  test: "scripts/test.ts",
  bench: "bench/run.ts",
  capstan: "packages/capstan/src/main.ts",
};
const script = scripts[task];
if (!script) {
  process.stderr.write(`no task ${task}; there are ${Object.keys(scripts).join(", ")}\n`);
  process.exit(2);
}
const child = spawn(existsSync(pinned) ? pinned : process.execPath, [root + script, ...rest], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
