import { chmodSync, mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type App, openApp } from "./app.ts";
import { CapstanError } from "./base/foundation/errors.ts";
import type { Environment } from "./base/foundation/environment.ts";
import { type Lease, takeLease } from "./base/storage/lease.ts";
import { createLive } from "./face/http/live.ts";
import { openApi } from "./face/http/openapi.ts";
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

/** Becomes the host of a store: lease, database, socket and port. Undefined when another process has the lease. */
export async function tryHost(options: HostOptions): Promise<Host | undefined> {
  const { place, environment } = options;
  mkdirSync(place.storeFolder, { recursive: true });
  const lease = takeLease(leasePath(place.storeFolder));
  if (!lease) return undefined;
  try {
    return await openHost(options, lease);
  } catch (error) {
    lease.release();
    throw error;
  }

  async function openHost({ address = "127.0.0.1", openLoopback = false }: HostOptions, held: Lease): Promise<Host> {
    const kept = readHostFile(place.storeFolder);
    const wanted = options.port ?? kept?.port ?? 7070;
    const app = await openApp({
      place,
      environment,
      mode: "host",
      ...(options.artifactRoot !== undefined && { artifactRoot: options.artifactRoot }),
      ...(options.artifactsDestination !== undefined && { artifactsDestination: options.artifactsDestination }),
    });
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
      loopback,
      openLoopback,
    });
    const socket = socketPath(place.storeFolder);
    removeSocket(socket);
    await shell.listen("socket", { path: socket });
    chmodSync(socket, 0o600);
    let port = wanted;
    for (let tries = 0; ; tries++) {
      try {
        const server = await shell.listen("port", { host: address, port });
        port = (server.address() as AddressInfo).port;
        break;
      } catch (error) {
        const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
        if (!taken || tries > 50) throw error;
        if (options.port !== undefined) {
          await shell.close();
          await app.close();
          throw new CapstanError("CAP-SERVER-001", { port });
        }
        port++;
      }
    }
    writeHostFile(place.storeFolder, { socket, port, pid: process.pid, version });
    const url = `http://127.0.0.1:${port}`;
    await app.start({ url });
    let closed: Promise<void> | undefined;
    return {
      app,
      url,
      port,
      wanted: port === wanted || wanted === 0 ? undefined : wanted,
      close: () =>
        (closed ??= (async () => {
          await app.stop();
          await shell.close();
          await app.close();
          removeSocket(socket);
          writeHostFile(place.storeFolder, { socket, port, version });
          held.release();
        })()),
    };
  }
}

/** Where the built pages are: beside the bundle, or in the workspace. */
function webRoot(): string {
  if (import.meta.url.endsWith(".ts")) return join(dirname(createRequire(import.meta.url).resolve("@capstan/web/package.json")), "dist");
  return new URL("./web", import.meta.url).pathname;
}
