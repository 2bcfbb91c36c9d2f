import { grown, type List } from "./typed.ts";

const wordsPerId = 4;
const empty = 0;

/** Value of a hex digit by its character, 255 for everything else. */
const digits = new Uint8Array(128).fill(255);
for (let i = 0; i < 16; i++) digits["0123456789abcdef".charCodeAt(i)] = i;

/** Ids of 32 hex digits by number of row and back, 24 bytes each. They order as their texts do. */
export class RunIds {
  #words = new Uint32Array(wordsPerId * 1024);
  /** Open addressing: number of row + 1. At most half full. */
  #slots = new Int32Array(2048);
  #count = 0;
  /** The row that was found last. */
  #found = -1;
  readonly #asked = new Uint32Array(wordsPerId);

  get count(): number {
    return this.#count;
  }
  get bytes(): number {
    return this.#words.byteLength + this.#slots.byteLength;
  }

  /** -1 when there is none. */
  find(id: string): number {
    return this.#read(id) ? this.#find() : -1;
  }
  /** The same for an id as 32 bytes of ASCII at a place of a list. */
  findAt(list: Uint8Array, at: number): number {
    return this.#readAt(list, at) ? this.#find() : -1;
  }
  #find(): number {
    // What is read run by run comes in the order in which the runs came.
    const next = this.#found + 1;
    if (next < this.#count && this.#isAt(next, this.#asked, 0)) return (this.#found = next);
    const row = (this.#slots[this.#slotOf()] ?? empty) - 1;
    if (row >= 0) this.#found = row;
    return row;
  }

  /** The row of an id, a new one where it is not known; -1 when the text is no such id. */
  add(id: string): number {
    return this.#read(id) ? this.#add() : -1;
  }
  addAt(list: Uint8Array, at: number): number {
    return this.#readAt(list, at) ? this.#add() : -1;
  }
  #add(): number {
    let slot = this.#slotOf();
    const known = this.#slots[slot] ?? empty;
    if (known !== empty) return known - 1;
    const row = this.#count++;
    this.#words = grown(this.#words, this.#count * wordsPerId);
    this.#words.set(this.#asked, row * wordsPerId);
    if (this.#count * 2 > this.#slots.length) {
      this.#spread(row);
      slot = this.#slotOf();
    }
    this.#slots[slot] = row + 1;
    return row;
  }

  text(row: number): string {
    let text = "";
    for (let i = 0; i < wordsPerId; i++) text += (this.#words[row * wordsPerId + i] ?? 0).toString(16).padStart(8, "0");
    return text;
  }

  /** Sixteen bytes for each row, one after the other. */
  packed(rows: Uint32Array): Uint8Array<ArrayBuffer> {
    const bytes = new DataView(new ArrayBuffer(rows.length * wordsPerId * 4));
    for (let i = 0; i < rows.length; i++)
      for (let word = 0; word < wordsPerId; word++)
        bytes.setUint32((i * wordsPerId + word) * 4, this.#words[(rows[i] as number) * wordsPerId + word] ?? 0);
    return new Uint8Array(bytes.buffer);
  }

  compare(a: number, b: number): number {
    const words = this.#words;
    for (let i = 0; i < wordsPerId; i++) {
      const difference = (words[a * wordsPerId + i] ?? 0) - (words[b * wordsPerId + i] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** Into `#asked`. */
  #read(id: string): boolean {
    if (id.length !== 8 * wordsPerId) return false;
    for (let i = 0, at = 0; i < wordsPerId; i++) {
      let word = 0;
      for (const end = at + 8; at < end; at++) {
        const digit = digits[id.charCodeAt(at)] ?? 255;
        if (digit === 255) return false;
        word = (word << 4) | digit;
      }
      this.#asked[i] = word;
    }
    return true;
  }

  /** Room for so many, so that adding them moves nothing. */
  reserve(count: number): void {
    this.#words = grown(this.#words, count * wordsPerId);
    while (this.#slots.length < count * 2) this.#spread(this.#count);
  }

  #readAt(list: Uint8Array, from: number): boolean {
    for (let i = 0, at = from; i < wordsPerId; i++) {
      let word = 0;
      let seen = 0;
      for (const end = at + 8; at < end; at++) {
        const digit = digits[list[at] as number] ?? 255;
        seen |= digit;
        word = (word << 4) | digit;
      }
      if (seen > 15) return false;
      this.#asked[i] = word;
    }
    return true;
  }

  /** Where the asked id is, or where it belongs. Ids need not be random: their words are mixed. */
  #slotOf(words: List = this.#asked, from = 0): number {
    const mask = this.#slots.length - 1;
    let hash = 0;
    for (let i = 0; i < wordsPerId; i++) hash = Math.imul(hash ^ (words[from + i] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? empty) - 1;
      if (row < 0) return slot;
      if (this.#isAt(row, words, from)) return slot;
    }
  }

  #isAt(row: number, words: List, from: number): boolean {
    for (let i = 0; i < wordsPerId; i++) if (this.#words[row * wordsPerId + i] !== words[from + i]) return false;
    return true;
  }

  #spread(count: number): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let row = 0; row < count; row++) this.#slots[this.#slotOf(this.#words, row * wordsPerId)] = row + 1;
  }
}
