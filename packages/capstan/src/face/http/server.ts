import type { Capability } from "@capstan/contract";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { getuid } from "node:process";
import type { AccessService } from "../../base/access/service.ts";
import { tokenOfHeader } from "../../base/access/tokens.ts";
import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError, toCapstanError } from "../../base/foundation/errors.ts";
import type { Ids } from "../../base/foundation/ids.ts";
import type { Log } from "../../base/foundation/log.ts";
import type { Span, Tracing } from "../../base/foundation/tracing.ts";
import { limitConnections } from "./connection-limit.ts";
import type { createLive } from "./live.ts";
import { answerOperation, type Bound, bindPaths } from "./operations.ts";
import { addPath, emptyTree, findPath } from "./paths.ts";
import { peerUser } from "./peer.ts";
import { urlOf } from "./request-url.ts";
import { type createStaticFiles, securityHeaders } from "./static-files.ts";

/** A route with its own wire form (MLflow, Open Inference Protocol, artifacts): it reads and answers by itself, behind the same gate. */
export type WireRoute = {
  method: string;
  path: string;
  capability: Capability;
  /** Answers a failure in the form of its protocol. */
  fail?(error: CapstanError, response: ServerResponse): void;
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    context: {
      params: Record<string, string>;
      url: URL;
      caller: Caller;
      /** Rejects once the caller would not be let in any more. */ admitted(): Promise<unknown>;
    },
  ): Promise<void>;
};

export type ShellParts = {
  access: AccessService;
  operations: readonly Bound[];
  wire: readonly WireRoute[];
  /** Answers below one of these prefixes when no wire route matches, in the form of its protocol. */
  unknownBelow: readonly { prefix: string; answer(response: ServerResponse, path: string): void }[];
  live: ReturnType<typeof createLive>;
  files: ReturnType<typeof createStaticFiles>;
  openApi(): object;
  metrics(): Promise<string>;
  ids: Ids;
  log: Log;
  tracing: Tracing;
  /** How long a body may pause before its connection is given up; a minute unless said. */
  bodyPauseMs?: number;
  /** How many files and connections may be open; undefined: as many as there come. */
  openFiles?: number | undefined;
  /** Bound to loopback addresses only. */
  loopback: boolean;
  openLoopback: boolean;
};

// See connection.ts: an import costs 40 ms more.
const { createServer } = process.getBuiltinModule("node:http");

