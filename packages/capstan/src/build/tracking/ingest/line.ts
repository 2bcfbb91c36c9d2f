import type { KeyedPoint } from "../model.ts";
import { clean } from "../rules.ts";

/** Characters of a line at most. */
export const longestLine = 16_384;
const longestKey = 250;

const words: Readonly<Record<string, number>> = { NaN, Infinity, "-Infinity": -Infinity };

/** One line of a stream: `{"key","value","step"?,"timeMs"?}`. Gives what is wrong as a text. */
export function pointOf(line: string, nowMs: number): KeyedPoint | string {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 200) : "it is not JSON";
  }
  if (typeof read !== "object" || read === null || Array.isArray(read)) return "an object is expected";
  const { key, value, step = 0, timeMs = nowMs } = read as Record<string, unknown>;
  if (typeof key !== "string" || key === "" || key === "__proto__") return "`key` must be a text that is not empty";
  if (key.length > longestKey) return `\`key\` has more than ${longestKey} characters`;
  const number = typeof value === "string" && Object.hasOwn(words, value) ? words[value] : value;
  if (typeof number !== "number") return "`value` must be a number, or one of NaN, Infinity and -Infinity as text";
  if (!Number.isSafeInteger(step)) return "`step` must be an integer of at most 2^53 - 1";
  if (!Number.isSafeInteger(timeMs) || (timeMs as number) < 0) return "`timeMs` must be milliseconds since 1970, an integer";
  return { key: clean(key), value: number, step: step as number, timeMs: timeMs as number };
}

/** Whole lines of what comes in pieces, however it is cut; the rest is the last line when `end` says that nothing more comes. */
export function createLines(): { push(piece: Uint8Array): string[]; end(): string[]; restLength(): number } {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  const cut = (text: string): string[] => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    return lines;
  };
  return {
    push: (piece) => cut(decoder.decode(piece, { stream: true })),
    end() {
      const lines = cut(decoder.decode());
      if (rest.trim() !== "") lines.push(rest);
      rest = "";
      return lines;
    },
    restLength: () => rest.length,
  };
}
