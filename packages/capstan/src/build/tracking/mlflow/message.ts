import type { IncomingMessage } from "node:http";
import { wholeBody } from "../../../base/foundation/whole-body.ts";
import { invalid } from "./failures.ts";
import { readFrom } from "./fields.ts";
import type { Input } from "./model.ts";

/** A batch of the largest legal fields is below it. */
const largestBytes = 16 << 20;

/**
 * The message of a request: for GET the query when it has any argument, else the body, as old clients send it; repeated names are lists.
 * A missing body is an empty message, and a body that is a text holding JSON is read once more.
 */
export async function readMessage(request: IncomingMessage, url: URL): Promise<Input> {
  const method = request.method ?? "GET";
  if (method === "GET" && url.search.length > 1) return ofQuery(url.searchParams);
  if (method === "POST" || method === "PUT") {
    const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
    if (type !== "application/json")
      throw invalid(`Bad Request. Content-Type must be 'application/json'. It was ${type ? `'${type.slice(0, 100)}'` : "missing"}.`);
  }
  const bytes = await wholeBody(request, largestBytes);
  if (!bytes) throw invalid(`The request has more than ${largestBytes} bytes. Send it in parts, or as an artifact.`);
  if (bytes.length === 0) return {};
  let value: unknown;
  let text = "";
  try {
    text = decoder.decode(bytes);
    value = JSON.parse(text);
    if (typeof value === "string") value = JSON.parse((text = value));
  } catch (error) {
    throw invalid(`Malformed JSON in the request body: ${error instanceof Error ? error.message.slice(0, 200) : "not UTF-8"}`);
  }
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalid("The request body must be a JSON object.");
  readFrom(value as Input, text);
  return value as Input;
}
const decoder = new TextDecoder("utf-8", { fatal: true });

function ofQuery(query: URLSearchParams): Input {
  const input: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    input[name] = values.length > 1 ? values : values[0];
  }
  return input;
}
