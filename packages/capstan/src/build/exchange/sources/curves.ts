import { noPoints, type Points } from "../../tracking/points.ts";

type Growing = { step: number[]; timeMs: number[]; value: number[] };

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
      if (!one) of.set(key, (one = { step: [], timeMs: [], value: [] }));
      one.step.push(step);
      one.timeMs.push(timeMs);
      one.value.push(value);
    },
    get beyond() {
      return beyond;
    },
    of(run: string): Map<string, Points> {
      return new Map([...(series.get(run) ?? [])].map(([key, one]) => [key, columnsOf(one)]));
    },
  };
}

function columnsOf({ step, timeMs, value }: Growing): Points {
  const points = noPoints(step.length);
  points.step.set(step);
  points.timeMs.set(timeMs);
  points.value.set(value);
  return points;
}
