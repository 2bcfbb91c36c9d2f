import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnvironment } from "../../packages/capstan/src/base/foundation/environment.ts";
import { type Host, tryHost } from "../../packages/capstan/src/host.ts";
import { getProjectFolder } from "../../packages/capstan/src/project-folder.ts";

const main = fileURLToPath(new URL("../../packages/capstan/src/main.ts", import.meta.url));

export type Ended = { code: number; stdout: string; stderr: string };
export type TestProject = {
  folder: string;
  write(path: string, text: string | Uint8Array): void;
  /** The command line in a process of its own, over this project. */
  capstan(...args: string[]): Promise<Ended>;
  /** The same as another user, where this one may. */
  capstanAs(user: number | undefined, ...args: string[]): Promise<Ended>;
  /** Lines of a shell over this project, in which `"$@"` is the program. */
  shell(script: string): Promise<Ended>;
  /** This process as the host of the project; closed with the project. */
  host(): Promise<Host>;
  close(): Promise<void>;
};

/** A project in a temporary folder, with the person's state folder beside it. */
export function makeProject(files: Readonly<Record<string, string>> = {}): TestProject {
  const root = mkdtempSync(join(tmpdir(), "capstan-project-"));
  const folder = join(root, "project");
  const variables = { PATH: process.env["PATH"], HOME: root, CAPSTAN_HOME: join(root, "state"), NO_COLOR: "1" };
  const write = (path: string, text: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write("capstan.yaml", "capstan: 1\nproject: small\n");
  for (const [path, text] of Object.entries(files)) write(path, text);
  const execute = (user: number | undefined, program: string, args: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const options = { cwd: folder, env: variables, timeout: 60_000, ...(user !== undefined && { uid: user, gid: user }) };
      execFile(program, [...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      );
    });
  const start = (user: number | undefined, args: readonly string[]): Promise<Ended> => execute(user, process.execPath, [main, ...args]);
  let hosted: Host | undefined;
  return {
    folder,
    write,
    capstan: (...args) => start(undefined, args),
    capstanAs: (user, ...args) => start(user, args),
    shell: (script) => execute(undefined, "sh", ["-c", script, "sh", process.execPath, main]),
    async host() {
      const host = await tryHost({ place: getProjectFolder(folder), environment: readEnvironment(variables), port: 0 });
      if (!host) throw new Error("another process is the host of this project");
      return (hosted = host);
    },
    async close() {
      await hosted?.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export type Answer = { status: number; headers: IncomingHttpHeaders; text: string; code: string | undefined };

/** One request with exactly these headers; `socket` goes over the private one. `code` is that of our errors. */
export function ask(
  to: { port: number } | { socket: string },
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string | Uint8Array,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const place = "port" in to ? { host: "127.0.0.1", port: to.port } : { socketPath: to.socket };
    const asked = request({ ...place, method, path, headers }, (response) => {
      const pieces: Buffer[] = [];
      const done = (): void => {
        const text = Buffer.concat(pieces).toString("utf8");
        let code: string | undefined;
        try {
          const value = JSON.parse(text) as { error?: { code?: string } };
          code = value.error?.code;
        } catch {
          // Not every answer is JSON.
        }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, code });
      };
      // A stream of events has no end: its head is the answer.
      if (response.headers["content-type"] === "text/event-stream") {
        done();
        asked.destroy();
        return;
      }
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", done);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
