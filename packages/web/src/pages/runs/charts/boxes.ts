/** A group's values in five numbers; whiskers reach to the last value within 1.5 boxes, what lies beyond is told by itself. */
export type Box = { name: string; count: number; low: number; q1: number; median: number; q3: number; high: number; beyond: number[] };

const quantileOf = (ascending: readonly number[], share: number): number => {
  const at = (ascending.length - 1) * share;
  const [low, high] = [ascending[Math.floor(at)] ?? 0, ascending[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at - Math.floor(at));
};

/** The largest groups, in the order of their names: numbers by size. */
export function boxesOf(values: readonly { group: string; value: number }[], atMost: number): { boxes: Box[]; groups: number } {
  const groups = [...Map.groupBy(values, (one) => one.group)];
  const isNumber = groups.every(([name]) => name !== "" && Number.isFinite(Number(name)));
  const boxes = groups
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, atMost)
    .toSorted(([a], [b]) => (isNumber ? Number(a) - Number(b) : a < b ? -1 : 1))
    .map(([name, all]): Box => {
      const sorted = all.map((one) => one.value).toSorted((a, b) => a - b);
      const [q1, median, q3] = [quantileOf(sorted, 0.25), quantileOf(sorted, 0.5), quantileOf(sorted, 0.75)];
      const reach = 1.5 * (q3 - q1);
      const inside = sorted.filter((one) => one >= q1 - reach && one <= q3 + reach);
      return {
        name,
        count: sorted.length,
        low: inside[0] ?? q1,
        q1,
        median,
        q3,
        high: inside.at(-1) ?? q3,
        beyond: sorted.filter((one) => one < q1 - reach || one > q3 + reach),
      };
    });
  return { boxes, groups: groups.length };
}
