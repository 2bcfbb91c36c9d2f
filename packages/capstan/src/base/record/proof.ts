import { hashNode } from "./tree.ts";

/** Root of the complete subtree of 2^level leaves that begins at leaf index · 2^level. */
export type ReadSubtree = (level: number, index: number) => Promise<Uint8Array>;
export type ProofStep = { readonly hash: Buffer; readonly side: "left" | "right" };

/** Largest power of two below `size`, which is at least 2. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** Root of the leaves from `start` up to `end`, which must be a subtree of the RFC's splitting. */
export async function rootOf(start: number, end: number, read: ReadSubtree): Promise<Buffer> {
  const size = end - start;
  const level = Math.log2(size);
  if (Number.isInteger(level) && start % size === 0) return Buffer.from(await read(level, start / size));
  const split = splitOf(size);
  return hashNode(await rootOf(start, start + split, read), await rootOf(start + split, end, read));
}

/** Siblings from the leaf upwards. */
export async function inclusionPath(index: number, size: number, read: ReadSubtree): Promise<ProofStep[]> {
  if (index < 0 || index >= size) throw new RangeError(`leaf ${index} is not in a tree of ${size}`);
  const path: ProofStep[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      path.push({ hash: await rootOf(middle, end, read), side: "right" });
      end = middle;
    } else {
      path.push({ hash: await rootOf(start, middle, read), side: "left" });
      start = middle;
    }
  }
  return path.reverse();
}

/** RFC 6962 section 2.1.2: that the tree of `size` grew out of that of `earlier`. Empty when they are the same or the earlier one is empty. */
export async function consistencyPath(earlier: number, size: number, read: ReadSubtree): Promise<Buffer[]> {
  if (earlier > size) throw new RangeError(`a tree of ${size} cannot have grown out of one of ${earlier}`);
  const part = async (until: number, start: number, end: number, whole: boolean): Promise<Buffer[]> => {
    if (until === end) return whole ? [] : [await rootOf(start, end, read)];
    const middle = start + splitOf(end - start);
    if (until <= middle) return [...(await part(until, start, middle, whole)), await rootOf(middle, end, read)];
    return [...(await part(until, middle, end, false)), await rootOf(start, middle, read)];
  };
  return earlier === 0 ? [] : part(earlier, 0, size, true);
}

/** The root that the path leads to; compare it with a signed one. */
export function rootOfInclusion(leafHash: Uint8Array, path: readonly ProofStep[]): Buffer {
  let node: Uint8Array = leafHash;
  for (const step of path) node = step.side === "left" ? hashNode(step.hash, node) : hashNode(node, step.hash);
  return Buffer.from(node);
}

/** Sides follow from index and size alone, so that a proof file needs only hashes; undefined when their number is wrong. */
export function withSides(index: number, size: number, hashes: readonly Uint8Array[]): ProofStep[] | undefined {
  const sides: ProofStep["side"][] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    sides.push(index < middle ? "right" : "left");
    if (index < middle) end = middle;
    else start = middle;
  }
  if (sides.length !== hashes.length) return undefined;
  return sides.reverse().map((side, i) => ({ side, hash: Buffer.from(hashes[i] as Uint8Array) }));
}

/** Whether both roots follow from the path (RFC 9162 section 2.1.4.2). */
export function isConsistent(
  earlier: number,
  size: number,
  earlierRoot: Uint8Array,
  root: Uint8Array,
  path: readonly Uint8Array[],
): boolean {
  if (earlier > size) return false;
  if (earlier === size) return path.length === 0 && Buffer.compare(earlierRoot, root) === 0;
  if (earlier === 0) return path.length === 0;
  const hashes = [...path];
  if (Number.isInteger(Math.log2(earlier))) hashes.unshift(earlierRoot);
  let node = earlier - 1;
  let last = size - 1;
  while (node % 2 === 1) {
    node = (node - 1) / 2;
    last = Math.floor(last / 2);
  }
  const first = hashes.shift();
  if (!first) return false;
  let before: Uint8Array = first;
  let after: Uint8Array = first;
  for (const hash of hashes) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      before = hashNode(hash, before);
      after = hashNode(hash, after);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      after = hashNode(after, hash);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && Buffer.compare(before, earlierRoot) === 0 && Buffer.compare(after, root) === 0;
}

/** `c2sp.org/tlog-proof@v1`: index, hashes in base64, an empty line, the checkpoint. */
export const proofFile = (index: number, path: readonly ProofStep[], checkpoint: string): string =>
  `c2sp.org/tlog-proof@v1\nindex ${index}\n${path.map((step) => `${step.hash.toString("base64")}\n`).join("")}\n${checkpoint}`;
