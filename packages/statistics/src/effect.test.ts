import { describe, expect, test } from "vitest";
import * as s from "./index.ts";

const mean = (n: number, sum: number, sumSquares: number): s.Arm => ({ kind: "mean", n, sum, sumSquares });
const proportion = (n: number, sum: number): s.Arm => ({ kind: "proportion", n, sum });
const moments = (n: number, mu: number, variance: number): s.Arm => ({
  kind: "moments",
  moments: { n, mean: mu, m2: variance * (n - 1), m3: 0, m4: 0, min: mu, max: mu },
});

const CONTROL = mean(3407, 1396.87, 52377.9767);
const TREATMENT = mean(3461, 2422.7, 134698.29);

/** Agreement to the digits that were published. */
function near(got: number, want: number, digits = 5): void {
  expect(got).toBeCloseTo(want, digits);
}

describe("published A/B numbers", () => {
  test("1 Welch, relative", () => {
    const found = s.effect(CONTROL, TREATMENT);
    const result = s.fixedTest(found);
    near(result.estimate, 0.70732);
    near(result.standardError, 0.37879);
    near(result.lower, -0.03526);
    near(result.upper, 1.44989);
    near(result.p, 0.06191);
    near(found.df, 5841.742, 3);
  });

  test("2 Welch, absolute", () => {
    const result = s.fixedTest(s.effect(CONTROL, TREATMENT, "absolute"));
    near(result.estimate, 0.29);
    near(result.standardError, 0.12478);
    near(result.lower, 0.04538);
    near(result.upper, 0.53462);
    near(result.p, 0.02016);
  });

  test("3 small proportions", () => {
    const result = s.fixedTest(s.effect(proportion(28, 14), proportion(30, 16)));
    near(result.estimate, 0.06667);
    near(result.standardError, 0.2717);
    near(result.lower, -0.47767);
    near(result.upper, 0.61101);
    near(result.p, 0.80707);
  });

  test("4 sequential means", () => {
    const result = s.sequentialTest(s.effect(mean(3000, 1396.87, 52377.9767), TREATMENT), 1000);
    near(result.estimate, 0.50336);
    near(result.lower, -0.55844);
    near(result.upper, 1.56516);
    expect(result.p).toBe(1);
  });

  test("5 sequential proportions", () => {
    const result = s.sequentialTest(s.effect(proportion(3000, 1396), proportion(3461, 2422)), 5000);
    near(result.estimate, 0.50386);
    near(result.lower, 0.40098);
    near(result.upper, 0.60675);
    expect(result.p).toBeLessThan(1e-9);
    near(s.tuningRho(5000, 0.05), 0.0398400668, 10);
  });

  test("6 means, fixed and Bayesian", () => {
    const found = s.effect(mean(100, 270, 848.79), mean(120, 300, 869));
    near(found.estimate, -0.074074074, 9);
    near(s.fixedTest(found).p, 0.145219005, 9);
    const bayes = s.bayesianEffect(found);
    near(bayes.chanceToWin, 0.071834168, 9);
    near(bayes.controlLoss, 0.001617057, 9);
    near(bayes.treatmentLoss, 0.075691131, 9);
  });

  test("7 the same, sequential", () => {
    const result = s.sequentialTest(s.effect(mean(100, 270, 848.79), mean(120, 300, 869)), 600);
    near(result.p, 0.892332229, 9);
    near(result.lower, -0.233322085, 9);
  });

  test("8 ratio of two sums", () => {
    const ratio = (n: number, m: [number, number], d: [number, number], sumProducts: number): s.Arm => ({
      kind: "ratio",
      n,
      numerator: { sum: m[0], sumSquares: m[1] },
      denominator: { sum: d[0], sumSquares: d[1] },
      sumProducts,
    });
    const a = ratio(100, [270, 848.79], [510, 810], -900);
    const b = ratio(120, [300, 869], [500, 800], -905);
    near(s.summarizeArm(a).mean, 0.529411765, 9);
    near(s.summarizeArm(b).mean, 0.6, 9);
    const found = s.effect(a, b);
    near(found.estimate, 0.133333333, 9);
    near(s.fixedTest(found).p, 0.610663339, 9);
    const bayes = s.bayesianEffect(found);
    near(bayes.chanceToWin, 0.694926359, 9);
    near(bayes.treatmentLoss, 0.050934045, 9);
  });

  test("9 adjusted by a covariate", () => {
    const arm = (n: number, post: [number, number], pre: [number, number], sumProducts: number): s.Arm => ({
      kind: "adjusted",
      n,
      outcome: { sum: post[0], sumSquares: post[1] },
      covariate: { sum: pre[0], sumSquares: pre[1] },
      sumProducts,
    });
    const a = arm(3001, [300, 600], [210, 415], -20);
    const b = arm(3000, [222, 555], [120, 405], -10);
    near(s.adjustmentSlope(a, b), -0.0732119403, 10);
    const found = s.effect(a, b);
    near(found.estimate, -0.281707154, 9);
    near(found.standardError, 0.0971048764, 9);
    near(s.fixedTest(found).p, 0.003732549, 9);
  });

  test("10 Bayesian, flat prior, proportions", () => {
    const bayes = s.bayesianEffect(s.effect(proportion(100, 49), proportion(100, 51)));
    near(bayes.estimate, 0.04082);
    near(bayes.lower, -0.24779);
    near(bayes.upper, 0.32943);
    near(bayes.chanceToWin, 0.60918);
    near(bayes.controlLoss, 0.0814);
    near(bayes.treatmentLoss, 0.04058);
  });

  test("11, 12 Bayesian means, flat and with a prior", () => {
    const found = s.effect(mean(10, 100, 1002.25), mean(10, 105, 1111.5));
    const flat = s.bayesianEffect(found);
    near(flat.estimate, 0.05);
    near(flat.lower, -0.02, 2);
    near(flat.upper, 0.12, 2);
    near(flat.chanceToWin, 0.91923);
    near(flat.controlLoss, 0.05131);
    near(flat.treatmentLoss, 0.00131);
    const prior = s.bayesianEffect(found, { mean: 0.1, variance: 0.1, scale: "relative" });
    near(prior.estimate, 0.05063);
    near(prior.lower, -0.01893);
    near(prior.upper, 0.12019);
    near(prior.chanceToWin, 0.92315);
  });

  test("13 quantiles", () => {
    const a = s.findQuantileArm({ n: 11054, value: 7.157987489967789, lower: 7.098780136176828, upper: 7.217194843758751 }, 0.9)!;
    const b = s.findQuantileArm({ n: 10861, value: 7.694499927525767, lower: 7.64180598628119, upper: 7.747193868770344 }, 0.9)!;
    const result = s.bayesianEffect(s.effect(a, b, "absolute"));
    near(result.estimate, 0.5365124375579775, 12);
    near(result.lower, 0.4572559589, 9);
    near(result.upper, 0.6157689162, 9);
    near(s.effect(a, b).estimate, 0.0749529722, 9);
    expect(s.findQuantileArm({ n: 20, value: 1, lower: 0, upper: 2 }, 0.9)).toBeUndefined();
  });

  test("14 sample ratio mismatch", () => {
    near(s.sampleRatioP([1000, 1200], [0.5, 0.5]), 0.000020079, 9);
    near(s.sampleRatioP([310, 98], [0.75, 0.25]), 0.647434186, 9);
    near(s.sampleRatioP([135, 115], [0.5, 0.5]), 0.205903211, 9);
    near(s.sampleRatioP([500, 500, 600], [0.34, 0.33, 0.33]), 0.000592638, 9);
    near(s.sampleRatioP([0, 10, 10], [0.34, 0.33, 0.33]), 0.005790624, 9);
  });

  test("14 an arm of weight zero takes no part, and units in it are a mismatch", () => {
    near(s.sampleRatioP([100, 102, 0], [0.5, 0.5, 0]), s.sampleRatioP([100, 102], [0.5, 0.5]), 12);
    expect(s.sampleRatioP([100, 102, 1], [0.5, 0.5, 0])).toBe(0);
  });

  const plan = { mean: 10, variance: 3909.9997749994377, units: 400_000, arms: 3 };

  test("15 power", () => {
    near(s.power(plan, 0.05), 0.52144);
    near(s.power({ ...plan, plannedN: 5000 }, 0.05), 0.20596);
  });

  test("16 minimum detectable lift", () => {
    near(s.minimumDetectableLift(plan), 0.07027);
    near(s.minimumDetectableLift({ ...plan, plannedN: 5000 }), 0.12821);
  });

  test("17 delta variance", () => {
    const a = moments(4, 7, 2);
    const b = moments(15, 5, 0.5);
    near(s.effect(a, b, "absolute").standardError ** 2, 0.53333);
    near(s.effect(a, b).standardError ** 2, 0.00589);
  });

  test("18 Holm and Benjamini–Hochberg", () => {
    const held = Array.from(s.holm([0.01, 0.04, 0.03, 0.005, 0.55, 0.6])).sort((x, y) => x - y);
    [0.03, 0.05, 0.12, 0.12, 1, 1].forEach((want, i) => near(held[i]!, want, 12));
    const found = Array.from(s.benjaminiHochberg([0.898, 0.138, 0.007, 0.964, 0.538, 0.006, 0.138])).sort((x, y) => y - x);
    [0.964, 0.964, 0.7532, 0.2415, 0.2415, 0.0245, 0.0245].forEach((want, i) => near(found[i]!, want, 10));
  });

  test("19 GrowthBook hashes", () => {
    expect(["a", "b"].map((value) => s.growthbookPlace("seed", value))).toEqual([0.0505, 0.2696]);
    expect(["ab", "def"].map((value) => s.growthbookPlace("foo", value))).toEqual([0.2575, 0.2019]);
    expect(s.growthbookPlace("89123klj", "8952klfjas09ujkasdf")).toBe(0.124);
    expect(s.growthbookPlace("", "a", 1)).toBe(0.22);
    expect(s.growthbookPlace("b", "a", 1)).toBe(0.946);
    expect(s.growthbookPlace("ef", "d", 1)).toBe(0.652);
  });

  test("20 Unleash hashes", () => {
    const ids = ["user-1", "user-2", "user-7", "user-42", "alice", "bob"];
    expect(ids.map((id) => s.unleashPlace("demo", id))).toEqual([95, 96, 81, 87, 32, 76]);
    expect(["user-1", "bob"].map((id) => s.unleashVariantPlace("demo", id))).toEqual([93, 5]);
  });

  test("21 expected loss and pooled slope", () => {
    near(s.expectedLoss(-0.1, 0.05), 0.1004245351, 10);
    near(s.expectedLoss(0.1, 0.05), 0.0004245351, 10);
    const post = [2, 1, 5, 3];
    const pre = [0.3, 0.5, 0.9, 22];
    const sums = (values: number[]): s.Sums => ({ sum: s.sum(values), sumSquares: s.sum(values.map((value) => value * value)) });
    const arm: s.Arm = {
      kind: "adjusted",
      n: 4,
      outcome: sums(post),
      covariate: sums(pre),
      sumProducts: s.sum(post.map((value, i) => value * pre[i]!)),
    };
    near(s.adjustmentSlope(arm, arm), 0.01864);
  });

  test("22 sample still needed", () => {
    const found = s.effect(mean(500, 500, 1500), mean(500, 525, 1551.25));
    near(s.remainingSampleFactor(found, 0.05), 25.45648);
    near(s.remainingSampleFactor(found, 0.05, { plannedN: 5000 }), 55.66832);
    near(s.remainingSampleFactor(found, 0.05, { prior: { mean: 0.05, variance: 0.001, scale: "relative" } }), 13.9402);
  });

  test("a one-sided sequential interval leaves out zero exactly when its p is below alpha", () => {
    for (const hits of [1400, 1450, 1500, 1520, 1550]) {
      const found = s.effect(proportion(3000, 1396), proportion(3000, hits));
      const result = s.sequentialTest(found, 5000, 0.05, "greater");
      expect(result.lower > 0).toBe(result.p < 0.05);
      expect(s.sequentialTest(found, 5000, 0.05, "less").p).toBe(1);
    }
  });
});
