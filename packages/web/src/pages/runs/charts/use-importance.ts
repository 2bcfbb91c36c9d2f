import { useEffect, useState } from "react";
import type { Importance } from "./importance.ts";
import type { Answered } from "./importance-worker.ts";
import { asNumber, type Point } from "./values.ts";

const fewest = 12;

/** Numbers as they are; words by their order, which trees can cut anywhere. */
function inputOf(points: readonly Point[], at: number): Float64Array {
  const held = points.map((one) => one.values[at] ?? null);
  if (held.every((one) => one === null || asNumber(one) !== null)) return Float64Array.from(held, (one) => asNumber(one) ?? Number.NaN);
  const places = new Map(
    [...new Set(held)]
      .filter((one) => one !== null)
      .toSorted()
      .map((word, i) => [word, i]),
  );
  return Float64Array.from(held, (one) => places.get(one as string) ?? Number.NaN);
}

/** What the last value of each point follows from, told in a thread of its own; undefined until it is, and of too few points. */
export function useImportance(points: readonly Point[], inputs: number): { found: Importance | undefined; rows: number } {
  const [known, setKnown] = useState<{ of: readonly Point[]; found: Importance }>();
  const whole = points.filter((one) => one.values.length === inputs + 1 && asNumber(one.values[inputs]) !== null);
  const rows = whole.length;
  useEffect(() => {
    if (rows < fewest || inputs === 0) return;
    const whole = points.filter((one) => one.values.length === inputs + 1 && asNumber(one.values[inputs]) !== null);
    const worker = new Worker(new URL("./importance-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Answered>) => {
      setKnown({ of: points, found: data.found });
      worker.terminate();
    });
    worker.postMessage({
      id: 0,
      inputs: Array.from({ length: inputs }, (_, i) => inputOf(whole, i)),
      target: whole.map((one) => asNumber(one.values[inputs]) ?? 0),
    });
    return () => worker.terminate();
  }, [points, inputs, rows]);
  return { found: known?.of === points ? known.found : undefined, rows };
}
