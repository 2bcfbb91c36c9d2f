import { pipeline } from "node:stream/promises";
import { CapstanError } from "../base/foundation/errors.ts";
import type { Store } from "../base/record/store.ts";
import type { WireRoute } from "../face/http/server.ts";

/** Bytes of the store by digest: immutable, so cached for ever; never interpreted by a browser. Takes one Range. */
export const blobRoute = (store: Store): WireRoute => ({
  method: "GET",
  path: "/api/v1/p/{project}/blobs/{digest}",
  capability: "read",
  async handle(request, response, { params }) {
    const digest = params["digest"] ?? "";
    const sizeBytes = /^[0-9a-f]{64}$/.test(digest) ? await store.blobs.size(digest) : undefined;
    if (sizeBytes === undefined) throw new CapstanError("CAP-STORE-006", { digest });
    const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const start = asked ? Math.min(Number(asked[1]), sizeBytes) : 0;
    const end = asked?.[2] ? Math.min(Number(asked[2]) + 1, sizeBytes) : sizeBytes;
    response.writeHead(asked ? 206 : 200, {
      "content-type": "application/octet-stream",
      "content-length": String(end - start),
      "content-disposition": "attachment",
      "x-content-type-options": "nosniff",
      "cache-control": "private, max-age=31536000, immutable",
      etag: `"${digest}"`,
      "accept-ranges": "bytes",
      ...(asked && { "content-range": `bytes ${start}-${end - 1}/${sizeBytes}` }),
    });
    await pipeline(await store.blobs.stream(digest, asked ? { start, end } : undefined), response);
  },
});
