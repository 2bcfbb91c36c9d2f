import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".json": "application/json; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};
export const securityHeaders = {
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

/** The built user interface. Hashed assets are immutable; every other path is the page itself. Texts are compressed once and kept. */
export function createStaticFiles(root: string) {
  const compressed = new Map<string, Buffer>();
  return {
    available: () => existsSync(join(root, "index.html")),
    answer(path: string, response: ServerResponse, acceptsBrotli: boolean): void {
      const clean = normalize(path).replace(/^(\.\.(\/|$))+/, "");
      let file = join(root, clean);
      if (!file.startsWith(root) || !existsSync(file) || !statSync(file).isFile()) file = join(root, "index.html");
      const type = types[extname(file)] ?? "application/octet-stream";
      const headers: Record<string, string> = {
        ...securityHeaders,
        "content-type": type,
        "cache-control": file.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
        vary: "accept-encoding",
      };
      if (acceptsBrotli && /text|json|svg|javascript/.test(type)) {
        const stamp = `${file}:${statSync(file).mtimeMs}`;
        let body = compressed.get(stamp);
        if (!body) {
          body = brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
          compressed.set(stamp, body);
        }
        response.writeHead(200, { ...headers, "content-encoding": "br", "content-length": String(body.length) });
        response.end(body);
        return;
      }
      response.writeHead(200, headers);
      createReadStream(file).pipe(response);
    },
  };
}
