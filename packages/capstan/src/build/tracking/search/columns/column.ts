import { numberOfText } from "../../../../base/foundation/number-text.ts";
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

/** When so many texts are there, and hardly one came twice, texts are no longer told apart. */
const sampledTexts = 1 << 16;
const hardlyTwice = 1.1;
const fewTexts = 1000;

export class TextColumn {
  readonly type = "text";
  /** 0 where missing, else the number of the text in `texts`. */
  codes = new Int32Array(0);
  /** Undefined while a text may stand under several codes: where nearly each is another, finding the same ones costs more than it spares. */
  #known: TextCodes | undefined = new TextCodes();
  #texts = this.#known?.texts ?? [];
  #sets = 0;
  #textBytes = 0;
  #ranks: Float64Array | undefined;
  #numbers = new Float64Array(0);
  /** How many texts `#numbers` knows. */
  #numbered = 0;

  /** By code; the first is a placeholder. Each once where `unique`. */
  get texts(): readonly string[] {
    return this.#texts;
  }
  get unique(): boolean {
    return this.#known !== undefined;
  }
  get bytes(): number {
    return this.codes.byteLength + this.#textBytes + this.#numbers.byteLength;
  }
  reserve(rows: number): void {
    this.codes = grown(this.codes, rows);
  }
  codeOf(text: string): number | undefined {
    return this.unite().find(text);
  }
  set(row: number, text: string): void {
    const before = this.#texts.length;
    const code = this.#known ? this.#known.add(text) : this.#texts.push(text) - 1;
    this.codes[row] = code;
    this.#sets++;
    if (code !== before) return;
    this.#textBytes += textOverheadBytes + text.length;
    this.#ranks = undefined;
    if (before === sampledTexts && this.#sets < sampledTexts * hardlyTwice) this.#known = undefined;
    // What no row says any more is let go.
    else if (before > fewTexts && before > 2 * this.codes.length) this.#renew(this.#known && new TextCodes());
  }
  /** From here on each text has one code. */
  unite(): TextCodes {
    return this.#known ?? this.#renew(new TextCodes());
  }
  /** Codes anew, of the texts that rows say. */
  #renew<Known extends TextCodes | undefined>(known: Known): Known {
    const texts = known?.texts ?? [""];
    this.#textBytes = 0;
    for (let row = 0; row < this.codes.length; row++) {
      if (this.codes[row] === missing) continue;
      const text = this.#texts[this.codes[row] as number] as string;
      const before = texts.length;
      this.codes[row] = known ? known.add(text) : texts.push(text) - 1;
      if (texts.length > before) this.#textBytes += textOverheadBytes + text.length;
    }
    this.#known = known;
    this.#texts = texts;
    this.#ranks = undefined;
    this.#numbered = 0;
    return known;
  }
  clear(row: number): void {
    this.codes[row] = missing;
  }

  /** What each text is as a number, by code; NaN where it is none. */
  get numbers(): Float64Array {
    const { texts } = this;
    this.#numbers = grown(this.#numbers, texts.length);
    for (; this.#numbered < texts.length; this.#numbered++) this.#numbers[this.#numbered] = numberOfText(texts[this.#numbered] as string);
    return this.#numbers;
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
