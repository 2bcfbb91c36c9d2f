import type { Capability } from "@capstan/contract";
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Caller } from "../../../base/foundation/caller.ts";

/** A request as MLflow means it: `input` is the message, wherever it came in (query or body). */
export type WireRequest = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly input: Input;
  /** The bytes sent, for routes that take no JSON; read at most once. */
  readonly bytes: Readable;
  readonly headers: IncomingHttpHeaders;
  readonly caller: Caller;
  /** The asker takes no stream, however long the answer is. */
  whole?: boolean;
};
export type Input = Readonly<Record<string, unknown>>;

/** `stream` is piped and closed by the one who mounts; an aborted answer destroys it. `file`: bytes `start` to `end` of a file of this machine. */
export type WireReply = {
  status: number;
  headers?: Record<string, string>;
  json?: unknown;
  text?: string;
  stream?: Readable;
  file?: { path: string; start: number; end: number };
};

/** `{name}` is one segment of a path, `{name...}` the rest. `takes` says what the body is. */
export type WireRoute = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "PATCH";
  readonly path: string;
  readonly capability: Capability;
  readonly takes: "message" | "bytes";
  handle(request: WireRequest): Promise<WireReply>;
};
