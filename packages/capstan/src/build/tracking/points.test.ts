import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBlock, decodeChunk, digestOfBlock, encodeBlock, encodeChunk, mergePoints, pointsOf } from "./points.ts";

const point = fc.record({ step: fc.maxSafeInteger(), timeMs: fc.maxSafeNat(), value: fc.double() });
const listOf = (points: { step: Float64Array; timeMs: Float64Array; value: Float64Array }) =>
  [...points.step].map((step, i) => [step, points.timeMs[i], points.value[i]]);

describe("points", () => {
  test("a block and a chunk give back what was put in", () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 200 }), (list) => {
        const points = pointsOf(list);
        const block = encodeBlock(points);
        const back = decodeBlock(block.data);
        expect(listOf(back)).toEqual(listOf(points));
        expect(digestOfBlock(block.data)).toBe(block.digest);
        expect(listOf(decodeChunk(encodeChunk(points)))).toEqual(listOf(points));
      }),
    );
  });

  test("merging orders by time, step and value and keeps a repeat once", () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 100 }), (list) => {
        const once = mergePoints([pointsOf(list)]);
        expect(listOf(mergePoints([pointsOf(list), pointsOf([...list].reverse())]))).toEqual(listOf(once));
        for (let i = 1; i < once.step.length; i++) expect(once.timeMs[i]! >= once.timeMs[i - 1]!).toBe(true);
      }),
    );
  });

  test("NaN repeats NaN but not 0, an infinity repeats itself", () => {
    const at = { step: 1, timeMs: 1 };
    const merged = mergePoints([pointsOf([NaN, 0, NaN, Infinity, Infinity, -Infinity, 0].map((value) => ({ ...at, value })))]);
    expect([...merged.value]).toEqual([-Infinity, 0, NaN, Infinity]);
  });

  test("a steady curve takes few bytes a point", () => {
    const list = Array.from({ length: 4096 }, (_, i) => ({
      step: i,
      timeMs: 1_700_000_000_000 + 37 * i,
      value: Math.fround(1 / (1 + i / 100)),
    }));
    expect(encodeBlock(pointsOf(list)).data.length / 4096).toBeLessThan(6);
  });

  test("facts of a block leave out what is not finite", () => {
    const block = encodeBlock(pointsOf([3, NaN, Infinity, -2].map((value, step) => ({ step, timeMs: 5, value }))));
    expect(block).toMatchObject({ points: 4, minStep: 0, maxStep: 3, minValue: -2, maxValue: 3, nonFinite: 2 });
    expect(encodeBlock(pointsOf([{ step: 0, timeMs: 0, value: NaN }]))).toMatchObject({ minValue: null, maxValue: null });
  });
});
