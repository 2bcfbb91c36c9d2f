import fc from "fast-check";
import { expect, test } from "vitest";
import { createStepSet } from "./step-set.ts";

const every = fc.record({
  first: fc.integer({ min: -50, max: 200 }),
  stride: fc.integer({ min: 1, max: 40 }),
  count: fc.integer({ min: 1, max: 120 }),
});

test("distinct steps are counted and chosen by place, as marks and as numbers", () => {
  fc.assert(
    fc.property(
      fc.array(every, { maxLength: 6 }),
      fc.array(fc.integer({ min: -80, max: 400 }), { maxLength: 30 }),
      fc.integer({ min: -60, max: 60 }),
      fc.constantFrom(70, 300, 2 ** 40),
      (all, steps, low, width) => {
        const set = createStepSet(low, low + width);
        for (const { first, stride, count } of all) set.addEvery(first, stride, count);
        for (const step of steps) set.add(step);
        const given = [...all.flatMap(({ first, stride, count }) => Array.from({ length: count }, (_, i) => first + i * stride)), ...steps];
        const expected = [...new Set(given)].filter((step) => step >= low && step <= low + width).sort((a, b) => a - b);
        expect(set.size).toBe(expected.length);
        expect(set.at([...expected.keys()])).toEqual(expected);
        const some = [...expected.keys()].filter((i) => i % 7 === 3);
        expect(set.at(some)).toEqual(some.map((i) => expected[i]));
      },
    ),
  );
});
