import { request } from "node:http";
import type { Fetch } from "./http.ts";

/** `fetch` over the private socket of a host: whoever may open it has the local session. */
export const socketFetch =
  (socketPath: string): Fetch =>
  (url, init) =>
    new Promise((resolve, reject) => {
      const { pathname, search } = new URL(url, "http://localhost");
      const asked = request(
        {
          socketPath,
          path: pathname + search,
          method: init.method,
          headers: {
            host: "localhost",
            ...init.headers,
            ...(init.body !== undefined && { "content-length": Buffer.byteLength(init.body) }),
          },
          ...(init.signal && { signal: init.signal }),
        },
        (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.on("error", reject);
          response.on("end", () => resolve({ status: response.statusCode ?? 0, text: async () => Buffer.concat(pieces).toString("utf8") }));
        },
      );
      asked.on("error", reject);
      asked.end(init.body);
    });
