const LOG_SQRT_2PI = 0.9189385332046728;
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];
const EPSILON = 1e-16;
const TINY = 1e-300;
const MAX_STEPS = 100_000;

/** δ(z) = ln Γ(z) − [(z − ½) ln z − z + ½ ln 2π]; the error of Stirling's formula, by its asymptotic series above 12 and by recurrence below. */
function stirlingError(z: number): number {
  let shift = 0;
  let x = z;
  while (x < 12) {
    shift += (x + 0.5) * Math.log1p(1 / x) - 1;
    x += 1;
  }
  const inverse = 1 / (x * x);
  let series = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) series = series * inverse + STIRLING[k]!;
  return series / x + shift;
}

/** ln Γ(x) for x > 0; relative error about 1e-15 away from the zeros at 1 and 2. */
export function logGamma(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  if (x === 1 || x === 2) return 0;
  if (x < 1e-8) return -Math.log(x) - 0.5772156649015329 * x;
  return (x - 0.5) * Math.log(x) - x + LOG_SQRT_2PI + stirlingError(x);
}

/** ln B(a, b) for a, b > 0, without cancellation for large arguments. */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (small < 1) return logGamma(small) + logGamma(large) - logGamma(a + b);
  const n = a + b;
  return (
    LOG_SQRT_2PI +
    stirlingError(a) +
    stirlingError(b) -
    stirlingError(n) +
    0.5 * Math.log(n / (a * b)) +
    small * Math.log(small / n) -
    large * Math.log1p(small / large)
  );
}

/** ln C(n, k). */
export function logChoose(n: number, k: number): number {
  if (k === 0 || k === n) return 0;
  return -Math.log(n + 1) - logBeta(n - k + 1, k + 1);
}

/** x ln(x/m) + m − x without cancellation near x = m (C. Loader, 2000). */
function deviance(x: number, m: number): number {
  const difference = x - m;
  if (Math.abs(difference) < 0.1 * (x + m)) {
    const v = difference / (x + m);
    let total = difference * v;
    let term = 2 * x * v;
    for (let j = 1; j < 1000; j++) {
      term *= v * v;
      const next = total + term / (2 * j + 1);
      if (next === total) break;
      total = next;
    }
    return total;
  }
  return x * Math.log(x / m) + m - x;
}

/** x^a e^(−x) / Γ(a). */
function gammaPrefix(a: number, x: number): number {
  return Math.sqrt(a / (2 * Math.PI)) * Math.exp(-stirlingError(a) - deviance(a, x));
}

/** Regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 − P, each computed on its own side so that small tails keep their digits. */
export function incompleteGamma(a: number, x: number): { lower: number; upper: number } {
  if (!(a > 0) || Number.isNaN(x)) return { lower: Number.NaN, upper: Number.NaN };
  if (x <= 0) return { lower: 0, upper: 1 };
  if (x === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0 };
  const prefix = gammaPrefix(a, x);
  if (x < a + 1) {
    let term = 1 / a;
    let total = term;
    for (let k = 1; k < MAX_STEPS; k++) {
      term *= x / (a + k);
      total += term;
      if (term < total * EPSILON) break;
    }
    const lower = prefix * total;
    return { lower, upper: 1 - lower };
  }
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let k = 1; k < MAX_STEPS; k++) {
    const an = -k * (k - a);
    b += 2;
    d = an * d + b;
    if (Math.abs(d) < TINY) d = TINY;
    c = b + an / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < EPSILON * 2) break;
  }
  const upper = prefix * fraction;
  return { lower: 1 - upper, upper };
}

/** x^a y^b / B(a, b) with y = 1 − x given separately (C. Loader's saddle-point form). */
function betaPrefix(a: number, b: number, x: number, y: number): number {
  const n = a + b;
  return (
    Math.sqrt((a * b) / (2 * Math.PI * n)) *
    Math.exp(stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * y))
  );
}

function betaFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  if (Math.abs(d) < TINY) d = TINY;
  d = 1 / d;
  let fraction = d;
  for (let m = 1; m < MAX_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    if (Math.abs(d) < TINY) d = TINY;
    c = 1 + even / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    if (Math.abs(d) < TINY) d = TINY;
    c = 1 + odd / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < EPSILON * 2) break;
  }
  return fraction;
}

/**
 * Regularised incomplete beta function I_x(a, b) and its complement. `y` must be 1 − x; giving it separately keeps digits when x is near 1.
 */
export function incompleteBeta(a: number, b: number, x: number, y: number = 1 - x): { lower: number; upper: number } {
  if (!(a > 0 && b > 0) || Number.isNaN(x)) return { lower: Number.NaN, upper: Number.NaN };
  if (x <= 0) return { lower: 0, upper: 1 };
  if (y <= 0) return { lower: 1, upper: 0 };
  const prefix = betaPrefix(a, b, x, y);
  if (x * (a + b + 2) < a + 1) {
    const lower = (prefix * betaFraction(a, b, x)) / a;
    return { lower, upper: 1 - lower };
  }
  const upper = (prefix * betaFraction(b, a, y)) / b;
  return { lower: 1 - upper, upper };
}

/** erfc(x) = 1 − erf(x); relative error about 1e-15 in the right tail. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  const { lower, upper } = incompleteGamma(0.5, x * x);
  return x >= 0 ? upper : 1 + lower;
}
