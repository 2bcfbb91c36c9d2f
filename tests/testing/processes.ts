import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { type HostFile, readHostFile } from "../../packages/capstan/src/host-file.ts";

const workspace = fileURLToPath(new URL("../..", import.meta.url));
const main = join(workspace, "packages/capstan/src/main.ts");
/** Longer than anything here takes; only a test that fails waits for it. */
const patienceMs = 60_000;

export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = patienceMs,
): Promise<T> {
  for (const end = performance.now() + limitMs; performance.now() < end;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it did not come to be within ${limitMs / 1000} s: ${what}`);
}

// oxlint-disable-next-line no-explicit-any
export type Document = any;
export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };
/** One command in a process of its own. */
export type Command = {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly running: boolean;
  said(): string;
  /** What `--json` printed so far. */
  documents(): Document[];
  /** The first document that fits, as soon as it is printed; fails when the command ends before. */
  document(what: string, fits: (document: Document) => boolean): Promise<Document>;
  kill(signal: NodeJS.Signals): void;
};

export type Place = {
  readonly root: string;
  readonly folder: string;
  readonly storeFolder: string;
  /** The port that hosts of this place keep: nobody else listens there. */
  readonly port: number;
  write(path: string, text: string | Uint8Array): void;
  read(path: string): string;
  start(...words: string[]): Command;
  run(...words: string[]): Promise<Ended>;
  /** Lets steps pass that wait for it. */
  open(gate: string): void;
  /** What steps noted, in order: each line was one execution. */
  noted(): string[];
  host(): HostFile | undefined;
  /** Reads the database beside whoever writes it. */
  query(sql: string, ...params: (string | number)[]): Record<string, SQLOutputValue>[];
  close(): Promise<void>;
};

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

export type PlaceOptions = {
  files?: Readonly<Record<string, string>>;
  /** Where the store is, when not in the project. */
  data?: string;
  /** Another user of this machine. */
  uid?: number;
  /** Variables of every command, beside its own. */
  environment?: Readonly<Record<string, string>>;
};

/** A project whose steps can be held and counted, with `@capstan/client` at hand, and every command started on it. */
export async function makePlace({ files = {}, data, uid, environment: more = {} }: PlaceOptions = {}): Promise<Place> {
  const root = mkdtempSync(join(tmpdir(), "capstan-host-"));
  if (uid !== undefined) chmodSync(root, 0o755);
  const folder = join(root, "project");
  const storeFolder = data ?? join(folder, ".capstan");
  const gates = join(root, "gates");
  const trace = join(root, "trace");
  const port = await freePort();
  const started = new Map<Command, ChildProcess>();
  const environment = {
    PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
    HOME: root,
    CAPSTAN_HOME: join(root, "state"),
    NO_COLOR: "1",
    ...more,
  };
  const write = (path: string, text: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  mkdirSync(gates, { recursive: true });
  mkdirSync(storeFolder, { recursive: true });
  mkdirSync(join(folder, "node_modules/@capstan"), { recursive: true });
  symlinkSync(join(workspace, "packages/client"), join(folder, "node_modules/@capstan/client"));
  write("capstan.yaml", "capstan: 1\nproject: small\n");
  write("held.mjs", heldText(gates, trace));
  for (const [path, text] of Object.entries(files)) write(path, text);
  writeFileSync(join(storeFolder, "host.json"), JSON.stringify({ socket: "", port, version: "0" }));

  const start = (...words: string[]): Command => {
    const child = spawn(process.execPath, [main, ...words, ...(data === undefined ? [] : ["--data", data])], {
      cwd: folder,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
      ...(uid !== undefined && { uid, gid: uid }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (piece: Buffer) => (stdout += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => (stderr += piece.toString()));
    let running = true;
    const ended = new Promise<Ended>((resolve) =>
      child.on("close", (code, signal) => {
        running = false;
        resolve({ code, signal, stdout, stderr });
      }),
    );
    const documents = (): Document[] =>
      stdout
        .split("\n")
        .slice(0, -1)
        .map((line): unknown => JSON.parse(line));
    const command: Command = {
      pid: child.pid ?? 0,
      ended,
      get running() {
        return running;
      },
      said: () => stdout + stderr,
      documents,
      document: (what, fits) =>
        until(what, () => {
          const found: unknown = documents().find(fits);
          if (found === undefined && !running) throw new Error(`\`${words.join(" ")}\` ended before: ${what}\n${stdout}${stderr}`);
          return found;
        }),
      kill: (signal) => void child.kill(signal),
    };
    started.set(command, child);
    return command;
  };

  return {
    root,
    folder,
    storeFolder,
    port,
    write,
    read: (path) => readFileSync(join(folder, path), "utf8"),
    start,
    run: (...words) => start(...words).ended,
    open: (gate) => writeFileSync(join(gates, gate), ""),
    noted: () => (existsSync(trace) ? readFileSync(trace, "utf8").trim().split("\n") : []),
    host: () => readHostFile(storeFolder),
    query(sql, ...params) {
      const database = new DatabaseSync(join(storeFolder, "capstan.db"), { readOnly: true, timeout: 5000 });
      try {
        return database.prepare(sql).all(...params);
      } finally {
        database.close();
      }
    },
    async close() {
      // Steps that are held leave when their gates are gone.
      rmSync(gates, { recursive: true, force: true });
      for (const [command, child] of started) if (command.running) child.kill("SIGKILL");
      await Promise.all([...started.keys()].map((command) => command.ended));
      rmSync(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
    },
  };
}

/** What the steps import: `note` counts an execution, `pass` waits for a gate. */
const heldText = (gates: string, trace: string): string => `
import { appendFileSync, existsSync } from "node:fs";
export const note = (line) => appendFileSync(${JSON.stringify(trace)}, line + "\\n");
export const pass = async (gate) => {
  for (const end = Date.now() + ${patienceMs}; !existsSync(${JSON.stringify(gates)} + "/" + gate); ) {
    if (Date.now() > end || !existsSync(${JSON.stringify(gates)})) process.exit(9);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
`;
