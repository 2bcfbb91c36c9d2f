import { TextCodes } from "./text-codes.ts";
import { grown } from "./typed.ts";

/** What a run holds under one name, for every row of the table; missing where nothing was set. */
export type Column = NumberColumn | TextColumn;

export const missing = 0;
export const present = 1;
/** Different from every number, ordered behind all of them. */
export const notANumber = 2;

export class NumberColumn {
  readonly type = "number";
  values = new Float64Array(0);
  /** One of the three above. */
  states = new Uint8Array(0);

  get bytes(): number {
    return this.values.byteLength + this.states.byteLength;
  }
  reserve(rows: number): void {
    this.values = grown(this.values, rows);
    this.states = grown(this.states, rows);
  }
  set(row: number, value: number, state = present): void {
    this.values[row] = value;
    this.states[row] = state;
  }
  clear(row: number): void {
    this.values[row] = 0;
    this.states[row] = missing;
  }
}

/** What one more text costs beside its characters: the string, its place in the list and in the map. */
const textOverheadBytes = 88;

export class TextColumn {
  readonly type = "text";
  /** 0 where missing, else the number of the text in `texts`. */
  codes = new Int32Array(0);
  readonly #known = new TextCodes();
  #textBytes = 0;
  #ranks: Float64Array | undefined;
  #numbers: Float64Array | undefined;

  /** Each once, by code; the first is a placeholder. */
  get texts(): readonly string[] {
    return this.#known.texts;
  }
  get bytes(): number {
    return this.codes.byteLength + this.#textBytes;
  }
  reserve(rows: number): void {
    this.codes = grown(this.codes, rows);
  }
  codeOf(text: string): number | undefined {
    return this.#known.find(text);
  }
  set(row: number, text: string): void {
    const before = this.texts.length;
    const code = this.#known.add(text);
    if (code === before) {
      this.#textBytes += textOverheadBytes + text.length;
      this.#ranks = undefined;
      this.#numbers = undefined;
    }
    this.codes[row] = code;
  }
  clear(row: number): void {
    this.codes[row] = missing;
  }

  /** What each text is as a number, by code; NaN where it is none. */
  get numbers(): Float64Array {
    return (this.#numbers ??= Float64Array.from(this.texts, numberOf));
  }

  /** Place of each text in the order of bytes, by code. Undefined where sorting them all would cost more than comparing some. */
  get ranks(): Float64Array | undefined {
    if (this.texts.length > 20_000) return undefined;
    if (!this.#ranks) {
      const sorted = this.texts.map((_, code) => code).slice(1);
      sorted.sort((a, b) => compareBytes(this.texts[a] ?? "", this.texts[b] ?? ""));
      this.#ranks = new Float64Array(this.texts.length);
      for (const [rank, code] of sorted.entries()) this.#ranks[code] = rank;
    }
    return this.#ranks;
  }
}

const numeric = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?$/i;
const numberOf = (text: string): number => (numeric.test(text) ? Number(text) : Number.NaN);

/** As their bytes in UTF-8 order, which is the order of code points: a surrogate is greater than every other unit. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return weight(x) - weight(y);
  }
  return a.length - b.length;
}
const weight = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);
