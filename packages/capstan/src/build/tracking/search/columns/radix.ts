/** Fewer are sorted as fast by comparing. */
const worthwhile = 4096;
const digitBits = 16;
const digitValues = 1 << digitBits;

/** Sorts rows in place: by weight, least first, and those of equal weight by `compare`. No weight is NaN. */
export function sortByWeight(
  rows: Uint32Array,
  weight: ((row: number) => number) | undefined,
  compare: (a: number, b: number) => number,
): void {
  const count = rows.length;
  if (!weight || count < worthwhile) return void rows.sort(compare);
  // The bits of a double as a whole number that orders as the double does, in two halves.
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i++) weights[i] = weight(rows[i] as number) + 0;
  const bits = new Uint32Array(weights.buffer);
  let [low, high] = [new Uint32Array(count), new Uint32Array(count)];
  for (let i = 0; i < count; i++) {
    const top = bits[2 * i + 1] as number;
    const negative = top >>> 31 === 1;
    high[i] = negative ? ~top : top ^ 0x80000000;
    low[i] = negative ? ~(bits[2 * i] as number) : (bits[2 * i] as number);
  }
  let from = new Uint32Array(rows);
  let [toRows, toLow, toHigh] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
  const places = new Uint32Array(digitValues);
  for (let pass = 0; pass < 4; pass++) {
    const word = pass < 2 ? low : high;
    const shift = pass % 2 === 0 ? 0 : digitBits;
    places.fill(0);
    for (let i = 0; i < count; i++) places[((word[i] as number) >>> shift) & (digitValues - 1)]!++;
    for (let i = 0, sum = 0; i < digitValues; i++) {
      const many = places[i] as number;
      places[i] = sum;
      sum += many;
    }
    for (let i = 0; i < count; i++) {
      const to = places[((word[i] as number) >>> shift) & (digitValues - 1)]!++;
      toRows[to] = from[i] as number;
      toLow[to] = low[i] as number;
      toHigh[to] = high[i] as number;
    }
    [from, toRows] = [toRows, from];
    [low, toLow] = [toLow, low];
    [high, toHigh] = [toHigh, high];
  }
  rows.set(from);
  for (let begin = 0; begin < count;) {
    let end = begin + 1;
    while (end < count && low[end] === low[begin] && high[end] === high[begin]) end++;
    if (end - begin > 1) rows.subarray(begin, end).sort(compare);
    begin = end;
  }
}
