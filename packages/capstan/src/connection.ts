import type { InputOf, OutputOf } from "@capstan/contract";
import type { OperationName, Operations } from "@capstan/contract/operations";
import { type Route, routes } from "@capstan/contract/routes";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { App } from "./app.ts";
import { CapstanError } from "./base/foundation/errors.ts";
import type { Environment } from "./base/foundation/environment.ts";
import { sqlitePath } from "./base/storage/open-store.ts";
import type { Host, HostOptions } from "./host.ts";
import { readHostFile } from "./host-file.ts";
import type { ProjectFolder } from "./project-folder.ts";
import { callSocket, HostLost } from "./socket-call.ts";

/**
 * How a command reaches the operations: through the host of the store, or by being it. What can be asked is the same.
 *
 * It outlives its host: when that one ends while we work, we join the next, or become it, and ask again what may be asked twice.
 * A call that never reached the host is always repeated. One that may have begun is repeated when doing it twice is doing it once:
 * reads, PUT, and the verbs in `repeatable`; every other fails with CAP-SERVER-003, because nobody knows whether it happened.
 */
export type Connection = {
  call<K extends OperationName>(name: K, input: InputOf<Operations[K]>): Promise<OutputOf<Operations[K]>>;
  /** Address of the host's port; undefined when the store was opened only to be read. */
  readonly url: string | undefined;
  /** Present when this process is the host. */
  readonly host: Host | undefined;
  close(): Promise<void>;
};

/** Same content, same version; finished steps are found in the cache and running ones waited for; a tag and a due job are what they are. */
const repeatable: ReadonlySet<string> = new Set(["data.add", "pipeline.run", "runs.tag", "runs.progress", "jobs.run"]);
const mayRepeat = (name: string, route: Route): boolean =>
  route.method === "GET" || route.method === "PUT" || route.capability === "read" || repeatable.has(name);

/** How long a host may take to open or close its store before it counts as one that does not answer. */
const patienceMs = 15_000;
const pauseMs = 25;

/** To write: joins the running host, or becomes it. Tried again while a host is opening or ending. */
export async function connectToWrite(options: HostOptions): Promise<Connection> {
  const { tryHost } = await import("./host.ts");
  const reach = async (): Promise<Connection> => {
    for (const until = performance.now() + patienceMs; ;) {
      const joined = await joinHost(options.place);
      if (joined) return joined;
      const host = await tryHost(options);
      if (host) return inProcess(host.app, host);
      if (performance.now() > until) throw new CapstanError("CAP-STORE-007", { folder: options.place.storeFolder });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  return lasting(await reach(), reach);
}

/** To look: the running host if there is one, else the database itself, read-only, in this process. */
export async function connectToRead(place: ProjectFolder, environment: Environment): Promise<Connection> {
  const reach = async (): Promise<Connection> => {
    const joined = await joinHost(place);
    if (joined) return joined;
    if (place.database === undefined && !existsSync(sqlitePath(place))) {
      const inside = place.storeFolder === join(place.folder, ".capstan");
      throw new CapstanError("CAP-STORE-008", { folder: inside ? place.folder : place.storeFolder });
    }
    await import("./face/cli/short-lived.ts");
    const { openApp } = await import("./app.ts");
    return inProcess(await openApp({ place, environment, mode: "read" }), undefined);
  };
  return lasting(await reach(), reach);
}

/** One connection after the other; calls that lose theirs together wait for the same next one. */
function lasting(first: Connection, reach: () => Promise<Connection>): Connection {
  let current = first;
  let next: Promise<Connection> | undefined;
  return {
    async call(name, input) {
      for (;;) {
        const used = current;
        try {
          return await used.call(name, input);
        } catch (error) {
          if (!(error instanceof HostLost)) throw error;
          if (used === current) current = await (next ??= reach().finally(() => (next = undefined)));
          if (error.reached && !mayRepeat(name, routeOf(name)))
            throw new CapstanError("CAP-SERVER-003", { operation: name }, { cause: error });
        }
      }
    },
    get url() {
      return current.url;
    },
    get host() {
      return current.host;
    },
    close: () => current.close(),
  };
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
  const file = readHostFile(place.localFolder);
  if (!file?.pid) return undefined;
  try {
    await callSocket(file.socket, "GET", "/health", undefined);
  } catch {
    return undefined;
  }
  return {
    async call(name, input) {
      const { method, path, rest } = addressOf(name, input as Record<string, unknown>);
      const inQuery = method === "GET" || method === "DELETE";
      return (await callSocket(file.socket, method, `/api/v1${path}${inQuery ? queryOf(rest) : ""}`, inQuery ? undefined : rest)) as never;
    },
    url: `http://127.0.0.1:${file.port}`,
    host: undefined,
    close: async () => undefined,
  };
}

function routeOf(name: string): Route {
  const route = routes[name];
  if (!route) throw new CapstanError("CAP-REQUEST-002", { path: name });
  return route;
}

function addressOf(name: OperationName, input: Record<string, unknown>): { method: string; path: string; rest: Record<string, unknown> } {
  const rest = { ...input };
  const { method, path: pattern } = routeOf(name);
  const path = pattern.replace(/\{(\w+)(\.\.\.)?\}/g, (_, key: string) => {
    const value = String(rest[key]);
    delete rest[key];
    return encodeURIComponent(value);
  });
  return { method, path, rest };
}

function queryOf(values: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined && one !== null) query.append(key, String(one));
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}
