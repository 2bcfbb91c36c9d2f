import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { mostConnections } from "../packages/capstan/src/face/http/connection-limit.ts";
import { until } from "./testing/processes.ts";

const main = fileURLToPath(new URL("../packages/capstan/src/main.ts", import.meta.url));
const openFiles = 160;

test("a server that may open few files serves on, whoever keeps connections open, and says what to raise", async () => {
  const root = mkdtempSync(join(tmpdir(), "capstan-connections-"));
  const folder = join(root, "project");
  mkdirSync(folder);
  const server = spawn(
    "sh",
    [
      "-c",
      `ulimit -n ${openFiles} && exec "$@"`,
      "sh",
      process.execPath,
      main,
      "server",
      "--port",
      "0",
      "--data",
      join(root, "data"),
      "--json",
    ],
    {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: root, CAPSTAN_HOME: join(root, "state") },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const sockets: Socket[] = [];
  try {
    let said = "";
    server.stdout.on("data", (piece: Buffer) => (said += piece.toString()));
    const url = await until("the server is ready", () => /"url":"(http:[^"]+)"/.exec(said)?.[1]);
    /** One request on a connection that stays open; whether there was an answer. */
    const keep = async (): Promise<boolean> => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1");
      sockets.push(socket);
      socket.on("error", () => undefined);
      socket.write("GET /api/2.0/mlflow/experiments/get?experiment_id=0 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
      return await Promise.race([once(socket, "data").then(() => true), once(socket, "close").then(() => false)]).catch(() => false);
    };
    const answered: boolean[] = [];
    for (let i = 0; i < 2 * openFiles; i++) answered.push(await keep());
    // One after the other: whoever keeps what it does not use makes room.
    expect(answered.filter(Boolean).length).toBeGreaterThan(mostConnections(openFiles) + 40);
    const run = await until("a run can be made beside them", async () => {
      const asked = fetch(`${url}/api/2.0/mlflow/runs/create`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      const reply = await asked.catch(() => undefined);
      return reply?.status === 200 && ((await reply.json()) as { run: { info: { run_id: string } } }).run.info.run_id;
    });
    // All at once, more than it can have: those beyond are turned away, and it says so.
    await Promise.all(Array.from({ length: 2 * openFiles }, keep));
    const logs = (): string =>
      readdirSync(join(root, "data", "logs"))
        .map((name) => readFileSync(join(root, "data", "logs", name), "utf8"))
        .join("");
    await until("the log says what to raise", () => /ulimit -n.*server\.connections/.test(logs()));
    for (const one of sockets) one.destroy();
    const back = await until("it answers again", () => fetch(`${url}/api/2.0/mlflow/runs/get?run_id=${run}`).catch(() => undefined));
    expect(back.status).toBe(200);
    expect(server.exitCode).toBeNull();
  } finally {
    for (const one of sockets) one.destroy();
    const ended = server.exitCode === null ? once(server, "exit") : undefined;
    server.kill("SIGTERM");
    await ended;
    rmSync(root, { recursive: true, force: true });
  }
});
