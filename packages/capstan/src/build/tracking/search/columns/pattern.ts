/**
 * Whether a text is of a pattern in which `%` stands for any characters and `_` for one. Without `caseless` it minds the case; with it, letters of ASCII are
 * the same in both cases and no others, as in SQLite. Never more work than length × length.
 */
export function patternOf(pattern: string, caseless: boolean): (text: string) => boolean {
  const fold = caseless ? foldAscii : (text: string): string => text;
  const parts = fold(pattern).split("%");
  const first = parts[0] ?? "";
  if (parts.length === 1) return (text) => matchAt(fold(text), first, 0) === fold(text).length;
  const last = parts[parts.length - 1] ?? "";
  const middle = parts.slice(1, -1).filter((part) => part !== "");
  return (given) => {
    const text = fold(given);
    let at = matchAt(text, first, 0);
    if (at < 0) return false;
    for (const part of middle) {
      at = find(text, part, at);
      if (at < 0) return false;
    }
    return endsWith(text, last, at);
  };
}

/** Behind `part`, when it is at `from`; else -1. */
function matchAt(text: string, part: string, from: number): number {
  if (!part.includes("_")) return text.startsWith(part, from) ? from + part.length : -1;
  let at = from;
  for (const char of part) {
    const point = text.codePointAt(at);
    if (point === undefined || (char !== "_" && char.codePointAt(0) !== point)) return -1;
    at += point > 0xffff ? 2 : 1;
  }
  return at;
}

/** Behind the first place of `part` at or after `from`; else -1. */
function find(text: string, part: string, from: number): number {
  if (!part.includes("_")) {
    const at = text.indexOf(part, from);
    return at < 0 ? -1 : at + part.length;
  }
  for (let at = from; at < text.length; at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1) {
    const end = matchAt(text, part, at);
    if (end >= 0) return end;
  }
  return -1;
}

function endsWith(text: string, part: string, from: number): boolean {
  if (!part.includes("_")) return text.length - part.length >= from && text.endsWith(part);
  // As many characters as the part has, from the end.
  let at = text.length;
  for (const _ of part) at -= at > 1 && isLow(text.charCodeAt(at - 1)) && isHigh(text.charCodeAt(at - 2)) ? 2 : 1;
  return at >= from && matchAt(text, part, at) === text.length;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
const foldAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
