import type { Readable } from "node:stream";

/**
 * All bytes of a stream; undefined as soon as there are more than `limitBytes`: the rest stays unread, and whoever answers lets it through or closes. Rejects when the
 * stream breaks off. By events, because a request with a small body pays more for an iterator than for all else that is done with it.
 */
export function wholeBody(bytes: Readable, limitBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let sizeBytes = 0;
    const stop = (): void => {
      bytes.off("data", take).off("end", end).off("error", fail).off("close", gone);
    };
    const take = (piece: Buffer): void => {
      sizeBytes += piece.length;
      pieces.push(piece);
      if (sizeBytes <= limitBytes) return;
      stop();
      bytes.pause();
      resolve(undefined);
    };
    const end = (): void => {
      stop();
      resolve(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
    };
    const fail = (error: Error): void => {
      stop();
      reject(error);
    };
    const gone = (): void => fail(new Error("the body broke off"));
    bytes.on("data", take).on("end", end).on("error", fail).on("close", gone);
  });
}
