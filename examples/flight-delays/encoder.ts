// A category becomes the log odds of being late that training saw for it. Rare and unseen ones lean to the average.

export interface Encoder<K extends string | number> {
  keys: K[];
  values: number[]; // float32
  other: number; // float32, for keys that training did not see
}

export function fitEncoder<K extends string | number>(keys: ArrayLike<K>, late: Uint8Array, smoothing: number): Encoder<K> {
  const seen = new Map<K, { count: number; late: number }>();
  let all = 0;
  for (let i = 0; i < keys.length; i++) {
    let entry = seen.get(keys[i]!);
    if (entry === undefined) seen.set(keys[i]!, (entry = { count: 0, late: 0 }));
    entry.count++;
    entry.late += late[i]!;
    all += late[i]!;
  }
  const average = all / keys.length;
  const sorted = [...seen.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    keys: sorted.map(([key]) => key),
    values: sorted.map(([, { count, late: n }]) => Math.fround(logOdds((n + smoothing * average) / (count + smoothing)))),
    other: Math.fround(logOdds(average)),
  };
}

export function encode<K extends string | number>(encoder: Encoder<K>, keys: ArrayLike<K>): Float32Array {
  const value = new Map(encoder.keys.map((key, i) => [key, encoder.values[i]!]));
  return Float32Array.from({ length: keys.length }, (_, i) => value.get(keys[i]!) ?? encoder.other);
}

export const logOdds = (p: number): number => Math.log(p / (1 - p));
export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
