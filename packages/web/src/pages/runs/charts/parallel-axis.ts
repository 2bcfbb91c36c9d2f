import { number } from "../../../parts/format.tsx";
import { asNumber, bare, type Point } from "./values.ts";

export type ParallelAxis = {
  key: string;
  name: string;
  /** 0 at the bottom to 1 at the top; null where the run has none. */ at: (point: Point) => number | null;
  top: string;
  bottom: string;
  /** The value at a height; of numbers only. */ valueAt: ((share: number) => number) | null;
};

/** Numbers by size, words by their order; null when all runs hold the same. */
export function axisOf(key: string, index: number, points: readonly Point[]): ParallelAxis | null {
  const held = points.flatMap((one) => one.values[index] ?? []);
  const numbers = held.map(asNumber);
  if (held.length > 0 && numbers.every((one) => one !== null)) {
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    if (least === most) return null;
    return {
      key,
      name: bare(key),
      at: (one) => {
        const value = asNumber(one.values[index]);
        return value === null ? null : (value - least) / (most - least);
      },
      top: number(most),
      bottom: number(least),
      valueAt: (share) => least + share * (most - least),
    };
  }
  const words = [...new Set(held.map(String))].toSorted();
  if (words.length < 2) return null;
  const places = new Map(words.map((word, i) => [word, i / (words.length - 1)]));
  return {
    key,
    name: bare(key),
    at: (one) => (one.values[index] === null || one.values[index] === undefined ? null : (places.get(String(one.values[index])) ?? null)),
    top: (words.at(-1) ?? "").slice(0, 10),
    bottom: (words[0] ?? "").slice(0, 10),
    valueAt: null,
  };
}
