import { expect, test } from "vitest";
import { criticalPath, readyAt, ticksOf, type Timed } from "./timeline-rules.ts";

const steps: Timed[] = [
  { step: "prepare", from: 0, to: 4, needs: [] },
  { step: "baseline", from: 4, to: 5, needs: ["prepare"] },
  { step: "train", from: 4, to: 9, needs: ["prepare"] },
  { step: "evaluate", from: 10, to: 12, needs: ["train", "baseline"] },
  { step: "other", from: 0, to: 11, needs: [] },
  { step: "waits", from: null, to: null, needs: ["evaluate"] },
];

test("the critical path goes back from what ended last through what it waited for", () => {
  expect([...criticalPath(steps)]).toEqual(["evaluate", "train", "prepare"]);
  expect(criticalPath([]).size).toBe(0);
});

test("a step is ready when all it needs is there", () => {
  const all = new Map(steps.map((step) => [step.step, step]));
  expect(readyAt(steps[3] as Timed, all)).toBe(9);
  expect(readyAt(steps[0] as Timed, all)).toBe(0);
});

test("times of an axis are round", () => {
  expect(ticksOf(12)).toEqual([0, 5, 10]);
  expect(ticksOf(0.4)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
  expect(ticksOf(1000)).toEqual([0, 300, 600, 900]);
});
