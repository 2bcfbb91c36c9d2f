import { requireSameLength, type Numbers } from "./numbers.ts";
import { RandomStream } from "./random.ts";

/**
 * p-value that two samples are exchangeable: share of random relabellings whose statistic is at least the observed one, the observed included.
 * With `groups` whole groups change sides, as rows of one entity, session or day must.
 */
export function permutationP(
  a: Numbers,
  b: Numbers,
  statistic: (a: Float64Array, b: Float64Array) => number,
  options: { permutations?: number; seed?: number; groupsA?: Numbers; groupsB?: Numbers } = {},
): { statistic: number; p: number } {
  const { permutations = 1000, seed = 1, groupsA, groupsB } = options;
  const first = Float64Array.from(a);
  const second = Float64Array.from(b);
  const observed = statistic(first, second);
  const units = [...unitsOf(first, groupsA), ...unitsOf(second, groupsB)];
  const firstUnits = unitsOf(first, groupsA).length;
  let reached = 1;
  const order = Uint32Array.from(units, (_, i) => i);
  for (let k = 0; k < permutations; k++) {
    new RandomStream(seed, k).shuffle(order);
    const left = flat(Array.from(order.subarray(0, firstUnits), (i) => units[i]!));
    const right = flat(Array.from(order.subarray(firstUnits), (i) => units[i]!));
    if (statistic(left, right) >= observed - 1e-12 * Math.abs(observed)) reached++;
  }
  return { statistic: observed, p: reached / (permutations + 1) };
}

function unitsOf(values: Float64Array, groups: Numbers | undefined): number[][] {
  if (!groups) return Array.from(values, (value) => [value]);
  requireSameLength(values, groups, "values and groups");
  const units = new Map<number, number[]>();
  for (let i = 0; i < values.length; i++) {
    const unit = units.get(groups[i]!);
    if (unit) unit.push(values[i]!);
    else units.set(groups[i]!, [values[i]!]);
  }
  return [...units.values()];
}

function flat(units: readonly (readonly number[])[]): Float64Array {
  const values = new Float64Array(units.reduce((total, unit) => total + unit.length, 0));
  let at = 0;
  for (const unit of units) for (const value of unit) values[at++] = value;
  return values;
}
