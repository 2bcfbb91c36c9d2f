import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { NewPoint } from "./appended.ts";

type Followed = { run: string; points: ReadonlyMap<string, readonly NewPoint[]> };

const none: Followed = { run: "", points: new Map() };
const Context = createContext<Followed>(none);
/** More new points of a curve than these, and it is read again. */
const keptAtMost = 2_000;

const onVisibility = (changed: () => void): (() => void) => {
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
};

/** New points of the run that is followed; charts of it add them to what they read. */
export const useFollowed = (): Followed => useContext(Context);

/** Listens to the stream of a run while it goes on. Asks for curves again of which more came than the stream tells. */
export function Following({ project, run, live, children }: { project: string; run: string; live: boolean; children: ReactNode }) {
  const queries = useQueryClient();
  const [followed, setFollowed] = useState<Followed>(none);
  const seen = useSyncExternalStore(onVisibility, () => document.visibilityState === "visible");
  useEffect(() => {
    // A hidden tab holds no stream: a browser has few connections to one server, and what came is read again on return.
    if (!live || !seen) return;
    const points = new Map<string, NewPoint[]>();
    const tell = (): void => setFollowed({ run, points: new Map(points) });
    const reread = (keys: readonly string[]): void => {
      for (const key of keys) points.delete(key);
      const concerned = ([name, input]: readonly unknown[]): boolean =>
        name === "followed.series" && keys.some((key) => (input as { key: readonly string[] }).key.includes(key));
      void queries.invalidateQueries({ predicate: ({ queryKey }) => concerned(queryKey) }, { cancelRefetch: false });
    };
    const stream = new EventSource(`/api/v1/p/${project}/runs/${run}/metrics/live`);
    stream.addEventListener("points", (event) => {
      const { points: came } = JSON.parse(event.data as string) as { points: NewPoint[] };
      for (const [key, all] of Map.groupBy(came, ([name]) => name)) points.set(key, [...(points.get(key) ?? []), ...all]);
      const full = [...points].filter(([, all]) => all.length > keptAtMost).map(([key]) => key);
      if (full.length > 0) reread(full);
      tell();
    });
    stream.addEventListener("reread", (event) => {
      reread((JSON.parse(event.data as string) as { keys: string[] }).keys);
      tell();
    });
    // What came between the first reading of a curve and the begin of the stream. A stream that begins again goes on where it broke off.
    stream.addEventListener(
      "open",
      () => void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === "followed.series" }, { cancelRefetch: false }),
      { once: true },
    );
    stream.addEventListener("sealed", () => stream.close());
    return () => {
      stream.close();
      setFollowed(none);
    };
  }, [project, run, live, seen, queries]);
  return <Context value={followed}>{children}</Context>;
}
