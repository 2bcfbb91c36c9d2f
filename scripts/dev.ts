import { spawn } from "node:child_process";
import { bin, root } from "./tasks.ts";

/** `npm run dev`: the server on 7070, started again when a source changes, and the pages with hot replacement on a port of their own, which asks it. */
const folder = process.argv[2] ?? `${root}examples/flight-delays`;
const started = [
  spawn(
    process.execPath,
    ["--watch", "--watch-preserve-output", `${root}packages/capstan/src/main.ts`, "server", "--port", "7070", "-C", folder],
    { stdio: "inherit" },
  ),
  spawn(bin("vite"), ["--host", "127.0.0.1", "--clearScreen", "false"], { cwd: `${root}packages/web`, stdio: "inherit" }),
];
const end = (): void => started.forEach((one) => one.kill("SIGTERM"));
process.on("SIGINT", end);
process.on("SIGTERM", end);
for (const one of started) {
  one.on("exit", (code) => {
    process.exitCode ||= code ?? 0;
    end();
  });
}
