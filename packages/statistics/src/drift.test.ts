import { describe, expect, test } from "vitest";
import * as s from "./index.ts";

function normals(n: number, mean: number, seed: number, deviation = 1): Float64Array {
  const random = new s.RandomStream(seed);
  return Float64Array.from({ length: n }, () => mean + deviation * random.normal());
}

const REFERENCE = normals(10_000, 0, 1);
const PROFILE = s.numericProfile(REFERENCE);

describe("distance of profiles", () => {
  test("agrees with the exact sample distances", () => {
    const current = normals(3000, 0.4, 2, 1.2);
    const now = s.numericProfile(current, PROFILE.edges);
    const found = s.profileDistances(PROFILE, now);
    expect(found.ks!.statistic).toBeCloseTo(s.ksStatistic(REFERENCE, current), 2);
    expect(found.wasserstein!.statistic).toBeCloseTo(s.wasserstein(REFERENCE, current) / s.profileDeviation(PROFILE), 1);
    const edges = s.quantileEdges(REFERENCE, 10);
    const exact = s.psi(s.shares(s.binCounts(REFERENCE, edges)), s.shares(s.binCounts(current, edges)));
    expect(Math.abs(found.psi!.statistic - exact)).toBeLessThan(0.05);
    for (const distance of Object.values(found)) expect(distance.p).toBeLessThan(1e-6);
  });

  test.each([50, 200, 1000] as const)("the noise floor is what %d unchanged rows give on average", (n) => {
    const totals = new Map<string, { statistic: number; floor: number }>();
    const runs = 150;
    for (let k = 0; k < runs; k++) {
      const now = s.numericProfile(normals(n, 0, 100 + k), PROFILE.edges);
      for (const [method, { statistic, noiseFloor }] of Object.entries(s.profileDistances(PROFILE, now))) {
        const total = totals.get(method) ?? { statistic: 0, floor: 0 };
        totals.set(method, { statistic: total.statistic + statistic / runs, floor: total.floor + noiseFloor / runs });
      }
    }
    for (const [method, { statistic, floor }] of totals) {
      expect(floor / statistic, method).toBeGreaterThan(n < 100 ? 0.5 : 0.7);
      expect(floor / statistic, method).toBeLessThan(1.3);
    }
  });

  test("unchanged columns raise no alarm at any size, where fixed thresholds do", () => {
    let fixed = 0;
    let alarms = 0;
    const runs = 200;
    for (let k = 0; k < runs; k++) {
      const n = [50, 100, 200, 1000][k % 4]!;
      const distance = s.profileDistance(PROFILE, s.numericProfile(normals(n, 0, 5000 + k), PROFILE.edges));
      fixed += Number(distance.statistic >= 0.1);
      alarms += Number(s.driftVerdict(distance, distance.p, s.DISTANCE_THRESHOLDS) !== "ok");
    }
    expect(fixed / runs).toBeGreaterThan(0.3);
    expect(alarms / runs).toBeLessThan(0.05);
  });

  test("a burst of nulls, values outside the reference and unseen categories are drift", () => {
    const nulls = s.numericProfile(
      Float64Array.from(normals(1000, 0, 7), (x, i) => (i % 4 === 0 ? Number.NaN : x)),
      PROFILE.edges,
    );
    const outside = s.numericProfile(
      Float64Array.from(normals(1000, 0, 8), (x, i) => (i % 4 === 0 ? 1e6 : x)),
      PROFILE.edges,
    );
    const letters = (text: string) => s.categoricalProfile([...text.repeat(100)]);
    for (const distance of [
      s.profileDistance(PROFILE, nulls),
      s.profileDistance(PROFILE, outside),
      s.profileDistance(letters("aabbc"), letters("aabzz")),
    ]) {
      expect(s.driftVerdict(distance, distance.p, s.DISTANCE_THRESHOLDS)).toBe("drift");
    }
    expect(s.profileDistance(PROFILE, nulls).bins.at(-1)).toMatchObject({ label: "null", reference: 0, current: 0.25 });
  });

  test("a constant column that becomes another constant is at the largest distance", () => {
    const seven = s.numericProfile(new Float64Array(500).fill(7));
    const five = s.numericProfile(new Float64Array(400).fill(5), seven.edges);
    expect(s.profileDistance(seven, five, { method: "js2" }).statistic).toBeCloseTo(1, 12);
    expect(s.profileDistance(seven, five, { method: "wasserstein" }).statistic).toBeCloseTo(2, 9);
    expect(s.profileDistance(seven, seven, { method: "js2" }).statistic).toBe(0);
  });

  test("an all-null or empty current side has a distance or a clear refusal, never a crash", () => {
    const empty = s.numericProfile(new Float64Array(50).fill(Number.NaN), PROFILE.edges);
    expect(s.profileDistance(PROFILE, empty, { method: "js2" }).statistic).toBeCloseTo(1, 12);
    expect(s.profileDistance(PROFILE, empty, { method: "ks" }).statistic).toBeNaN();
    expect(() => s.profileDistance(PROFILE, s.numericProfile([], PROFILE.edges))).toThrow(RangeError);
    expect(() => s.profileDistance(PROFILE, s.numericProfile([1, 2, 3]))).toThrow(/edges/);
  });

  test("quantiles and moments can be read from a profile", () => {
    expect(s.profileQuantile(PROFILE, 0.5)).toBeCloseTo(0, 1);
    expect(s.profileQuantile(PROFILE, 0.9)).toBeCloseTo(1.2816, 1);
    expect(s.profileDeviation(PROFILE)).toBeCloseTo(1, 1);
  });

  test("rows needed for a PSI of 0.1 over ten bins find it four times in five", () => {
    const p = Array.from({ length: 10 }, () => 0.1);
    const q = p.map((share, i) => share * (i % 2 ? 1 + 0.316 : 1 - 0.316));
    const needed = s.rowsForPsi(s.psi(p, q), 10, 100_000);
    let found = 0;
    const runs = 200;
    for (let k = 0; k < runs; k++) {
      const random = new s.RandomStream(k);
      const counts = new Float64Array(10);
      for (let i = 0; i < needed; i++) {
        let u = random.uniform();
        let bin = 0;
        while (bin < 9 && u >= q[bin]!) u -= q[bin++]!;
        counts[bin]!++;
      }
      found += Number(
        s.chiSquareHomogeneity(
          Array.from({ length: 10 }, () => 10_000),
          counts,
        ).p <= 0.05,
      );
    }
    expect(found / runs).toBeGreaterThan(0.7);
    expect(found / runs).toBeLessThan(0.9);
  });
});
