import type { ErrorBody, InputOf, OutputOf } from "@capstan/contract";
import type { OperationName, Operations } from "@capstan/contract/operations";
import { routes } from "@capstan/contract/routes";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { App } from "./app.ts";
import { CapstanError } from "./base/foundation/errors.ts";
import type { Environment } from "./base/foundation/environment.ts";
import type { Host, HostOptions } from "./host.ts";
import { readHostFile } from "./host-file.ts";
import type { ProjectFolder } from "./project-folder.ts";

/** How a command reaches the operations: through the host of the store, or by being it. What can be asked is the same. */
export type Connection = {
  call<K extends OperationName>(name: K, input: InputOf<Operations[K]>): Promise<OutputOf<Operations[K]>>;
  /** Address of the host's port; undefined when the store was opened only to be read. */
  readonly url: string | undefined;
  /** Present when this process is the host. */
  readonly host: Host | undefined;
  close(): Promise<void>;
};

/** To write: joins the running host, or becomes it. Tried again while a host is ending. */
export async function connectToWrite(options: HostOptions): Promise<Connection> {
  const { tryHost } = await import("./host.ts");
  for (let attempt = 0; ; attempt++) {
    const joined = await joinHost(options.place);
    if (joined) return joined;
    const host = await tryHost(options);
    if (host) return inProcess(host.app, host);
    if (attempt >= 50) throw new CapstanError("CAP-STORE-007", { folder: options.place.storeFolder });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** To look: the running host if there is one, else the database itself, read-only, in this process. */
export async function connectToRead(place: ProjectFolder, environment: Environment): Promise<Connection> {
  const joined = await joinHost(place);
  if (joined) return joined;
  if (!existsSync(join(place.storeFolder, "capstan.db"))) throw new CapstanError("CAP-STORE-008", { folder: place.folder });
  const { openApp } = await import("./app.ts");
  return inProcess(await openApp({ place, environment, mode: "read" }), undefined);
}

function inProcess(app: App, host: Host | undefined): Connection {
  return {
    async call(name, input) {
      return app.call(name, input, app.access.local);
    },
    url: host?.url,
    host,
    close: () => (host ? host.close() : app.close()),
  };
}

/** The host's private socket, if somebody answers there. */
async function joinHost(place: ProjectFolder): Promise<Connection | undefined> {
  const file = readHostFile(place.storeFolder);
  if (!file?.pid) return undefined;
  try {
    await overSocket(file.socket, "GET", "/health", undefined);
  } catch {
    return undefined;
  }
  return {
    async call(name, input) {
      const { method, path, rest } = addressOf(name, input as Record<string, unknown>);
      const reads = method === "GET" || method === "DELETE";
      const answer = await overSocket(file.socket, method, `/api/v1${path}${reads ? queryOf(rest) : ""}`, reads ? undefined : rest);
      return answer as never;
    },
    url: `http://127.0.0.1:${file.port}`,
    host: undefined,
    close: async () => undefined,
  };
}

function addressOf(name: OperationName, input: Record<string, unknown>): { method: string; path: string; rest: Record<string, unknown> } {
  const rest = { ...input };
  const definition = routes[name];
  if (!definition) throw new CapstanError("CAP-REQUEST-002", { path: name });
  const path = definition.path.replace(/\{(\w+)(\.\.\.)?\}/g, (_, key: string) => {
    const value = String(rest[key]);
    delete rest[key];
    return encodeURIComponent(value);
  });
  return { method: definition.method, path, rest };
}

function queryOf(values: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined && one !== null) query.append(key, String(one));
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

// An import would read every member of the module, and one of them loads a whole WebSocket client: 40 ms of each command.
const { request } = process.getBuiltinModule("node:http");

function overSocket(socketPath: string, method: string, path: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const asked = request({ socketPath, method, path, headers: text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) } }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => {
        const answer = Buffer.concat(pieces).toString("utf8");
        if (response.statusCode !== undefined && response.statusCode < 300) return resolve(answer.startsWith("{") ? JSON.parse(answer) : answer);
        try {
          reject(errorOf(JSON.parse(answer) as { error: ErrorBody; errors?: ErrorBody[] }));
        } catch {
          reject(new CapstanError("CAP-INTERNAL-001", { what: answer.slice(0, 200) }));
        }
      });
    });
    asked.on("error", reject);
    asked.end(text);
  });
}

/** An error that was made on the other side, said here in the same words. */
class RemoteError extends CapstanError {
  readonly #body: ErrorBody;
  constructor(body: ErrorBody, others: readonly CapstanError[]) {
    super(body.code as never, {}, { where: body.where, why: body.why, others });
    this.#body = body;
    this.message = body.message;
  }
  override get exit(): number {
    return this.#body.exit;
  }
  override get remedy(): string {
    return this.#body.do;
  }
  override body(): ErrorBody {
    return this.#body;
  }
}

const errorOf = (answer: { error: ErrorBody; errors?: ErrorBody[] }): CapstanError => new RemoteError(answer.error, (answer.errors ?? []).slice(1).map((one) => new RemoteError(one, [])));
