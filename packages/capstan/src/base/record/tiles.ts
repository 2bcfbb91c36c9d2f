import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Database } from "../storage/database.ts";
import type { ReadSubtree } from "./proof.ts";
import { Frontier, hashBytes } from "./tree.ts";

/** C2SP tlog-tiles: 256 hashes a tile, level by level; leaves lie in entry bundles of 256. Immutable once full. */
export const tileWidth = 256;

const number = (n: number): string => {
  const digits = String(n).padStart(Math.ceil(String(n).length / 3) * 3, "0");
  return (digits.match(/.{3}/g) as string[]).map((part, i, all) => (i < all.length - 1 ? `x${part}` : part)).join("/");
};
export const tilePath = (level: number | "entries", n: number, width = tileWidth): string =>
  `tile/${level}/${number(n)}${width < tileWidth ? `.p/${width}` : ""}`;

/** Hashes that level `level` has in a tree of `size` leaves. */
const countOf = (level: number, size: number): number => Math.floor(size / tileWidth ** level);
export const widthOf = (level: number, n: number, size: number): number => Math.min(tileWidth, countOf(level, size) - n * tileWidth);

export const rootOfHashes = (hashes: Uint8Array): Buffer => {
  const frontier = new Frontier();
  for (let at = 0; at < hashes.length; at += hashBytes) frontier.append(hashes.subarray(at, at + hashBytes));
  return frontier.root();
};

/** Each entry behind its length in 16 bits, big endian. */
export const toEntryBundle = (leaves: readonly string[]): Buffer =>
  Buffer.concat(
    leaves.flatMap((leaf) => {
      const bytes = Buffer.from(leaf);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      return [length, bytes];
    }),
  );

/** Undefined when the bytes do not end with an entry. */
export function findEntries(bundle: Uint8Array): Buffer[] | undefined {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const leaves: Buffer[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return undefined;
    leaves.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return at === bytes.length ? leaves : undefined;
}

export type Tiles = {
  /** Brings the files up to a tree of `size`; what is there already is kept. */
  publish(size: number, note: string): Promise<void>;
  /** Throws away all files and writes them again from the database. */
  rebuild(size: number, note: string): Promise<void>;
  /** Reads hashes of the tree of `size`, which must be published. */
  reader(size: number): ReadSubtree;
  /** Leaf hashes of tile n at level 0, as far as the file of a tree of `size` has them; undefined without a file. */
  findLeafHashes(n: number, size: number): Promise<Buffer | undefined>;
  readonly folder: string;
};

/** The tree as plain files that any static server can hand out. Not fsynced: they can be made again at any time. */
export function openTiles(folder: string, database: Database): Tiles {
  const find = async (path: string): Promise<Buffer | undefined> => readFile(join(folder, path)).catch(() => undefined);
  const write = async (path: string, bytes: string | Uint8Array): Promise<void> => {
    const whole = join(folder, path);
    await mkdir(dirname(whole), { recursive: true });
    await writeFile(`${whole}.tmp`, bytes);
    await rename(`${whole}.tmp`, whole);
  };
  const publishedSize = async (): Promise<number> => Number((await find("checkpoint"))?.toString().split("\n")[1] ?? 0);

  const writeTile = async (level: number | "entries", n: number, width: number, bytes: Uint8Array): Promise<void> => {
    await write(tilePath(level, n, width), bytes);
    const partial = join(folder, `${tilePath(level, n)}.p`);
    if (width === tileWidth) await rm(partial, { recursive: true, force: true });
  };

  const publish = async (size: number, note: string): Promise<void> => {
    const before = await publishedSize();
    if (size <= before) return;
    for (let n = Math.floor(before / tileWidth); n * tileWidth < size; n++) {
      const width = widthOf(0, n, size);
      const rows = await database.all<{ leaf: string; leaf_hash: Uint8Array }>(
        "select leaf, leaf_hash from entry where idx >= ? and idx < ? order by idx",
        [n * tileWidth, n * tileWidth + width],
      );
      await writeTile("entries", n, width, toEntryBundle(rows.map((row) => row.leaf)));
      await writeTile(0, n, width, Buffer.concat(rows.map((row) => row.leaf_hash)));
    }
    for (let level = 1; countOf(level, size) > 0; level++) {
      const had = countOf(level, before);
      const has = countOf(level, size);
      for (let n = Math.floor(had / tileWidth); n * tileWidth < has; n++) {
        const width = widthOf(level, n, size);
        const kept = Math.max(0, had - n * tileWidth);
        const hashes = kept > 0 ? [await tile(level, n, kept)] : [];
        for (let k = n * tileWidth + kept; k < n * tileWidth + width; k++) hashes.push(rootOfHashes(await tile(level - 1, k, tileWidth)));
        if (width > kept) await writeTile(level, n, width, Buffer.concat(hashes));
      }
    }
    await write("checkpoint", note);
  };

  const tile = async (level: number, n: number, width: number): Promise<Buffer> => {
    const bytes = (await find(tilePath(level, n, width))) ?? (await find(tilePath(level, n)));
    if (!bytes || bytes.length < width * hashBytes) throw new Error(`tile ${tilePath(level, n, width)} is absent or short`);
    return bytes.subarray(0, width * hashBytes);
  };

  let queue: Promise<void> = Promise.resolve();
  const inOrder = (work: () => Promise<void>): Promise<void> => {
    queue = queue.then(work, work);
    return queue;
  };
  const rebuild = async (size: number, note: string): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    await publish(size, note);
  };

  return {
    folder,
    publish: (size, note) => inOrder(() => publish(size, note).catch(() => rebuild(size, note))),
    rebuild: (size, note) => inOrder(() => rebuild(size, note)),
    reader: (size) => {
      // A proof touches the same few tiles many times.
      const seen = new Map<string, Promise<Buffer>>();
      return async (level, index) => {
        const tileLevel = Math.floor(level / 8);
        const span = 2 ** (level - 8 * tileLevel);
        const first = index * span;
        const n = Math.floor(first / tileWidth);
        const key = `${tileLevel}/${n}`;
        const bytes = seen.get(key) ?? tile(tileLevel, n, widthOf(tileLevel, n, size));
        seen.set(key, bytes);
        const start = (first - n * tileWidth) * hashBytes;
        return rootOfHashes((await bytes).subarray(start, start + span * hashBytes));
      };
    },
    async findLeafHashes(n, size) {
      const width = widthOf(0, n, size);
      return width > 0 ? tile(0, n, width).catch(() => undefined) : undefined;
    },
  };
}
