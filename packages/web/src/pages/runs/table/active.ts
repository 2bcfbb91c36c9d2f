import { useState } from "react";
import type { placesOf } from "./places.ts";

/**
 * The line that keys act on; -1 for none. It stays with its run when lines come, go, or take another order, as long as that is in view: nobody
 * means a run that is not seen.
 */
export function useActive(places: ReturnType<typeof placesOf>, inView: readonly number[]): [number, (line: number) => void] {
  const [active, setActive] = useState<{ line: number; id: string | undefined }>({ line: -1, id: undefined });
  const idOf = (line: number): string | undefined => (line < 0 ? undefined : places.line(line).row?.id);
  const set = (line: number): void => setActive({ line, id: idOf(line) });
  if (active.line < 0) return [-1, set];
  const line = Math.min(active.line, places.count - 1);
  const here = idOf(line);
  if (here === undefined || here === active.id) return [line, set];
  const followed = active.id === undefined ? line : (inView.find((one) => idOf(one) === active.id) ?? line);
  setActive({ line: followed, id: idOf(followed) });
  return [followed, set];
}
