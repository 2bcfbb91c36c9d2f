import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { startTransition, useEffect, useMemo, useRef, useState } from "react";
import { client } from "../../../data/api.ts";
import { appended } from "../appended.ts";
import type { Axis, Series } from "../curve-x.ts";
import { useFollowed } from "../followed.tsx";
import { stepsWithin } from "./grid.ts";
import type { Part } from "./plot.tsx";

/** A run whose curves are drawn. */
export type Drawn = {
  id: string;
  name: string;
  /** Null: thin and grey. */ color: string | null;
  startMs: number;
  running: boolean;
  /** What the others are held against. */ reference?: boolean;
};

const aliveMs = { streamed: 30_000, asked: 5_000 };

/**
 * Curves of some runs in no more points than there are pixels, and again of the part that is zoomed to. Of a run that goes on new points come by its
 * stream where one is followed; with `again`, by being read again.
 */
export function useCurves(
  { project, keys, runs, again }: { project: string; keys: readonly string[]; runs: readonly Drawn[]; again: boolean },
  axis: Axis,
  pixels: number,
) {
  const [part, setPart] = useState<Part | null>(null);
  const [steps, setSteps] = useState<{ fromStep: number; toStep: number }>();
  useEffect(() => {
    setPart(null);
    setSteps(undefined);
  }, [axis]);
  const own = runs.filter((run) => !run.reference);
  const ids = runs.map((run) => run.id).toSorted();
  const asked = { project, run: ids.join(","), key: [...keys], buckets: Math.min(2000, pixels), ...steps };
  const live = own.some((run) => run.running);
  const followed = useFollowed();
  const streams = live && own.every((run) => run.id === followed.run);
  const answer = useQuery({
    queryKey: [streams ? "followed.series" : "runs.series", asked],
    queryFn: ({ signal }) => client.call("runs.series", asked, { signal }),
    enabled: pixels > 0 && ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: live ? (again ? 500 : 2_000) : 60_000,
    ...(live && again && { refetchInterval: streams ? aliveMs.streamed : aliveMs.asked }),
  });
  const { refetch } = answer;
  const was = useRef(live);
  useEffect(() => {
    if (was.current && !live) void refetch();
    was.current = live;
  }, [live, refetch]);
  const zoomed = steps !== undefined;
  const all = useMemo(
    () =>
      (answer.data?.series ?? [])
        .map((one) => (streams && !zoomed && one.run === followed.run ? appended(one, followed.points.get(one.key) ?? []) : one))
        .filter((one) => one.points > 0),
    [answer.data, streams, zoomed, followed],
  );
  /** The curves as a whole, in which a part that is not loaded is looked up. */
  const whole = useRef<readonly Series[]>([]);
  if (steps === undefined && !answer.isPlaceholderData && all.length > 0) whole.current = all;
  const starts = useMemo(() => new Map(runs.map((run) => [run.id, run.startMs])), [runs]);
  const zoom = (to: Part | null): void => {
    if (to === null)
      return startTransition(() => {
        setPart(null);
        setSteps(undefined);
      });
    const inside = part !== null && to.from >= part.from && to.to <= part.to;
    const found = stepsWithin(inside ? all : whole.current, axis, (run) => starts.get(run) ?? 0, to);
    if (!found || found.toStep <= found.fromStep) return;
    startTransition(() => {
      setPart(to);
      setSteps(found);
    });
  };
  return { answer, all, starts, part, zoom };
}
