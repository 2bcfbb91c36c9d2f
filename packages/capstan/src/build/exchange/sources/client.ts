import { once } from "node:events";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as safeRequest } from "node:https";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Json } from "./words.ts";

export type Credentials = { token?: string | undefined; user?: string | undefined; password?: string | undefined };
const tries = 4;

const pythonWords = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;
/** JSON, also as Python writes it: some answers have bare NaN and Infinity, which become texts. */
export function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return JSON.parse(text.replace(pythonWords, (found) => (found.startsWith('"') ? found : `"${found}"`))) as Json;
  }
}

/** Requests to an MLflow server. What may be repeated is, when the server was busy or the network lost it. */
export function createMlflowClient(address: string, { token, user, password }: Credentials) {
  const url = new URL(address);
  const basic = user ?? (url.username === "" ? undefined : decodeURIComponent(url.username));
  const secret = password ?? decodeURIComponent(url.password);
  const base = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}`;
  const authorization =
    token !== undefined
      ? `Bearer ${token}`
      : basic !== undefined
        ? `Basic ${Buffer.from(`${basic}:${secret}`).toString("base64")}`
        : undefined;

  const failed = (status: number, path: string, problem: string): CapstanError =>
    new CapstanError("CAP-EXCHANGE-003", {
      source: base,
      status: status === 0 ? "nothing" : status,
      path: path.split("?")[0] ?? "",
      problem,
    });

  async function send(
    method: string,
    path: string,
    body?: string | Uint8Array,
    headers: Readonly<Record<string, string>> = { "content-type": "application/json" },
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      let problem: string;
      let status = 0;
      try {
        const answer = await fetch(`${base}${path}`, {
          method,
          redirect: "error",
          headers: { ...(authorization && { authorization }), ...(body !== undefined && headers) },
          ...(body !== undefined && { body: body as string }),
        });
        if (answer.ok) return answer;
        status = answer.status;
        problem = (await answer.text()).slice(0, 500).replace(/\s+/g, " ");
        if (status < 500 && status !== 429 && status !== 408) attempt = tries;
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        problem = cause instanceof Error ? cause.message || ("code" in cause ? String(cause.code) : "no answer") : String(cause);
      }
      if (attempt >= tries) throw failed(status, path, problem);
      await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** attempt));
    }
  }

  /** Bytes with their length said before: servers of this kind lose a body that comes in chunks. */
  async function upload(path: string, bytes: Readable, sizeBytes: number): Promise<void> {
    const headers = { ...(authorization && { authorization }), "content-type": "application/octet-stream", "content-length": sizeBytes };
    const asked = (url.protocol === "https:" ? safeRequest : plainRequest)(`${base}${path}`, { method: "PUT", headers });
    const answered = once(asked, "response") as Promise<[IncomingMessage]>;
    try {
      const [[answer]] = await Promise.all([answered, pipeline(bytes, asked)]);
      const text = (await answer.toArray()).join("");
      if (answer.statusCode !== 200) throw failed(answer.statusCode ?? 0, path, text.slice(0, 500).replace(/\s+/g, " "));
    } catch (error) {
      throw error instanceof CapstanError ? error : failed(0, path, error instanceof Error ? error.message : String(error));
    }
  }

  /** Spans in protobuf, as OpenTelemetry's exporters send them. */
  async function spans(experimentId: string, bytes: Uint8Array): Promise<void> {
    await send("POST", "/v1/traces", bytes, { "content-type": "application/x-protobuf", "x-mlflow-experiment-id": experimentId });
  }

  return {
    label: base,
    spans,
    send,
    upload,
    /** Undefined when there is nothing at that path: another version of MLflow, or another kind of its store. */
    async find(path: string): Promise<Json | undefined> {
      try {
        return readJson(await (await send("GET", path)).text());
      } catch (error) {
        if (error instanceof CapstanError && [404, 405, 501].includes(Number(error.params["status"]))) return undefined;
        throw error;
      }
    },
    get: async (path: string): Promise<Json> => readJson(await (await send("GET", path)).text()),
    post: async (path: string, body: object): Promise<Json> => readJson(await (await send("POST", path, JSON.stringify(body))).text()),
    patch: async (path: string, body: object): Promise<Json> => readJson(await (await send("PATCH", path, JSON.stringify(body))).text()),
  };
}

export const queryText = (values: Readonly<Record<string, string | number | readonly string[] | undefined>>): string => {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(key, String(one));
  }
  return query.toString();
};
