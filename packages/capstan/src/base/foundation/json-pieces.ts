import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";

/** Values that are written as one text: some milliseconds. */
const valuesPerPiece = 10_000;

type Values = Readonly<Record<string, unknown>>;
const isValues = (value: unknown): value is Values | readonly unknown[] => typeof value === "object" && value !== null;
/** What says itself how it is written is one value. */
const isPlain = (value: Values | readonly unknown[]): boolean => !("toJSON" in value);

/** How many values a value consists of, counted no further than `most`. */
export function weightOf(value: unknown, most: number): number {
  if (typeof value === "string") return 1 + value.length / 64;
  if (!isValues(value) || !isPlain(value)) return 1;
  // A list of numbers is not walked.
  if (Array.isArray(value) && typeof value[0] === "number" && typeof value[value.length - 1] === "number") return value.length;
  let weight = 1;
  for (const key in value) {
    weight += weightOf((value as Values)[key], most - weight);
    if (weight > most) return weight;
  }
  return weight;
}

export const isLarge = (value: unknown): boolean => weightOf(value, valuesPerPiece) > valuesPerPiece;

/** The text of `JSON.stringify`, in pieces of which none takes long to make. */
export function* jsonPieces(value: unknown): Generator<string> {
  if (!isValues(value) || !isPlain(value) || !isLarge(value)) return void (yield JSON.stringify(value) ?? "null");
  if (Array.isArray(value)) {
    yield* listPieces(value);
    return;
  }
  let begun = false;
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined || typeof member === "function" || typeof member === "symbol") continue;
    yield `${begun ? "," : "{"}${JSON.stringify(key)}:`;
    begun = true;
    yield* jsonPieces(member);
  }
  yield begun ? "}" : "{}";
}

/** Small elements are written together. */
function* listPieces(list: readonly unknown[]): Generator<string> {
  let text = "[";
  let weight = 0;
  for (const [i, element] of list.entries()) {
    const of = weightOf(element, valuesPerPiece);
    if (i > 0) text += ",";
    if (weight + of > valuesPerPiece) {
      yield text;
      [text, weight] = ["", 0];
    }
    if (of > valuesPerPiece) {
      yield* jsonPieces(element);
      continue;
    }
    text += JSON.stringify(element) ?? "null";
    weight += of;
  }
  yield `${text}]`;
}

/** The same for who reads it as fast as it can be sent; other work gets its turn between the pieces. */
export const jsonStream = (value: unknown): Readable =>
  Readable.from(
    (async function* () {
      for (const piece of jsonPieces(value)) {
        yield piece;
        await turn();
      }
    })(),
    { highWaterMark: 1 },
  );