/** The HTTP shell. Every request passes the same few lines: gate, then operation, wire route, or page. */
export function createShell(parts: ShellParts) {
  const paths = bindPaths(parts.operations);
  const ownUser = getuid?.();
  const wire = emptyTree<WireRoute>();
  for (const route of parts.wire) addPath(wire, route.method, route.path, route);
  const started = new Set<Server>();

  async function answer(request: IncomingMessage, response: ServerResponse, transport: "socket" | "port", span?: Span): Promise<void> {
    const url = urlOf(request);
    const method = request.method === "HEAD" ? "GET" : (request.method ?? "GET");
    if (url.pathname === "/health") return void response.writeHead(200, { "content-type": "text/plain" }).end("OK");
    const cookies = cookiesOf(request.headers.cookie);
    const facts = {
      method,
      transport,
      host: onlyHost(request),
      origin: request.headers.origin,
      fetchSite: header(request, "sec-fetch-site"),
      proxied: Object.keys(request.headers).some((name) => name === "forwarded" || name === "via" || name.startsWith("x-forwarded-")),
      loopback: parts.loopback,
    };
    const token = tokenOfHeader(request.headers.authorization);
    const admitted = (): Promise<Caller> => parts.access.admit(facts, token, cookies["capstan_session"]);
    const route = findPath(wire, method, url.pathname);
    /** A refusal in the words of the route's own protocol, where it has some. */
    const refuse = (thrown: unknown): void => {
      if (!route?.value.fail || response.headersSent) throw thrown;
      route.value.fail(toCapstanError(thrown), response);
    };
    let known: Caller;
    try {
      known = await admitted();
    } catch (thrown) {
      return refuse(thrown);
    }
    // Opened by the one who started the server: whoever reaches the port from this machine may do what a local session may.
    const opened = known.via === "loopback" && parts.openLoopback;
    const caller = opened ? { ...known, roles: parts.access.local.roles, capabilities: parts.access.local.capabilities } : known;
    if (caller.via === "loopback" && !opened && ownUser !== undefined) {
      const peer = await peerUser(request.socket);
      if (peer !== undefined && peer !== ownUser)
        return refuse(new CapstanError("CAP-ACCESS-001", { problem: "another user of this machine needs a token" }));
    }

    if (route) {
      span?.rename(`${method} ${route.value.path}`);
      try {
        const acting = parts.access.authorize(caller, route.value.capability, route.params["project"]);
        return await route.value.handle(request, response, { params: route.params, url, caller: acting, admitted });
      } catch (thrown) {
        return refuse(thrown);
      }
    }
    if (url.pathname === "/api/v1/events") {
      parts.access.authorize(caller, "read", undefined);
      return parts.live.open(response, { projects: caller.projects, admitted });
    }
    if (url.pathname === "/api/v1/openapi.json") return json(response, 200, parts.openApi());
    if (url.pathname === "/api/v1/session")
      return json(response, 200, {
        actor: caller.actor.name,
        via: caller.via,
        roles: caller.roles,
        capabilities: [...caller.capabilities],
      });
    if (url.pathname.startsWith("/api/v1/")) return answerOperation(paths, request, response, url, caller, parts.access.authorize, span);
    if (url.pathname === "/metrics") {
      parts.access.authorize(caller, "read", undefined, true);
      return void response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(await parts.metrics());
    }
    const unknown = parts.unknownBelow.find((one) => url.pathname === one.prefix || url.pathname.startsWith(`${one.prefix}/`));
    if (unknown) return unknown.answer(response, url.pathname);
    if (method !== "GET") throw new CapstanError("CAP-REQUEST-002", { path: url.pathname });
    const link = url.searchParams.get("link");
    if (link !== null) {
      const secret = await parts.access.redeem(link);
      url.searchParams.delete("link");
      const headers: Record<string, string> = { location: url.pathname + url.search, "cache-control": "no-store", ...securityHeaders };
      if (secret !== undefined) headers["set-cookie"] = `capstan_session=${secret}; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000`;
      return void response.writeHead(303, headers).end();
    }
    if (!parts.files.available()) {
      return void response
        .writeHead(200, { "content-type": "text/plain; charset=utf-8", ...securityHeaders })
        .end("Capstan is running. Its pages are not built yet: npm run dev, or npm start.\n");
    }
    parts.files.answer(url.pathname, response, /\bbr\b/.test(header(request, "accept-encoding") ?? ""));
  }

  const answered = async (request: IncomingMessage, response: ServerResponse, transport: "socket" | "port"): Promise<void> =>
    parts.tracing.enabled
      ? parts.tracing.span(
          request.method ?? "GET",
          { "http.request.method": request.method ?? "GET", "url.path": urlOf(request).pathname },
          async (span) => {
            await answer(request, response, transport, span);
            span.set({ "http.response.status_code": response.statusCode });
          },
          header(request, "traceparent") ?? "",
        )
      : answer(request, response, transport);

  const listen = (transport: "socket" | "port", at: { host: string; port: number } | { path: string }): Promise<Server> => {
    const open = new WeakMap<Socket, [IncomingMessage, ServerResponse]>();
    const server = createServer((request, response) => {
      open.set(request.socket, [request, response]);
      answered(request, response, transport).catch((thrown: unknown) => {
        const id = parts.ids.ulid();
        const error = toCapstanError(thrown);
        if (error.status >= 500)
          parts.log.error("request.failed", {
            request: id,
            method: request.method,
            path: request.url,
            code: error.code,
            message: error.message,
            cause: error.cause instanceof Error ? error.cause.stack : undefined,
          });
        if (response.headersSent) return response.destroy();
        // Nobody waits for the rest of a body that is too large.
        if (error.status === 413) response.setHeader("connection", "close");
        json(response, error.status, errorAnswer(error, id));
        // A body that nobody read must not be taken for the next request.
        if (!request.complete) request.resume();
      });
    });
    server.keepAliveTimeout = 65_000;
    // A large body may take its time, a silent one not; who waits for an answer or for events is left in peace.
    server.requestTimeout = 0;
    const bodyPauseMs = parts.bodyPauseMs ?? 60_000;
    server.setTimeout(bodyPauseMs, (socket: Socket) => {
      const [request, response] = open.get(socket) ?? [];
      if (!request || request.complete) return;
      if (response && !response.headersSent)
        json(response.setHeader("connection", "close"), 408, {
          error: new CapstanError("CAP-REQUEST-006", { seconds: bodyPauseMs / 1000 }).body(),
        });
      socket.destroySoon();
    });
    server.maxRequestsPerSocket = 0;
    limitConnections(server, { openFiles: parts.openFiles, log: parts.log, nowMs: () => performance.now() });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(at, () => {
        server.off("error", reject);
        started.add(server);
        resolve(server);
      });
    });
  };

  return {
    listen,
    async close(): Promise<void> {
      parts.live.close();
      await Promise.all(
        [...started].map(
          (server) =>
            new Promise<void>((resolve) => {
              // Keeps the process alive: a connection whose other side has stopped in the middle of a request does not, and the rest of the ending would be left out.
              const patience = setTimeout(() => server.closeAllConnections(), 2000);
              server.close(() => {
                clearTimeout(patience);
                resolve();
              });
              server.closeIdleConnections();
            }),
        ),
      );
    },
  };
}

export const errorAnswer = (error: CapstanError, request: string): object => ({
  error: error.body(request),
  ...(error.others.length > 0 && { errors: [error, ...error.others].map((one) => one.body()) }),
});

export function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(status === 401 && { "www-authenticate": 'Basic realm="capstan"' }),
  });
  response.end(JSON.stringify(value));
}

/** Two names for this server are none: whoever stands between may believe the other one. */
function onlyHost(request: IncomingMessage): string | undefined {
  let found = 0;
  for (let i = 0; i < request.rawHeaders.length; i += 2) if (request.rawHeaders[i]?.toLowerCase() === "host") found++;
  return found === 1 ? request.headers.host : undefined;
}

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

function cookiesOf(text: string | undefined): Record<string, string> {
  const cookies: Record<string, string> = {};
  for (const part of (text ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at > 0) cookies[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return cookies;
}
