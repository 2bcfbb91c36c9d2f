/** Distinct whole numbers, such as metric steps, counted and chosen by their place in ascending order. */
export type StepSet = {
  /** `first`, `first + stride`, … */
  addEvery(first: number, stride: number, count: number): void;
  add(step: number): void;
  readonly size: number;
  /** Those at ascending places. */
  at(places: readonly number[]): number[];
};

/** Beyond so many bits, 32 MiB, numbers are kept instead of marks. */
const mostBits = 2 ** 28;

/** What is outside of the bounds is left out. */
export function createStepSet(low: number, high: number): StepSet {
  const set = high - low < mostBits ? marks(low, high) : numbers();
  return {
    addEvery(first, stride, count) {
      const skipped = Math.max(0, Math.ceil((low - first) / stride));
      const last = Math.min(count - 1, Math.floor((high - first) / stride));
      if (skipped <= last) set.addEvery(first + skipped * stride, stride, last - skipped + 1);
    },
    add(step) {
      if (step >= low && step <= high) set.add(step);
    },
    get size() {
      return set.size;
    },
    at: (places) => set.at(places),
  };
}

function marks(low: number, high: number): StepSet {
  const words = new Int32Array(Math.ceil((high - low + 1) / 32));
  const mark = (at: number): void => {
    words[at >>> 5] = (words[at >>> 5] ?? 0) | (1 << (at & 31));
  };
  return {
    addEvery(first, stride, count) {
      let at = first - low;
      const end = at + stride * count;
      if (stride === 1) {
        for (; at < end && (at & 31) !== 0; at++) mark(at);
        const whole = at + Math.floor((end - at) / 32) * 32;
        if (whole > at) words.fill(-1, at >>> 5, whole >>> 5);
        at = Math.max(at, whole);
      }
      for (; at < end; at += stride) mark(at);
    },
    add: (step) => mark(step - low),
    get size() {
      let size = 0;
      for (const word of words) size += bitsOf(word);
      return size;
    },
    at(places) {
      const found: number[] = [];
      let word = -1;
      let before = 0;
      let within = 0;
      for (const place of places) {
        while (before + within <= place && word < words.length) {
          before += within;
          within = bitsOf(words[++word] ?? 0);
        }
        let rest = words[word] ?? 0;
        for (let left = place - before; left > 0; left--) rest &= rest - 1;
        found.push(low + word * 32 + (31 - Math.clz32(rest & -rest)));
      }
      return found;
    },
  };
}

function bitsOf(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function numbers(): StepSet {
  let all = new Float64Array(1024);
  let filled = 0;
  let ordered = true;
  const add = (step: number): void => {
    if (filled === all.length) {
      const more = new Float64Array(2 * filled);
      more.set(all);
      all = more;
    }
    all[filled++] = step;
    ordered = false;
  };
  /** Ascending, each once. */
  const distinct = (): Float64Array => {
    if (ordered) return all.subarray(0, filled);
    const sorted = all.subarray(0, filled).sort();
    let kept = 0;
    for (const step of sorted) if (kept === 0 || step !== sorted[kept - 1]) sorted[kept++] = step;
    filled = kept;
    ordered = true;
    return all.subarray(0, filled);
  };
  return {
    addEvery(first, stride, count) {
      for (let i = 0; i < count; i++) add(first + i * stride);
    },
    add,
    get size() {
      return distinct().length;
    },
    at(places) {
      const steps = distinct();
      return places.map((place) => steps[place] ?? 0);
    },
  };
}
