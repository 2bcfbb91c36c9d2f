import { accessSync, chmodSync, constants, mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type App, openApp } from "./app.ts";
import { CapstanError } from "./base/foundation/errors.ts";
import type { Environment } from "./base/foundation/environment.ts";
import { type Lease, takeLease } from "./base/storage/lease.ts";
import { refusalError } from "./base/storage/refusal.ts";
import { refusalOf, sqliteCode } from "./base/storage/sqlite-connection.ts";
import { createLive } from "./face/http/live.ts";
import { openApi } from "./face/http/openapi.ts";
import { openFileLimit } from "./face/http/connection-limit.ts";
import { createShell } from "./face/http/server.ts";
import { createStaticFiles } from "./face/http/static-files.ts";
import { leasePath, readHostFile, removeSocket, socketPath, writeHostFile } from "./host-file.ts";
import type { ProjectFolder } from "./project-folder.ts";
import { version } from "./version.ts";

export type HostOptions = {
  place: ProjectFolder;
  environment: Environment;
  /** Named by a person: then taken or refused. Otherwise the kept one, else 7070, else the next free. */
  port?: number;
  /** Off loopback every request needs a token. */
  address?: string;
  openLoopback?: boolean;
  artifactRoot?: string;
  artifactsDestination?: string;
};

export type Host = {
  app: App;
  url: string;
  port: number;
  /** The port that was wanted, when another program has it. */
  wanted: number | undefined;
  close(): Promise<void>;
};

/** Becomes the host of a store: lease, database, port, then the socket, by which nobody comes in before what an earlier host left is adopted. Undefined when another process has the lease. */
export async function tryHost(options: HostOptions): Promise<Host | undefined> {
  const { place, environment } = options;
  const lease = leaseOf(place);
  if (!lease) return undefined;
  const undo: (() => unknown)[] = [() => lease.release()];
  /** All of it, whatever fails on the way: the lease must not outlive the rest. */
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let last = undo.pop(); last; last = undo.pop())
      await Promise.resolve()
        .then(last)
        .catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  try {
    return await openHost(options);
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }

  async function openHost({ address = "127.0.0.1", openLoopback = false }: HostOptions): Promise<Host> {
    const kept = readHostFile(place.localFolder);
    const wanted = options.port ?? kept?.port ?? 7070;
    const app = await openApp({
      place,
      environment,
      mode: "host",
      ...(options.artifactRoot !== undefined && { artifactRoot: options.artifactRoot }),
      ...(options.artifactsDestination !== undefined && { artifactsDestination: options.artifactsDestination }),
    });
    undo.push(() => app.close());
    const loopback = address === "127.0.0.1" || address === "::1" || address === "localhost";
    const shell = createShell({
      access: app.access,
      operations: app.operations,
      wire: app.wire,
      unknownBelow: app.unknownBelow,
      live: createLive(app.store.events),
      files: createStaticFiles(webRoot()),
      openApi: () => openApi(Object.fromEntries(app.operations.map((one) => [one.name, one.operation])), version),
      metrics: () => app.metrics(),
      ids: app.store.ids,
      log: app.store.log,
      tracing: app.tracing,
      openFiles: openFileLimit(),
      loopback,
      openLoopback,
    });
    undo.push(async () => {
      // Nothing new comes in while what runs is left to the next host.
      const quiet = shell.close();
      await app.stop();
      await quiet;
    });
    if (openLoopback) await app.access.noteOpenLoopback();
    const port = await listenOnPort(shell, { address, wanted, named: options.port !== undefined });
    const url = `http://127.0.0.1:${port}`;
    await app.start({ url });
    const socket = socketPath(place.localFolder);
    removeSocket(socket);
    await shell.listen("socket", { path: socket });
    chmodSync(socket, 0o600);
    writeHostFile(place.localFolder, { socket, port, pid: process.pid, version });
    let closed: Promise<void> | undefined;
    return {
      app,
      url,
      port,
      wanted: port === wanted || wanted === 0 ? undefined : wanted,
      close: () =>
        (closed ??= (async () => {
          undo.splice(
            1,
            0,
            () => writeHostFile(place.localFolder, { socket, port, version }),
            () => removeSocket(socket),
          );
          await close();
        })()),
    };
  }
}

/** The right to write, in a folder that can be written. */
function leaseOf({ storeFolder, localFolder }: ProjectFolder): Lease | undefined {
  try {
    for (const folder of [storeFolder, localFolder]) {
      mkdirSync(folder, { recursive: true, ...(folder !== storeFolder && { mode: 0o700 }) });
      accessSync(folder, constants.W_OK);
    }
    return takeLease(leasePath(localFolder));
  } catch (error) {
    // SQLITE_READONLY, SQLITE_CANTOPEN
    const unwritable =
      [8, 14].includes(sqliteCode(error) & 0xff) ||
      (error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM"));
    if (unwritable) throw new CapstanError("CAP-STORE-004", {}, { cause: error });
    throw sqliteCode(error) === 0 ? error : refusalError(refusalOf(error));
  }
}

/** The wanted port; when another program has it and nobody named it, the next free one. */
async function listenOnPort(
  shell: ReturnType<typeof createShell>,
  { address, wanted, named }: { address: string; wanted: number; named: boolean },
): Promise<number> {
  for (let port = wanted; ; port++) {
    try {
      const server = await shell.listen("port", { host: address, port });
      return (server.address() as AddressInfo).port;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
      if (code === "EADDRINUSE" && !named && port < wanted + 50) continue;
      throw code === "EADDRINUSE"
        ? new CapstanError("CAP-SERVER-001", { port }, { cause: error })
        : new CapstanError("CAP-SERVER-004", { address, port, problem: code }, { cause: error });
    }
  }
}

/** Where the built pages are: beside the bundle, or in the workspace. */
function webRoot(): string {
  if (import.meta.url.endsWith(".ts")) return join(dirname(createRequire(import.meta.url).resolve("@capstan/web/package.json")), "dist");
  return new URL("./web", import.meta.url).pathname;
}
