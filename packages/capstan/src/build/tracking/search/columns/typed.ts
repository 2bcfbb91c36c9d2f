export type List = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** The same values in an array that has room for `length` of them, half as many again when a new one is needed. */
export function grown<T extends List>(array: T, length: number): T {
  if (length <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => T)(Math.max(length, Math.ceil(array.length * 1.5), 1024));
  larger.set(array);
  return larger;
}

/** Numbers of rows, one after the other. */
export class RowList {
  #rows = new Uint32Array(0);
  #length = 0;
  get length(): number {
    return this.#length;
  }
  get bytes(): number {
    return this.#rows.byteLength;
  }
  push(row: number): void {
    this.#rows = grown(this.#rows, this.#length + 1);
    this.#rows[this.#length++] = row;
  }
  /** Not to be kept: the next `push` may leave it behind. */
  view(from = 0): Uint32Array {
    return this.#rows.subarray(from, this.#length);
  }
  clear(): void {
    this.#length = 0;
  }
}
