/** Quartiles of one side of a comparison, in the column's unit. */
export interface Quartiles {
  q25: number;
  median: number;
  q75: number;
}

export interface UnitScale {
  /** What seems to have happened to the values, from reference to current. */
  name: string;
  /** current ≈ reference · factor + offset */
  factor: number;
  offset: number;
  /** How far the converted reference is from the current side: the larger of |ln ratio of quartile ranges| and the relative gap of medians. */
  distance: number;
}

const LINEAR: readonly (readonly [from: string, to: string, factor: number])[] = [
  ["miles", "kilometres", 1.609344],
  ["nautical miles", "kilometres", 1.852],
  ["metres", "feet", 1 / 0.3048],
  ["metres", "yards", 1 / 0.9144],
  ["inches", "centimetres", 2.54],
  ["kilograms", "pounds", 1 / 0.45359237],
  ["ounces", "grams", 28.349523125],
  ["gallons", "litres", 3.785411784],
  ["radians", "degrees", 180 / Math.PI],
  ["days", "hours", 24],
  ["hours", "minutes", 60],
  ["days", "minutes", 1440],
  ["hours", "seconds", 3600],
  ["days", "seconds", 86400],
  ["dozens", "units", 12],
];

const CONVERSIONS: readonly Omit<UnitScale, "distance">[] = [
  ...LINEAR.flatMap(([from, to, factor]) => [
    { name: `${from} to ${to}`, factor, offset: 0 },
    { name: `${to} to ${from}`, factor: 1 / factor, offset: 0 },
  ]),
  ...[1, 2, 3, 4, 5, 6, 9].flatMap((k) => [
    { name: `times 10^${k}`, factor: 10 ** k, offset: 0 },
    { name: `times 10^-${k}`, factor: 10 ** -k, offset: 0 },
  ]),
  { name: "sign flipped", factor: -1, offset: 0 },
  { name: "degrees Celsius to Fahrenheit", factor: 1.8, offset: 32 },
  { name: "degrees Fahrenheit to Celsius", factor: 1 / 1.8, offset: -32 / 1.8 },
  { name: "degrees Celsius to kelvin", factor: 1, offset: 273.15 },
  { name: "kelvin to degrees Celsius", factor: 1, offset: -273.15 },
];

/**
 * Names the unit change that would explain a shift: the conversion under which the reference's quartiles land on the current ones.
 * Nothing is returned when the quartiles have hardly moved or no conversion comes within `tolerance`.
 */
export function findUnitScale(reference: Quartiles, current: Quartiles, tolerance = 0.05): UnitScale | undefined {
  const unchanged = distanceUnder(reference, current, 1, 0);
  if (!(unchanged > tolerance)) return undefined;
  let best: UnitScale | undefined;
  for (const conversion of CONVERSIONS) {
    const distance = distanceUnder(reference, current, conversion.factor, conversion.offset);
    if (distance <= tolerance && (!best || distance < best.distance)) best = { ...conversion, distance };
  }
  return best;
}

/** A column of mixed signs has no ratio at its median, so the spread between quartiles is compared too. */
function distanceUnder(reference: Quartiles, current: Quartiles, factor: number, offset: number): number {
  const moved = [reference.q25, reference.median, reference.q75].map((value) => value * factor + offset).sort((a, b) => a - b);
  const [q25, median, q75] = moved as [number, number, number];
  const spread = current.q75 - current.q25;
  if (spread > 0 && q75 > q25) {
    const width = Math.abs(Math.log(spread / (q75 - q25)));
    const place = Math.abs(current.median - median) / Math.max(spread, Math.abs(current.median), Math.abs(median));
    return Math.max(width, place);
  }
  if (q75 !== q25 || spread !== 0 || current.median * median <= 0) return current.median === median ? 0 : Number.POSITIVE_INFINITY;
  return Math.abs(Math.log(current.median / median));
}
