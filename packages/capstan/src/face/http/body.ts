import type { IncomingMessage } from "node:http";
import { CapstanError } from "../../base/foundation/errors.ts";
import { wholeBody } from "../../base/foundation/whole-body.ts";

/** The whole body, refused as soon as it is larger than `limitBytes`. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limitBytes) throw new CapstanError("CAP-REQUEST-003", { limit: limitBytes });
  const bytes = await wholeBody(request, limitBytes);
  if (!bytes) throw new CapstanError("CAP-REQUEST-003", { limit: limitBytes });
  return bytes;
}

/** A JSON object; a missing body is an empty one. */
export async function readJson(request: IncomingMessage, limitBytes: number): Promise<Record<string, unknown>> {
  const bytes = await readBody(request, limitBytes);
  if (bytes.length === 0) return {};
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") throw new CapstanError("CAP-REQUEST-004", { expected: "application/json", actual: type || "nothing" });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new CapstanError("CAP-REQUEST-005", { problem: error instanceof Error ? error.message : "not UTF-8" });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CapstanError("CAP-REQUEST-005", { problem: "an object is expected" });
  return value as Record<string, unknown>;
}
