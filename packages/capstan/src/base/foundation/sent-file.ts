import { open } from "node:fs/promises";
import type { ServerResponse } from "node:http";

const pieceBytes = 1 << 19;

/**
 * Sends the bytes `start` to `end` of a file from two buffers that take turns: constant memory, and nothing for the engine to collect, which costs more than reading. `begin` writes
 * the head once the file is open. Rejects when the file is shorter or the reader went away.
 */
export async function sendFile(
  response: ServerResponse,
  { path, start, end }: { path: string; start: number; end: number },
  begin: () => void,
): Promise<void> {
  const file = await open(path, "r");
  let gone: (error: Error) => void = () => undefined;
  const closed = new Promise<never>((_, reject) => (gone = reject));
  closed.catch(() => undefined);
  const onClose = (): void => gone(new Error("the reader went away"));
  response.once("close", onClose);
  try {
    begin();
    const buffers = [Buffer.allocUnsafe(Math.min(pieceBytes, end - start)), Buffer.allocUnsafe(Math.min(pieceBytes, end - start))];
    let sent: Promise<void> = Promise.resolve();
    for (let at = start, turn = 0; at < end; turn++) {
      const buffer = buffers[turn % 2] as Buffer;
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) throw new Error("the file is shorter than it was said to be");
      at += bytesRead;
      await Promise.race([sent, closed]);
      sent = new Promise((resolve, reject) => {
        response.write(buffer.subarray(0, bytesRead), (error) => (error ? reject(error) : resolve()));
      });
      // Met at the next turn.
      sent.catch(() => undefined);
    }
    await Promise.race([sent, closed]);
    response.off("close", onClose);
    response.end();
  } finally {
    response.off("close", onClose);
    await file.close();
  }
}
