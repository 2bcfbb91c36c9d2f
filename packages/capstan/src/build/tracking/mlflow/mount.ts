import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Capability } from "@capstan/contract";
import type { Caller } from "../../../base/foundation/caller.ts";
import { isLarge, jsonStream } from "../../../base/foundation/json-pieces.ts";
import { sendFile } from "../../../base/foundation/sent-file.ts";
import { failureBody, toFailure, WireFailure } from "./failures.ts";
import { readMessage } from "./message.ts";
import type { WireReply, WireRoute } from "./model.ts";
import { mlflowPrefixes } from "./routes.ts";

/** A route as a shell of node:http takes it: it reads and answers by itself. */
export type Mounted = {
  method: string;
  path: string;
  capability: Capability;
  fail(thrown: unknown, response: ServerResponse): void;
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    context: { params: Record<string, string>; url: URL; caller: Caller },
  ): Promise<void>;
};

export const mounted = (route: WireRoute): Mounted => ({
  method: route.method,
  path: route.path,
  capability: route.capability,
  fail,
  async handle(request, response, { params, url, caller }) {
    try {
      const input = route.takes === "message" ? await readMessage(request, url) : {};
      await send(
        response,
        await route.handle({ params, query: url.searchParams, input, bytes: request, headers: request.headers, caller }),
      );
    } catch (thrown) {
      // The client went away: there is nobody to tell.
      if (response.headersSent || response.destroyed) return void response.destroy();
      fail(thrown, response);
      // A body that nobody read must not be taken for the next request.
      if (!request.complete) request.resume();
    }
  },
});

async function send(response: ServerResponse, reply: WireReply): Promise<void> {
  const headers = { "cache-control": "no-store", ...reply.headers };
  if (reply.file) return sendFile(response, reply.file, () => response.writeHead(reply.status, headers));
  if (reply.stream) {
    response.writeHead(reply.status, headers);
    return pipeline(reply.stream, response);
  }
  if (reply.text === undefined && isLarge(reply.json)) {
    response.writeHead(reply.status, { "content-type": "application/json", ...headers });
    return pipeline(jsonStream(reply.json), response);
  }
  const [type, text] =
    reply.text === undefined ? ["application/json", JSON.stringify(reply.json ?? {})] : ["text/plain; charset=utf-8", reply.text];
  response.writeHead(reply.status, { "content-type": type, "content-length": Buffer.byteLength(text), ...headers });
  response.end(text);
}

/** Answers a failure in the form of the protocol. */
export function fail(thrown: unknown, response: ServerResponse): void {
  const failure = toFailure(thrown);
  const text = JSON.stringify(failureBody(failure));
  response.writeHead(failure.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    // A client that repeats what is wrong is at least not kept waiting: a second is the least that it takes from us.
    ...(failure.mistaken && { "retry-after": "1" }),
    ...(failure.status === 401 && { "www-authenticate": 'Basic realm="mlflow"' }),
  });
  response.end(text);
}

/** What answers below the prefixes where no route does: clients take this for "try another way". */
export const unknownBelow: readonly { prefix: string; answer(response: ServerResponse, path: string): void }[] = mlflowPrefixes.map(
  (prefix) => ({
    prefix,
    answer: (response, path) => fail(new WireFailure("ENDPOINT_NOT_FOUND", `Not Found: ${path.slice(0, 500)}`), response),
  }),
);
