import type { FileHandle } from "node:fs/promises";

/**
 * One file of many small objects: a head, the objects' bytes one after the other, an index in ascending order of digests, a tail. Its name is the SHA-256 of all of it.
 * Numbers are unsigned, big-endian.
 */
export const packHead = Buffer.from("capstan pack 1\n\n");
const packEnd = Buffer.from("packend\n");
/** Digest, offset from the beginning of the file, size. */
const entryBytes = 32 + 8 + 8;
/** Offset of the index, number of entries, the word that ends it. */
const tailBytes = 8 + 8 + 8;

export type PackEntry = { digest: string; start: number; sizeBytes: number };

/** What follows the objects: index and tail. */
export function packIndex(entries: readonly PackEntry[], startOfIndex: number): Buffer {
  const sorted = entries.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
  const index = Buffer.alloc(sorted.length * entryBytes + tailBytes);
  sorted.forEach(({ digest, start, sizeBytes }, i) => {
    index.write(digest, i * entryBytes, "hex");
    index.writeBigUInt64BE(BigInt(start), i * entryBytes + 32);
    index.writeBigUInt64BE(BigInt(sizeBytes), i * entryBytes + 40);
  });
  index.writeBigUInt64BE(BigInt(startOfIndex), sorted.length * entryBytes);
  index.writeBigUInt64BE(BigInt(sorted.length), sorted.length * entryBytes + 8);
  packEnd.copy(index, sorted.length * entryBytes + 16);
  return index;
}

/** The index of a pack in memory: 48 bytes an object. */
export type PackIndex = {
  readonly count: number;
  find(digest: string): PackEntry | undefined;
  /** Those whose digests begin with these two digits, in order. */
  beginningWith(prefix: string): Generator<PackEntry>;
};

/** Undefined when the file is no whole pack. */
export async function readPackIndex(file: FileHandle): Promise<PackIndex | undefined> {
  const { size } = await file.stat();
  if (size < packHead.length + tailBytes) return undefined;
  const [head, tail] = [Buffer.alloc(packHead.length), Buffer.alloc(tailBytes)];
  await file.read(head, 0, head.length, 0);
  await file.read(tail, 0, tail.length, size - tailBytes);
  const start = Number(tail.readBigUInt64BE(0));
  const count = Number(tail.readBigUInt64BE(8));
  if (!head.equals(packHead) || !tail.subarray(16).equals(packEnd) || start + count * entryBytes + tailBytes !== size) return undefined;
  const index = Buffer.alloc(count * entryBytes);
  await file.read(index, 0, index.length, start);
  const at = (i: number): PackEntry => ({
    digest: index.toString("hex", i * entryBytes, i * entryBytes + 32),
    start: Number(index.readBigUInt64BE(i * entryBytes + 32)),
    sizeBytes: Number(index.readBigUInt64BE(i * entryBytes + 40)),
  });
  for (let i = 0; i < count; i++) {
    const one = at(i);
    if (one.start < packHead.length || one.start + one.sizeBytes > start) return undefined;
    if (i > 0 && index.compare(index, (i - 1) * entryBytes, (i - 1) * entryBytes + 32, i * entryBytes, i * entryBytes + 32) <= 0)
      return undefined;
  }
  /** Place of the first entry that is not before a digest, or its beginning. */
  const placeOf = (wanted: Buffer): number => {
    let low = 0;
    for (let high = count; low < high;) {
      const middle = (low + high) >>> 1;
      if (wanted.compare(index, middle * entryBytes, middle * entryBytes + wanted.length) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    count,
    find(digest) {
      const wanted = Buffer.from(digest, "hex");
      const i = placeOf(wanted);
      if (wanted.length !== 32 || i >= count || wanted.compare(index, i * entryBytes, i * entryBytes + 32) !== 0) return undefined;
      return at(i);
    },
    *beginningWith(prefix) {
      const wanted = Buffer.from(prefix, "hex");
      for (let i = placeOf(wanted); i < count && wanted.compare(index, i * entryBytes, i * entryBytes + wanted.length) === 0; i++)
        yield at(i);
    },
  };
}
