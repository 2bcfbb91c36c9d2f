import { describe, expect, test } from "vitest";
import * as s from "./index.ts";

describe("failure-share e-process", () => {
  /** First of `limit` canary requests at which the process rolls back, or the limit. */
  function requestsUntilRollback(
    canaryError: number,
    controlError: number,
    weight: number,
    alpha: number,
    limit: number,
    seed: number,
  ): number {
    const random = new s.RandomStream(seed);
    let state = s.startFailureShare();
    let canaryRequests = 0;
    while (canaryRequests < limit) {
      const canary = random.uniform() < weight;
      canaryRequests += Number(canary);
      if (random.uniform() >= (canary ? canaryError : controlError)) continue;
      state = s.addFailure(state, canary ? "canary" : "control", weight);
      if (s.exceeds(state, alpha)) return canaryRequests;
    }
    return limit;
  }

  test("a canary that fails as the control does is left alone, however often it is looked at", () => {
    let rolledBack = 0;
    const runs = 300;
    for (let seed = 0; seed < runs; seed++) rolledBack += Number(requestsUntilRollback(0.05, 0.05, 0.3, 0.05, 3000, seed) < 3000);
    expect(rolledBack / runs).toBeLessThanOrEqual(0.05);
  });

  test("a failing canary is found as fast as simulated", () => {
    const median = (canaryError: number): number =>
      s.median(Array.from({ length: 41 }, (_, seed) => requestsUntilRollback(canaryError, 0.002, 0.05, 0.001, 20_000, seed)));
    expect(median(1)).toBeLessThanOrEqual(3);
    expect(median(0.5)).toBeLessThanOrEqual(8);
    expect(median(0.05)).toBeLessThan(130);
    expect(median(0.05)).toBeGreaterThan(40);
  });

  test("the weight may change; a weight of zero or one tells nothing", () => {
    let state = s.addFailure(s.startFailureShare(), "canary", 1);
    expect(s.evidence(state).e).toBe(1);
    state = s.addFailure(state, "canary", 0.01, 3);
    expect(s.evidence(state).e).toBeGreaterThan(1000);
    expect(s.evidence(state).p).toBeLessThan(0.001);
    expect(state).toMatchObject({ canaryFailures: 4, controlFailures: 0 });
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  test("evidence is a mean of likelihood ratios and does not overflow", () => {
    const state = s.addFailure(s.startFailureShare([2]), "canary", 0.5);
    expect(s.evidence(state).e).toBeCloseTo(2 / 1.5, 12);
    const long = s.addFailure(s.startFailureShare(), "canary", 0.01, 10_000);
    expect(s.evidence(long).logE).toBeGreaterThan(10_000);
    expect(s.exceeds(long, 1e-9)).toBe(true);
  });
});

describe("peeking at an A/A test", () => {
  const looks = Array.from({ length: 40 }, (_, i) => (i + 1) * 50);

  /** Shares of A/A runs in which any of 40 looks was "significant": by a fixed t test, and by the sequence. */
  function falsePositives(draw: (random: s.RandomStream) => number, paired: boolean): { fixed: number; sequential: number } {
    const runs = 400;
    let fixed = 0;
    let sequential = 0;
    for (let seed = 0; seed < runs; seed++) {
      const random = new s.RandomStream(99, seed);
      let control = s.emptyMoments();
      let treatment = s.emptyMoments();
      let seenFixed = false;
      let seenSequential = false;
      for (const _ of looks) {
        const part = () => s.moments(Float64Array.from({ length: 50 }, () => (paired ? draw(random) - draw(random) : draw(random))));
        control = s.mergeMoments(control, part());
        if (!paired) treatment = s.mergeMoments(treatment, part());
        const interval = paired
          ? s.pairedSequence(control, { plannedN: 2000 })
          : s.differenceSequence(control, treatment, { plannedN: 4000 });
        seenSequential ||= interval.lower > 0 || interval.upper < 0;
        expect(interval.lower > 0 || interval.upper < 0).toBe(interval.p < 0.05);
        if (!paired) seenFixed ||= s.welchOfMoments(control, treatment).p < 0.05;
      }
      fixed += Number(seenFixed) / runs;
      sequential += Number(seenSequential) / runs;
    }
    return { fixed, sequential };
  }

  test("normal rows, two arms", () => {
    const { fixed, sequential } = falsePositives((random) => random.normal(), false);
    expect(fixed).toBeGreaterThan(0.2);
    expect(sequential).toBeLessThanOrEqual(0.05);
  });

  test("rare events, two arms", () => {
    const { sequential } = falsePositives((random) => Number(random.uniform() < 0.05), false);
    expect(sequential).toBeLessThanOrEqual(0.05);
  });

  test("paired differences", () => {
    const { sequential } = falsePositives((random) => random.uniform(), true);
    expect(sequential).toBeLessThanOrEqual(0.05);
  });

  test("a real difference is found, and too few rows say nothing", () => {
    const random = new s.RandomStream(5);
    const draw = (n: number, mean: number) => s.moments(Float64Array.from({ length: n }, () => mean + random.normal()));
    expect(s.differenceSequence(draw(2000, 0), draw(2000, 0.3)).lower).toBeGreaterThan(0);
    expect(s.differenceSequence(draw(20, 0), draw(2000, 3))).toMatchObject({
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
      p: 1,
    });
  });

  test("a one-sided sequential effect test keeps its level", () => {
    let found = 0;
    const runs = 300;
    for (let seed = 0; seed < runs; seed++) {
      const random = new s.RandomStream(7, seed);
      let a = s.emptyMoments();
      let b = s.emptyMoments();
      let seen = false;
      for (let look = 0; look < 30; look++) {
        const part = () => s.moments(Float64Array.from({ length: 60 }, () => 5 + random.normal()));
        a = s.mergeMoments(a, part());
        b = s.mergeMoments(b, part());
        seen ||=
          s.sequentialTest(s.effect({ kind: "moments", moments: a }, { kind: "moments", moments: b }), 3600, 0.05, "greater").p < 0.05;
      }
      found += Number(seen) / runs;
    }
    expect(found).toBeLessThanOrEqual(0.05);
  });
});

describe("non-inferiority", () => {
  test("only a whole interval on one side of the margin decides", () => {
    expect(s.nonInferiority({ lower: -0.005, upper: 0.02 }, 0.01)).toBe("non_inferior");
    expect(s.nonInferiority({ lower: -0.05, upper: -0.02 }, 0.01)).toBe("inferior");
    expect(s.nonInferiority({ lower: -0.05, upper: 0.02 }, 0.01)).toBe("inconclusive");
    expect(s.nonInferiority({ lower: Number.NaN, upper: Number.NaN }, 0.01)).toBe("inconclusive");
    expect(s.nonInferiority({ lower: -0.02, upper: 0.005 }, 0.01, "lower")).toBe("non_inferior");
    expect(s.nonInferiority({ lower: 0.02, upper: 0.05 }, 0.01, "lower")).toBe("inferior");
  });

  test("a ratio against a least value", () => {
    expect(s.atLeast({ lower: 0.81, upper: 0.95 }, 0.8)).toBe("pass");
    expect(s.atLeast({ lower: 0.6, upper: 0.79 }, 0.8)).toBe("fail");
    expect(s.atLeast({ lower: 0.6, upper: 0.95 }, 0.8)).toBe("inconclusive");
  });
});
