import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as distributions from "./distributions.ts";
import * as special from "./special.ts";

const table = JSON.parse(readFileSync(new URL("../golden/distributions.json", import.meta.url), "utf8")) as Record<string, number[][]>;
const functions = { ...distributions, ...special } as unknown as Record<string, (...args: number[]) => number>;

describe("distribution functions against 40-digit arithmetic", () => {
  for (const [name, rows] of Object.entries(table)) {
    test(name, () => {
      for (const row of rows) {
        const expected = row.at(-1)!;
        const got = functions[name]!(...row.slice(0, -1));
        const scale = Math.abs(expected) > 1e-300 ? Math.abs(expected) : 1;
        expect(Math.abs(got - expected) / scale, `${name}(${row.slice(0, -1)}) = ${got}, not ${expected}`).toBeLessThan(1e-11);
      }
    });
  }

  test("quantiles invert their distribution functions", () => {
    for (const p of [1e-6, 0.01, 0.3, 0.5, 0.9, 0.999]) {
      expect(distributions.chiSquareCdf(distributions.chiSquareQuantile(p, 4.5), 4.5)).toBeCloseTo(p, 12);
      expect(distributions.betaCdf(distributions.betaQuantile(p, 2, 5), 2, 5)).toBeCloseTo(p, 12);
      expect(distributions.studentCdf(distributions.studentQuantile(p, 7), 7)).toBeCloseTo(p, 12);
    }
  });

  test("binomial mass sums to its distribution function", () => {
    let total = 0;
    for (let k = 0; k <= 12; k++) {
      total += distributions.binomialMass(k, 40, 0.3);
      expect(distributions.binomialCdf(k, 40, 0.3)).toBeCloseTo(total, 12);
    }
  });
});
