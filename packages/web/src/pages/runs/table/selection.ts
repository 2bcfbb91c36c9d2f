import { useCallback, useMemo, useState } from "react";
import type { Question } from "./view.ts";

export type Selection = {
  /** All that the filter finds, those out of view, too. */ all: boolean;
  ids: ReadonlySet<string>;
  /** How many, when it is not all. */ count: number;
  last: string | undefined;
  has: (id: string) => boolean;
  toggle: (id: string) => void;
  extend: (ids: readonly string[]) => void;
  setAll: (all: boolean) => void;
  clear: () => void;
};
/** `allOf` is the question of which everything is chosen: who asks another has not chosen all that it finds. */
type Chosen = { allOf: Question | undefined; ids: ReadonlySet<string>; last: string | undefined };

const nothing: Chosen = { allOf: undefined, ids: new Set(), last: undefined };

/** Which runs are chosen: some, or all that a question finds. */
export function useSelection(question: Question): Selection {
  const [{ allOf, ids, last }, set] = useState(nothing);
  const all = allOf === question;
  const toggle = useCallback(
    (id: string): void =>
      set((old) => {
        const next = new Set(old.ids);
        if (!next.delete(id)) next.add(id);
        return { allOf: undefined, ids: next, last: id };
      }),
    [],
  );
  const extend = useCallback(
    (more: readonly string[]): void => set((old) => ({ allOf: undefined, ids: new Set([...old.ids, ...more]), last: more.at(-1) })),
    [],
  );
  const setAll = useCallback((next: boolean): void => set(next ? { ...nothing, allOf: question } : nothing), [question]);
  const clear = useCallback((): void => set(nothing), []);
  return useMemo(
    () => ({ all, ids, count: ids.size, last, has: (id: string) => all || ids.has(id), toggle, extend, setAll, clear }),
    [all, ids, last, toggle, extend, setAll, clear],
  );
}
