import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import pg from "pg";

export type TestPostgres = {
  /** Of the database `postgres`, which is always there. */
  url: string;
  /** URL of a new, empty database. */
  createDatabase(): Promise<string>;
  dropDatabase(url: string): Promise<void>;
  /** One statement beside whoever uses a database. */
  query(url: string, sql: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
};

/** The folder of PostgreSQL's programs, newest version first. */
export const findPostgres = (): string | undefined =>
  globSync("/usr/lib/postgresql/*/bin/initdb")
    .map((path) => path.slice(0, -"/initdb".length))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))[0];

/** A server of its own in a temporary folder, reached by a socket there; it keeps what it acknowledges through a power cut only when it is `durable`. It must not run as root, so that root becomes `postgres` for it. */
export async function startPostgres(bin: string, { durable = false } = {}): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "pg-"));
  const root = process.getuid?.() === 0;
  // Not on every path of a service.
  const runuser = ["/usr/sbin/runuser", "/sbin/runuser"].find((path) => existsSync(path)) ?? "runuser";
  const as = (program: string, args: string[]): [string, string[]] =>
    root ? [runuser, ["-u", "postgres", "--", join(bin, program), ...args]] : [join(bin, program), args];
  const must = (program: string, args: string[]): void => {
    const [file, all] = as(program, args);
    const { status, stderr } = spawnSync(file, all, { cwd: "/", encoding: "utf8" });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  };
  if (root) {
    const idOf = (flag: string) => Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout);
    chownSync(folder, idOf("-u"), idOf("-g"));
  }
  chmodSync(folder, 0o700);
  must("initdb", ["-D", join(folder, "data"), "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]);
  const settings = {
    listen_addresses: "",
    unix_socket_directories: folder,
    ...(!durable && { fsync: "off", full_page_writes: "off", synchronous_commit: "off" }),
    max_connections: "200",
  };
  const [file, args] = as("postgres", [
    "-D",
    join(folder, "data"),
    ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
  ]);
  const server = spawn(file, args, { cwd: "/", stdio: "ignore" });
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  // Whatever happens to the tests, no server stays behind.
  const abandon = (): void => void spawnSync(...as("pg_ctl", ["-D", join(folder, "data"), "-m", "immediate", "stop"]), { cwd: "/" });
  process.once("exit", abandon);

  const url = `postgresql:///postgres?host=${encodeURIComponent(folder)}&user=postgres`;
  for (let tries = 0; ; tries++) {
    try {
      await ask(url, "select 1");
      break;
    } catch (error) {
      if (tries > 400 || server.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  return {
    url,
    createDatabase: () => createDatabaseIn(url),
    dropDatabase,
    query: ask,
    async stop() {
      process.off("exit", abandon);
      abandon();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** URL of a new, empty database beside the one that `url` names. */
export async function createDatabaseIn(url: string): Promise<string> {
  const name = `store_${randomBytes(8).toString("hex")}`;
  await ask(url, `create database ${name}`);
  return url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`);
}

/** Removes the database that `url` names, whoever is connected to it. */
export const dropDatabase = async (url: string): Promise<void> =>
  void (await ask(
    url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, "$1postgres"),
    `drop database if exists ${/^postgres(?:ql)?:\/\/[^/]*\/([^?]*)/.exec(url)?.[1]} with (force)`,
  ));

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return (await client.query(sql).finally(() => client.end())).rows as Record<string, unknown>[];
}
