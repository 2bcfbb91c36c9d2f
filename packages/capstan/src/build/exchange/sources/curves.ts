import { noPoints, type Points, slicePoints } from "../../tracking/points.ts";
import type { Left } from "../model.ts";

type Growing = { points: Points; length: number };

/** Collects points of many series as they are read. Those whose step or time is beyond the exact integers are counted, not kept. */
export function collectCurves() {
  const series = new Map<string, Map<string, Growing>>();
  const beyond = new Map<string, number>();
  return {
    add(run: string, key: string, step: number, timeMs: number, value: number): void {
      if (!Number.isSafeInteger(step) || !Number.isSafeInteger(timeMs)) return void beyond.set(run, (beyond.get(run) ?? 0) + 1);
      let of = series.get(run);
      if (!of) series.set(run, (of = new Map()));
      let one = of.get(key);
      if (!one) of.set(key, (one = { points: noPoints(16), length: 0 }));
      if (one.length === one.points.step.length) one.points = grown(one.points);
      one.points.step[one.length] = step;
      one.points.timeMs[one.length] = timeMs;
      one.points.value[one.length++] = value;
    },
    of(run: string): { curves: Map<string, Points>; left: Left[] } {
      const curves = new Map([...(series.get(run) ?? [])].map(([key, one]) => [key, slicePoints(one.points, 0, one.length)]));
      const count = beyond.get(run) ?? 0;
      return { curves, left: count > 0 ? [{ what: "metric points", count, why: "their step or time is beyond the exact integers" }] : [] };
    },
  };
}

function grown(points: Points): Points {
  const more = noPoints(2 * points.step.length);
  more.step.set(points.step);
  more.timeMs.set(points.timeMs);
  more.value.set(points.value);
  return more;
}
