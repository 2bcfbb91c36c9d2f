import { open, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The part of POSIX ustar that we write and read: plain files with short names, nothing else. */
export type Part = { readonly name: string; readonly bytes: Uint8Array };
const block = 512;

export async function* toTar(parts: AsyncIterable<Part>, atSeconds: number): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    yield header(part.name, part.bytes.length, atSeconds);
    yield part.bytes;
    const rest = part.bytes.length % block;
    if (rest > 0) yield Buffer.alloc(block - rest);
  }
  yield Buffer.alloc(2 * block);
}

function header(name: string, sizeBytes: number, atSeconds: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`${name} is too long for a bundle`);
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, width: number): void => void bytes.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at);
  bytes.write(name, 0);
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(sizeBytes, 124, 12);
  octal(atSeconds, 136, 12);
  bytes.write("        0", 148);
  bytes.write("ustar\x0000", 257);
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return bytes;
}

/** Files of a bundle by name; from a folder or a tar file. `find` is undefined for what is not there. */
export type PartSource = { find(name: string): Promise<Buffer | undefined>; close(): Promise<void> };

/** Larger than any part that we write; a bundle from elsewhere must not fill the memory. */
const largestPartBytes = 1 << 30;

export const folderSource = (folder: string): PartSource => ({
  find: (name) => readFile(join(folder, name)).catch(() => undefined),
  close: async () => undefined,
});

/** Reads the headers once, contents when asked. Undefined when it is no tar of plain files. */
export async function findTarSource(path: string): Promise<PartSource | undefined> {
  const file = await open(path, "r");
  const places = new Map<string, { at: number; sizeBytes: number }>();
  const head = Buffer.alloc(block);
  const { size } = await file.stat();
  let at = 0;
  for (; at + block <= size;) {
    await file.read(head, 0, block, at);
    if (head.every((byte) => byte === 0)) break;
    const name = head.toString("utf8", 0, 100).replace(/\0.*$/s, "");
    const sizeBytes = Number.parseInt(head.toString("latin1", 124, 136), 8);
    const type = head[156];
    const plain =
      head.toString("latin1", 257, 262) === "ustar" &&
      (type === 0 || type === 0x30) &&
      Number.isSafeInteger(sizeBytes) &&
      sizeBytes >= 0 &&
      sizeBytes <= largestPartBytes;
    if (!plain || places.has(name) || at + block + sizeBytes > size) {
      await file.close();
      return undefined;
    }
    places.set(name, { at: at + block, sizeBytes });
    at += block + Math.ceil(sizeBytes / block) * block;
  }
  if (places.size === 0) {
    await file.close();
    return undefined;
  }
  return {
    async find(name) {
      const place = places.get(name);
      if (!place) return undefined;
      const bytes = Buffer.alloc(place.sizeBytes);
      await file.read(bytes, 0, place.sizeBytes, place.at);
      return bytes;
    },
    close: () => file.close(),
  };
}
