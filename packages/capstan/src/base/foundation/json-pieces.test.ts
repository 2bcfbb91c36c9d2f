import fc from "fast-check";
import { expect, test } from "vitest";
import { isLarge, jsonPieces } from "./json-pieces.ts";

test("pieces are the text that JSON.stringify makes, and none is long", () => {
  const numbers = Array.from({ length: 30_000 }, (_, i) => i / 7);
  const given: unknown[] = [
    {
      series: [
        { run: "a", step: numbers, more: undefined },
        { step: [], min: numbers.map((one) => (one > 9 ? null : NaN)) },
      ],
      empty: {},
    },
    Array.from({ length: 5000 }, (_, i) => ({ i, text: "x".repeat(i % 90), at: new Date(i), inner: { list: [i, [i]] } })),
    { text: 'ü"'.repeat(900_000), after: [undefined, () => 1, 5n === 5n] },
    [numbers, { a: { b: { c: numbers } } }],
  ];
  for (const one of given) {
    const pieces = [...jsonPieces(one)];
    expect(pieces.join("") === JSON.stringify(one)).toBe(true);
    expect(isLarge(one)).toBe(true);
    if (!("text" in (one as object))) expect(pieces.length).toBeGreaterThan(2);
  }
});

test("any value is written as JSON.stringify writes it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(30_000), (value, many) => {
      const all = { value, list: Array.from({ length: many }, () => value) };
      expect([...jsonPieces(all)].join("")).toBe(JSON.stringify(all));
    }),
    { numRuns: 30 },
  );
});
