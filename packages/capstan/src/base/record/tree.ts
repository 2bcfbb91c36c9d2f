import { hash } from "node:crypto";

/** RFC 6962: a leaf is hashed behind a zero byte, an inner node behind a one, so that neither can be taken for the other. */
const leafPrefix = Buffer.from([0]);
const nodePrefix = Buffer.from([1]);

export const hashLeaf = (leaf: string | Uint8Array): Buffer =>
  hash("sha256", typeof leaf === "string" ? `\0${leaf}` : Buffer.concat([leafPrefix, leaf]), "buffer");
export const hashNode = (left: Uint8Array, right: Uint8Array): Buffer => hash("sha256", Buffer.concat([nodePrefix, left, right]), "buffer");
/** Root of the tree without leaves. */
export const emptyRoot: Buffer = hash("sha256", "", "buffer");
export const hashBytes = 32;

/**
 * The right edge of a growing tree: roots of its complete subtrees, largest first. Append is amortised one inner hash, root and copy are O(log n).
 * Invariant: one hash for each bit that is set in `size`.
 */
export class Frontier {
  #hashes: Buffer[];
  #size: number;

  constructor(size = 0, hashes: readonly Uint8Array[] = []) {
    if (hashes.length !== bitsOf(size))
      throw new RangeError(`a tree of ${size} leaves has ${bitsOf(size)} complete subtrees, not ${hashes.length}`);
    this.#size = size;
    this.#hashes = hashes.map((one) => Buffer.from(one));
  }

  get size(): number {
    return this.#size;
  }

  append(leafHash: Uint8Array): void {
    let node: Buffer = Buffer.from(leafHash);
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) node = hashNode(this.#hashes.pop() as Buffer, node);
    this.#hashes.push(node);
    this.#size += 1;
  }

  root(): Buffer {
    let root: Buffer | undefined;
    for (let i = this.#hashes.length - 1; i >= 0; i--) root = root ? hashNode(this.#hashes[i] as Buffer, root) : this.#hashes[i];
    return root ?? emptyRoot;
  }

  toBytes(): Buffer {
    return Buffer.concat(this.#hashes);
  }

  static fromBytes(size: number, bytes: Uint8Array): Frontier {
    const hashes: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += hashBytes) hashes.push(bytes.subarray(at, at + hashBytes));
    return new Frontier(size, hashes);
  }
}

/** Bits that are set, also above 2^31. */
function bitsOf(size: number): number {
  let bits = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}
