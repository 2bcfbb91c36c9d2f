import { createReadStream } from "node:fs";
import { Agent, request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { stat } from "node:fs/promises";

/** A refusal, or a server that could not be reached. `again`: the same may succeed later. */
export class SendError extends Error {
  readonly again: boolean;
  readonly status: number;
  constructor(message: string, again: boolean, status = 0) {
    super(message);
    this.name = "SendError";
    this.again = again;
    this.status = status;
  }
}

export type Transport = {
  post(path: string, body: object): Promise<Record<string, unknown>>;
  putFile(path: string, file: string): Promise<Record<string, unknown>>;
  close(): void;
};

const retried = new Set([408, 429, 500, 502, 503, 504]);

/** HTTP over one kept connection. One try; whether to try again is said by the error. */
export function createTransport(uri: string, token: string | undefined, timeoutMs = 30_000): Transport {
  const base = new URL(uri.endsWith("/") ? uri : `${uri}/`);
  const secure = base.protocol === "https:";
  const agent = secure ? undefined : new Agent({ keepAlive: true, maxSockets: 4 });

  const send = (
    method: string,
    path: string,
    headers: Record<string, string | number>,
    write: (to: NodeJS.WritableStream) => void,
  ): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(
          error instanceof SendError
            ? error
            : new SendError(
                `${base.host} does not answer: ${error.message || ("code" in error ? String(error.code) : "no reason given")}`,
                true,
              ),
        );
      const answered = (response: IncomingMessage): void => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", fail);
        response.on("end", () => {
          const text = Buffer.concat(pieces).toString("utf8");
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) return resolve(jsonOf(text));
          const { message, error } = jsonOf(text) as { message?: string; error?: { message?: string } };
          reject(new SendError(message ?? error?.message ?? `${base.host} answered ${status}`, retried.has(status), status));
        });
      };
      const options = {
        method,
        ...(agent && { agent }),
        timeout: timeoutMs,
        headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
      };
      const url = new URL(path.replace(/^\//, ""), base);
      const asked = secure ? requestHttps(url, options, answered) : requestHttp(url, options, answered);
      asked.on("error", fail);
      asked.on("timeout", () => asked.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      write(asked);
    });

  return {
    post(path, body) {
      const text = JSON.stringify(body);
      return send("POST", path, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }, (to) => to.end(text));
    },
    async putFile(path, file) {
      const { size } = await stat(file).catch((error: unknown) => {
        throw new SendError(error instanceof Error ? error.message : String(error), false);
      });
      return send("PUT", path, { "content-type": "application/octet-stream", "content-length": size }, (to) => {
        const source = createReadStream(file);
        source.on("error", (error) =>
          (to as NodeJS.WritableStream & { destroy(error: Error): void }).destroy(new SendError(error.message, false) as Error),
        );
        source.pipe(to);
      });
    },
    close: () => agent?.destroy(),
  };
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
