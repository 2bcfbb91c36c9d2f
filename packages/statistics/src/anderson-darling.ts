import { sorted, type Numbers } from "./numbers.ts";

const LEVELS = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
const B0 = [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085];
const B1 = [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615];
const B2 = [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154];

/**
 * k-sample Anderson–Darling test, mid-rank form, standardised (Scholz and Stephens, 1987). `p` is read from their table by a quadratic in
 * the logarithm and cannot leave [0.001, 0.25]. NaN when all values are equal.
 */
export function andersonDarling(...samples: Numbers[]): { statistic: number; p: number } {
  const groups = samples.map((sample) => sorted(sample));
  const k = groups.length;
  if (k < 2) throw new RangeError("at least two samples are needed");
  const total = groups.reduce((sum, group) => sum + group.length, 0);
  const pooled = new Float64Array(total);
  groups.reduce((at, group) => {
    pooled.set(group, at);
    return at + group.length;
  }, 0);
  pooled.sort();
  if (total === 0 || pooled[0] === pooled[total - 1] || groups.some((group) => group.length === 0))
    return { statistic: Number.NaN, p: Number.NaN };
  const raw = (groups.reduce((sum, group) => sum + part(group, pooled), 0) * (total - 1)) / total;
  const statistic =
    (raw - (k - 1)) /
    Math.sqrt(
      variance(
        groups.map((group) => group.length),
        total,
      ),
    );
  return { statistic, p: tableP(statistic, k - 1) };
}

function part(group: Float64Array, pooled: Float64Array): number {
  const total = pooled.length;
  let below = 0;
  let sum = 0;
  for (let start = 0; start < total;) {
    const value = pooled[start]!;
    let end = start + 1;
    while (end < total && pooled[end] === value) end++;
    const ties = end - start;
    let here = 0;
    while (below + here < group.length && group[below + here] === value) here++;
    const middle = start + ties / 2;
    const denominator = middle * (total - middle) - (total * ties) / 4;
    if (denominator > 0) sum += ((ties / total) * (total * (below + here / 2) - middle * group.length) ** 2) / denominator;
    below += here;
    start = end;
  }
  return sum / group.length;
}

function variance(sizes: readonly number[], n: number): number {
  const k = sizes.length;
  const inverse = sizes.reduce((sum, size) => sum + 1 / size, 0);
  let h = 0;
  let g = 0;
  for (let i = 1; i <= n - 2; i++) {
    h += 1 / (n - i);
    g += h / (i + 1);
  }
  h += 1;
  const a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse;
  const b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6;
  const c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h;
  const d = (2 * h + 6) * k * k - 4 * h * k;
  return (a * n ** 3 + b * n ** 2 + c * n + d) / ((n - 1) * (n - 2) * (n - 3));
}

function tableP(statistic: number, m: number): number {
  const critical = B0.map((value, i) => value + B1[i]! / Math.sqrt(m) + B2[i]! / m);
  if (statistic < Math.min(...critical)) return 0.25;
  if (statistic > Math.max(...critical)) return 0.001;
  return Math.exp(quadraticFit(critical, LEVELS.map(Math.log), statistic));
}

/** Value at `x` of the least-squares parabola through the points, on orthogonal polynomials so that nothing cancels. */
function quadraticFit(xs: readonly number[], ys: readonly number[], x: number): number {
  const dot = (f: readonly number[], g: readonly number[]): number => f.reduce((sum, value, i) => sum + value * g[i]!, 0);
  const one = xs.map(() => 1);
  const centre = dot(xs, one) / xs.length;
  const line = xs.map((value) => value - centre);
  const lineNorm = dot(line, line);
  const squares = line.map((value) => value * value);
  const tilt = dot(squares, line) / lineNorm;
  const level = lineNorm / xs.length;
  const curve = line.map((value) => value * value - tilt * value - level);
  const at = x - centre;
  return dot(ys, one) / xs.length + (dot(ys, line) / lineNorm) * at + (dot(ys, curve) / dot(curve, curve)) * (at * at - tilt * at - level);
}
