import { describe, expect, test } from "vitest";
import * as s from "./index.ts";

function scored(n: number, separation: number, seed: number): { labels: Float64Array; first: Float64Array; second: Float64Array } {
  const random = new s.RandomStream(seed);
  const labels = Float64Array.from({ length: n }, () => Number(random.uniform() < 0.4));
  const first = labels.map((label) => separation * label + random.normal());
  const second = first.map((score) => score + 0.7 * random.normal());
  return { labels, first, second };
}

describe("random numbers", () => {
  test("Philox4x32-10 gives its authors' known answers", () => {
    expect(s.philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(s.philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });

  test("streams are reproducible and independent of each other", () => {
    const draw = (seed: number, stream: number) =>
      Array.from(
        { length: 5 },
        (
          (random) => () =>
            random.uniform()
        )(new s.RandomStream(seed, stream)),
      );
    expect(draw(1, 0)).toEqual(draw(1, 0));
    expect(draw(1, 0)).not.toEqual(draw(1, 1));
    expect(draw(1, 0)).not.toEqual(draw(2, 0));
  });

  test("uniform and normal draws have the right moments", () => {
    const random = new s.RandomStream(4);
    const uniform = s.moments(Float64Array.from({ length: 20_000 }, () => random.uniform()));
    const normal = s.moments(Float64Array.from({ length: 20_000 }, () => random.normal()));
    expect(uniform.mean).toBeCloseTo(0.5, 1.7);
    expect(s.varianceOf(uniform)).toBeCloseTo(1 / 12, 2);
    expect(normal.mean).toBeCloseTo(0, 1);
    expect(s.deviationOf(normal)).toBeCloseTo(1, 1);
    expect(s.kurtosisOf(normal)).toBeCloseTo(0, 0);
  });
});

describe("AUC intervals", () => {
  test("the standard error is DeLong's, worked out by hand for four rows", () => {
    const { auc, standardError } = s.aucInterval([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1]);
    expect(auc).toBe(0.75);
    expect(standardError).toBeCloseTo(Math.sqrt(0.125 / 2 + 0.125 / 2), 12);
  });

  test("19 of 20 intervals hold the truth", () => {
    const truth = s.normalCdf(1 / Math.SQRT2);
    let held = 0;
    const runs = 400;
    for (let seed = 0; seed < runs; seed++) {
      const { labels, first } = scored(150, 1, seed);
      const { lower, upper } = s.aucInterval(labels, first);
      held += Number(lower <= truth && truth <= upper) / runs;
    }
    expect(held).toBeGreaterThan(0.92);
    expect(held).toBeLessThan(0.98);
  });

  test("perfect separation is not certainty", () => {
    const found = s.aucInterval([0, 0, 0, 1, 1, 1, 1], [1, 2, 3, 4, 5, 6, 7]);
    expect(found).toMatchObject({ auc: 1, upper: 1, scale: "exact" });
    expect(found.lower).toBeLessThan(0.4);
  });

  test("the paired test keeps its level and finds a worse score", () => {
    let alarms = 0;
    const runs = 200;
    for (let seed = 0; seed < runs; seed++) {
      const { labels } = scored(120, 1, seed);
      const random = new s.RandomStream(seed, 9);
      const common = labels.map((label) => label + random.normal());
      const noisy = () => common.map((score) => score + 0.5 * random.normal());
      alarms += Number(s.aucDifference(labels, noisy(), noisy()).p < 0.05) / runs;
    }
    expect(alarms).toBeLessThan(0.09);
    const { labels, first, second } = scored(3000, 1, 5);
    const found = s.aucDifference(labels, first, second);
    expect(found.upper).toBeLessThan(0);
    expect(found.p).toBeLessThan(1e-4);
  });

  test("a bootstrap of the same AUC agrees, and is the same every time", () => {
    const { labels, first } = scored(400, 1, 11);
    const statistic = (rows: Uint32Array) =>
      s.auc(
        Float64Array.from(rows, (row) => labels[row]!),
        Float64Array.from(rows, (row) => first[row]!),
      );
    const once = s.bootstrapInterval(400, statistic, { resamples: 400, seed: 3 });
    const analytic = s.aucInterval(labels, first);
    expect(once.lower).toBeCloseTo(analytic.lower, 1.7);
    expect(once.upper).toBeCloseTo(analytic.upper, 1.7);
    expect(s.bootstrapInterval(400, statistic, { resamples: 400, seed: 3 })).toEqual(once);
  });

  test("drawing whole groups widens the interval of correlated rows", () => {
    const random = new s.RandomStream(6);
    const groups = Float64Array.from({ length: 400 }, (_, i) => Math.floor(i / 20));
    const level = Float64Array.from({ length: 20 }, () => random.normal());
    const values = groups.map((group) => level[group]! + 0.1 * random.normal());
    const meanOf = (rows: Uint32Array) => s.mean(Float64Array.from(rows, (row) => values[row]!));
    const width = ({ lower, upper }: s.Interval) => upper - lower;
    expect(width(s.bootstrapInterval(400, meanOf, { groups, resamples: 300 }))).toBeGreaterThan(
      2 * width(s.bootstrapInterval(400, meanOf, { resamples: 300 })),
    );
  });
});

describe("prediction bounds", () => {
  test("the bound is mean + t·sd·√(1 + 1/n)", () => {
    const { upper, mean, deviation } = s.upperPredictionBound([1, 2, 3, 4], 0.05);
    expect(mean).toBe(2.5);
    expect(upper).toBeCloseTo(2.5 + 2.3533634348018264 * deviation * Math.sqrt(1.25), 10);
    expect(s.upperPredictionBound([1]).upper).toBe(Number.POSITIVE_INFINITY);
  });

  test("a new distance exceeds it as often as promised, even from six values", () => {
    const runs = 3000;
    let above = 0;
    let outside = 0;
    for (let seed = 0; seed < runs; seed++) {
      const random = new s.RandomStream(21, seed);
      const past = Float64Array.from({ length: 6 }, () => Math.exp(-3 + 0.4 * random.normal()));
      const next = Math.exp(-3 + 0.4 * random.normal());
      above += Number(next > s.upperDistanceBound(past, 0.05).upper) / runs;
      const logs = past.map(Math.log);
      const { lower, upper } = s.predictionInterval(logs, 0.9);
      outside += Number(Math.log(next) < lower || Math.log(next) > upper) / runs;
    }
    expect(Math.abs(above - 0.05)).toBeLessThan(0.015);
    expect(Math.abs(outside - 0.1)).toBeLessThan(0.02);
  });
});

describe("shares", () => {
  test("exact interval, Wilson interval and McNemar", () => {
    const { lower, upper } = s.exactShareInterval(3, 10);
    expect(s.binomialCdf(3, 10, upper)).toBeCloseTo(0.025, 10);
    expect(1 - s.binomialCdf(2, 10, lower)).toBeCloseTo(0.025, 10);
    expect(s.wilsonInterval(0, 20)).toMatchObject({ lower: 0 });
    expect(s.wilsonInterval(0, 20).upper).toBeCloseTo(0.1611, 4);
    expect(s.mcnemarExact(1, 8)).toBeCloseTo((2 * (1 + 9)) / 512, 12);
    expect(s.mcnemarExact(4, 4)).toBe(1);
    expect(s.mcnemarExact(0, 0)).toBe(1);
  });

  test("a fairness ratio's interval decides only with enough rows", () => {
    const group = (name: string, n: number, selected: number): s.GroupRates => ({
      group: name,
      n,
      tp: selected,
      fp: 0,
      fn: n - selected,
      tn: 0,
      selectionRate: selected / n,
      truePositiveRate: 0,
      falsePositiveRate: 0,
      accuracy: 0,
      precision: 0,
    });
    expect(s.atLeast(s.parityRatioInterval([group("a", 40, 20), group("b", 40, 14)]), 0.8)).toBe("inconclusive");
    expect(s.atLeast(s.parityRatioInterval([group("a", 4000, 2000), group("b", 4000, 1400)]), 0.8)).toBe("fail");
    expect(s.atLeast(s.parityRatioInterval([group("a", 4000, 2000), group("b", 4000, 1950)]), 0.8)).toBe("pass");
  });
});

describe("causes", () => {
  const random = new s.RandomStream(8);
  const miles = Float64Array.from({ length: 3000 }, () => Math.exp(5.5 + 0.6 * random.normal()));
  const quartiles = (values: Float64Array): s.Quartiles => ({
    q25: s.quantile(values, 0.25),
    median: s.median(values),
    q75: s.quantile(values, 0.75),
  });
  const other = Float64Array.from({ length: 3000 }, () => Math.exp(5.5 + 0.6 * random.normal()));

  test.each([
    ["miles to kilometres", 1.609344],
    ["kilometres to miles", 1 / 1.609344],
    ["metres to feet", 1 / 0.3048],
    ["inches to centimetres", 2.54],
    ["pounds to kilograms", 0.45359237],
    ["hours to minutes", 60],
    ["hours to seconds", 3600],
    ["times 10^3", 1000],
    ["times 10^-2", 0.01],
  ] as const)("%s is named", (name, factor) => {
    const found = s.findUnitScale(quartiles(miles), quartiles(other.map((x) => x * factor)), 0.1);
    expect(found?.name).toBe(name);
    expect(found!.distance).toBeLessThan(0.1);
  });

  test("temperatures change by scale and offset, and signs may flip", () => {
    const celsius = Float64Array.from({ length: 3000 }, () => 12 + 8 * random.normal());
    const named = (convert: (x: number) => number) => s.findUnitScale(quartiles(celsius), quartiles(celsius.map(convert)))?.name;
    expect(named((x) => x * 1.8 + 32)).toBe("degrees Celsius to Fahrenheit");
    expect(named((x) => x + 273.15)).toBe("degrees Celsius to kelvin");
    expect(named((x) => -x)).toBe("sign flipped");
  });

  test("no change and an ordinary shift have no name", () => {
    expect(s.findUnitScale(quartiles(miles), quartiles(other))).toBeUndefined();
    expect(s.findUnitScale(quartiles(miles), quartiles(other.map((x) => x * 1.3)))).toBeUndefined();
  });

  test("a changed share of positives is estimated from scores alone", () => {
    const draw = new s.RandomStream(12);
    const prior = 0.3;
    const scores = Float64Array.from({ length: 8000 }, () => {
      const x = (draw.uniform() < 0.6 ? 1 : -1) + draw.normal();
      const odds = (prior / (1 - prior)) * Math.exp(2 * x);
      return odds / (1 + odds);
    });
    const found = s.priorShift(scores, prior);
    expect(found.prior).toBeCloseTo(0.6, 1);
    expect(found.p).toBeLessThan(1e-6);
    expect(s.adjustForPrior(0.3, 0.3, 0.6)).toBeCloseTo(0.6, 12);
    expect(s.priorFromDecisions(0.5, 0.8, 0.2)).toBeCloseTo(0.5, 12);
    expect(s.priorFromDecisions(0.5, 0.2, 0.2)).toBeNaN();
  });
});
