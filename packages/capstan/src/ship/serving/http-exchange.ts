import type { IncomingMessage, ServerResponse } from "node:http";
import { CapstanError, toCapstanError } from "../../base/foundation/errors.ts";
import type { Log } from "../../base/foundation/log.ts";

/** Largest body of an inference request, bytes. */
const bodyLimitBytes = 16 << 20;

export function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** `error` as the protocol has it, beside our own members. */
export function refuse(response: ServerResponse, thrown: unknown, trace: Log): void {
  const error = toCapstanError(thrown);
  if (error.status >= 500) trace.error("serving.refused", { code: error.code, error: error.message, cause: String(error.cause ?? "") });
  if (response.headersSent || response.destroyed) return;
  const { code, message, do: remedy } = error.body();
  if (error.status === 413) response.setHeader("connection", "close");
  reply(response, error.status, { error: message, code, do: remedy });
}

export const pathOf = (url: string): string[] => {
  const end = url.indexOf("?");
  return (end < 0 ? url : url.slice(0, end)).split("/").filter((part) => part !== "");
};

export function useOf(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const use = String(header);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(use))
    throw new CapstanError("CAP-REQUEST-001", {
      operation: "infer",
      problem: "Capstan-Use takes up to 64 letters, digits, dots, hyphens and underscores",
    });
  return use;
}

export function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new CapstanError("CAP-REQUEST-005", { problem: error instanceof Error ? error.message : String(error) });
  }
}

export function readBody(request: IncomingMessage, done: (error: CapstanError | undefined, body: string) => void): void {
  const limit = (): CapstanError => new CapstanError("CAP-REQUEST-003", { limit: bodyLimitBytes });
  if (Number(request.headers["content-length"] ?? 0) > bodyLimitBytes) {
    request.resume();
    return done(limit(), "");
  }
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let size = 0;
  let over = false;
  request.on("data", (piece: Buffer) => {
    if (over) return;
    size += piece.length;
    if (size > bodyLimitBytes) {
      over = true;
      return done(limit(), "");
    }
    if (!first) first = piece;
    else (more ??= [first]).push(piece);
  });
  request.on("end", () => {
    if (!over) done(undefined, more ? Buffer.concat(more).toString() : (first?.toString() ?? ""));
  });
}
