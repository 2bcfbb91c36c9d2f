import type { Readable } from "node:stream";

/**
 * A body, piece by piece. Who stops before its end leaves the stream open: the rest is let through by the one who mounts, so that a client that sends all before it reads
 * hears why it was refused. Who opened a stream that is no request closes it.
 */
export const bodyPieces = (bytes: Readable): AsyncIterable<Buffer> => ({
  [Symbol.asyncIterator]: () => bytes.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>,
});
