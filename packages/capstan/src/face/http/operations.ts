import type { Operation } from "@capstan/contract";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { z } from "zod";
import type { AccessService } from "../../base/access/service.ts";
import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { isLarge, jsonStream } from "../../base/foundation/json-pieces.ts";
import type { Span } from "../../base/foundation/tracing.ts";
import { readJson } from "./body.ts";
import { addPath, emptyTree, findPath, type PathTree } from "./paths.ts";

/** An operation with what does it, as the shell mounts it. */
export type Bound = { name: string; operation: Operation; handle(input: unknown, caller: Caller): Promise<unknown> };

export function bindPaths(all: Iterable<Bound>): PathTree<Bound> {
  const tree = emptyTree<Bound>();
  for (const bound of all) addPath(tree, bound.operation.method, bound.operation.path.replace(/:(\w+)/g, "{$1}"), bound);
  return tree;
}

/** Path, query and body as the one flat input of an operation, checked against its schema. */
export function parseInput(name: string, operation: Operation, raw: Record<string, unknown>): unknown {
  const parsed = operation.input.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new CapstanError("CAP-REQUEST-001", { operation: name, problem: describe(parsed.error) });
}

export const describe = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`)
    .join("; ");

/** Answers `/api/v1/…`: finds the operation, lets the gate decide, parses, calls, replies. */
export async function answerOperation(
  paths: PathTree<Bound>,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  caller: Caller,
  authorize: AccessService["authorize"],
  span?: Span,
): Promise<void> {
  const found = findPath(paths, request.method ?? "GET", url.pathname.slice("/api/v1".length));
  if (!found) throw new CapstanError("CAP-REQUEST-002", { path: url.pathname });
  const { operation, name, handle } = found.value;
  span?.rename(name);
  let acting = authorize(
    caller,
    operation.capability,
    found.params["project"] ?? url.searchParams.get("project") ?? undefined,
    operation.wholeStore,
  );
  const body =
    operation.method === "GET" || operation.method === "DELETE" ? {} : await readJson(request, operation.bodyLimitBytes ?? 1 << 20);
  const query: Record<string, unknown> = {};
  for (const key of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(key);
    query[key] = values.length > 1 ? values : values[0];
  }
  const input = parseInput(name, operation, { ...query, ...body, ...found.params });
  // Where the path names no project, the input may: what is read counts, not what was asked first.
  const named = (input as { project?: unknown }).project;
  if (typeof named === "string") acting = authorize(caller, operation.capability, named);
  const output = await handle(input, acting);
  const headers = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
  if (isLarge(output)) {
    response.writeHead(200, headers);
    return pipeline(jsonStream(output), response);
  }
  const text = JSON.stringify(output ?? {});
  response.writeHead(200, headers);
  response.end(text);
}
