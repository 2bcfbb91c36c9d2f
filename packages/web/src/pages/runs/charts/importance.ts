/** What a forest of small regression trees says about which inputs decide a number. Values may be missing (NaN): they go left. */
export type Importance = {
  /** Share of the variance that is explained on rows that a tree did not see; at most 1, below 0 when worse than the mean. */
  r2: number;
  /** How much worse it gets without knowing an input, in the order of the inputs; of all together 1, never below 0. */
  shares: number[];
};

const trees = 40;
const deepest = 8;
const leastRows = 3;
const cutsTried = 12;
const seed = 20_240_607;

/** Numbers in [0, 1), the same each time (mulberry32). */
function randomOf(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Tree = { input: number; cut: number; less: Tree; more: Tree } | { value: number };
type Column = { readonly [row: number]: number };

const mean = (of: Column, rows: readonly number[]): number => rows.reduce((sum, row) => sum + (of[row] as number), 0) / rows.length;

/** The cut of some inputs that leaves the least variance behind. */
function bestCut(inputs: readonly Column[], target: Column, rows: readonly number[], random: () => number) {
  const tried = new Set<number>();
  const most = Math.max(1, Math.ceil(inputs.length / 2));
  let best: { input: number; cut: number } | undefined;
  let gain = 1e-12;
  const total = rows.reduce((sum, row) => sum + (target[row] as number), 0);
  while (tried.size < most) {
    const input = Math.floor(random() * inputs.length);
    if (tried.has(input)) continue;
    tried.add(input);
    const column = inputs[input] as Column;
    for (let i = 0; i < cutsTried; i++) {
      const cut = column[rows[Math.floor(random() * rows.length)] as number] as number;
      if (Number.isNaN(cut)) continue;
      let [count, sum] = [0, 0];
      for (const row of rows)
        if ((column[row] as number) >= cut) {
          count++;
          sum += target[row] as number;
        }
      const others = rows.length - count;
      if (count < leastRows || others < leastRows) continue;
      const found = sum ** 2 / count + (total - sum) ** 2 / others - total ** 2 / rows.length;
      if (found > gain) [gain, best] = [found, { input, cut }];
    }
  }
  return best;
}

function grow(inputs: readonly Column[], target: Column, rows: readonly number[], random: () => number, depth = 0): Tree {
  const found = depth < deepest && rows.length >= 2 * leastRows ? bestCut(inputs, target, rows, random) : undefined;
  if (!found) return { value: mean(target, rows) };
  const column = inputs[found.input] as Column;
  const isMore = (row: number): boolean => (column[row] as number) >= found.cut;
  return {
    ...found,
    less: grow(
      inputs,
      target,
      rows.filter((row) => !isMore(row)),
      random,
      depth + 1,
    ),
    more: grow(inputs, target, rows.filter(isMore), random, depth + 1),
  };
}

function predict(tree: Tree, valueOf: (input: number) => number): number {
  let at = tree;
  while ("input" in at) at = valueOf(at.input) >= at.cut ? at.more : at.less;
  return at.value;
}

/** The same numbers in another order, each as likely. */
function mixedUp(rows: readonly number[], random: () => number): number[] {
  const mixed = [...rows];
  for (let i = mixed.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [mixed[i], mixed[other]] = [mixed[other] as number, mixed[i] as number];
  }
  return mixed;
}

/** Permutation importance of inputs, each with a value per row of `target`. */
export function importanceOf(inputs: readonly Column[], target: readonly number[]): Importance {
  const random = randomOf(seed);
  const rows = target.length;
  const worse = inputs.map(() => 0);
  const [sums, counts] = [new Float64Array(rows), new Uint16Array(rows)];
  for (let t = 0; t < trees; t++) {
    const seen = new Set<number>();
    const drawn = Array.from({ length: rows }, () => {
      const row = Math.floor(random() * rows);
      seen.add(row);
      return row;
    });
    const tree = grow(inputs, target, drawn, random);
    const unseen = Array.from({ length: rows }, (_, row) => row).filter((row) => !seen.has(row));
    const known = unseen.map((row) => predict(tree, (input) => inputs[input]?.[row] as number));
    unseen.forEach((row, i) => {
      sums[row] = (sums[row] as number) + (known[i] as number);
      counts[row] = (counts[row] as number) + 1;
    });
    inputs.forEach((_, mixed) => {
      const others = mixedUp(unseen, random);
      unseen.forEach((row, i) => {
        const value = predict(tree, (input) => inputs[input]?.[input === mixed ? (others[i] as number) : row] as number);
        worse[mixed] =
          (worse[mixed] as number) + ((target[row] as number) - value) ** 2 - ((target[row] as number) - (known[i] as number)) ** 2;
      });
    });
  }
  const judged = Array.from({ length: rows }, (_, row) => row).filter((row) => (counts[row] as number) > 0);
  const middle = mean(target, judged);
  let [off, spread] = [0, 0];
  for (const row of judged) {
    off += ((target[row] as number) - (sums[row] as number) / (counts[row] as number)) ** 2;
    spread += ((target[row] as number) - middle) ** 2;
  }
  const positive = worse.map((one) => Math.max(0, one));
  const all = positive.reduce((sum, one) => sum + one, 0);
  return { r2: spread === 0 ? 0 : 1 - off / spread, shares: positive.map((one) => (all === 0 ? 0 : one / all)) };
}
