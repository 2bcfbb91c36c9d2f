import { request } from "node:http";
import { parentPort } from "node:worker_threads";

/** A thread that asks and throws the answer away, so that who measures beside it is not held up by reading. */
export type Asked = { url: string; body?: string };
export type Read = { status: number; bytes: number; ms: number };

parentPort?.on("message", ({ url, body }: Asked) => {
  const began = performance.now();
  const asked = request(
    url,
    {
      method: body === undefined ? "GET" : "POST",
      agent: false,
      headers: body === undefined ? {} : { "content-type": "application/json" },
    },
    (response) => {
      let bytes = 0;
      response.on("data", (piece: Buffer) => (bytes += piece.length));
      response.on("close", () =>
        parentPort?.postMessage({
          status: response.complete ? (response.statusCode ?? 0) : 0,
          bytes,
          ms: performance.now() - began,
        } satisfies Read),
      );
    },
  );
  asked.on("error", () => parentPort?.postMessage({ status: 0, bytes: 0, ms: performance.now() - began } satisfies Read));
  asked.end(body);
});
