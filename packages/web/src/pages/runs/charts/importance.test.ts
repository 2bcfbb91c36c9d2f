import { expect, test } from "vitest";
import { importanceOf } from "./importance.ts";

/** Spread evenly in [0, 1), without a pattern that another of these has. */
const values = (factor: number, rows = 300): number[] => Array.from({ length: rows }, (_, i) => (i * factor) % 1);
const [a, b, c] = [values(0.6180339887), values(0.7548776662), values(0.569840291)];

test("what decides a number comes first, what does not gets nearly nothing", () => {
  const { r2, shares } = importanceOf(
    [a, b, c],
    a.map((one, i) => 3 * one + (b[i] as number) ** 2),
  );
  expect(r2).toBeGreaterThan(0.8);
  expect(shares[0]).toBeGreaterThan(0.7);
  expect(shares[1]).toBeGreaterThan(0.03);
  expect(shares[2]).toBeLessThan(0.03);
  expect(shares.reduce((sum, one) => sum + one)).toBeCloseTo(1);
});

test("a number that follows from none of them is not explained", () => {
  const { r2 } = importanceOf([a, b], c);
  expect(r2).toBeLessThan(0.2);
});

test("missing values are a value of their own; equal results leave nothing to explain", () => {
  const gaps = a.map((one, i) => (i % 2 === 0 ? Number.NaN : one));
  const { r2, shares } = importanceOf(
    [gaps, b],
    gaps.map((one) => (Number.isNaN(one) ? 5 : 0)),
  );
  expect(r2).toBeGreaterThan(0.9);
  expect(shares[0]).toBeGreaterThan(0.9);
  expect(
    importanceOf(
      [a],
      a.map(() => 1),
    ),
  ).toEqual({ r2: 0, shares: [0] });
});
