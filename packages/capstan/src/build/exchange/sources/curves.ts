import { noPoints, type Points, slicePoints } from "../../tracking/points.ts";

type Growing = { points: Points; length: number };

/** Collects points of many series as they are read. Those whose step or time is beyond the exact integers are counted, not kept. */
export function collectCurves() {
  const series = new Map<string, Map<string, Growing>>();
  let beyond = 0;
  return {
    add(run: string, key: string, step: number, timeMs: number, value: number): void {
      if (!Number.isSafeInteger(step) || !Number.isSafeInteger(timeMs)) return void beyond++;
      let of = series.get(run);
      if (!of) series.set(run, (of = new Map()));
      let one = of.get(key);
      if (!one) of.set(key, (one = { points: noPoints(16), length: 0 }));
      if (one.length === one.points.step.length) one.points = grown(one.points);
      one.points.step[one.length] = step;
      one.points.timeMs[one.length] = timeMs;
      one.points.value[one.length++] = value;
    },
    get beyond() {
      return beyond;
    },
    of(run: string): Map<string, Points> {
      return new Map([...(series.get(run) ?? [])].map(([key, one]) => [key, slicePoints(one.points, 0, one.length)]));
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
