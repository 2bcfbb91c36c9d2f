import { nearest } from "../../../base/foundation/nearest.ts";

/** The known word that was meant: a typing mistake away, or a shorter or longer form of it (`ouputs` for `out`, `automatic` for `auto`). */
export function guessWord(word: string, known: Iterable<string>): string | undefined {
  const words = [...known];
  const found = nearest(word, words);
  if (found !== undefined) return found;
  const near = words.filter(
    (one) => (one.length * 5 >= word.length * 2 && isWithin(one, word)) || (word.length * 5 >= one.length * 2 && isWithin(word, one)),
  );
  return near.sort((a, b) => Math.abs(a.length - word.length) - Math.abs(b.length - word.length))[0];
}

/** Letters of the short word stand in the long one in this order, the first at its beginning. */
function isWithin(short: string, long: string): boolean {
  if (short.length < 2 || short[0]?.toLowerCase() !== long[0]?.toLowerCase()) return false;
  let at = 0;
  for (const letter of short.toLowerCase()) {
    const next = long.toLowerCase().indexOf(letter, at);
    if (next < 0) return false;
    at = next + 1;
  }
  return true;
}
