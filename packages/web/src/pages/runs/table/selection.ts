import { useCallback, useMemo, useState } from "react";

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

/** Which runs are chosen: some, or the filter itself. */
export function useSelection(): Selection {
  const [{ all, ids, last }, set] = useState<{ all: boolean; ids: ReadonlySet<string>; last: string | undefined }>({
    all: false,
    ids: new Set(),
    last: undefined,
  });
  const toggle = useCallback(
    (id: string): void =>
      set((old) => {
        const next = new Set(old.all ? [] : old.ids);
        if (!next.delete(id)) next.add(id);
        return { all: false, ids: next, last: id };
      }),
    [],
  );
  const extend = useCallback(
    (more: readonly string[]): void => set((old) => ({ all: false, ids: new Set([...old.ids, ...more]), last: more.at(-1) })),
    [],
  );
  const setAll = useCallback((next: boolean): void => set({ all: next, ids: new Set(), last: undefined }), []);
  const clear = useCallback((): void => set({ all: false, ids: new Set(), last: undefined }), []);
  return useMemo(
    () => ({ all, ids, count: ids.size, last, has: (id: string) => all || ids.has(id), toggle, extend, setAll, clear }),
    [all, ids, last, toggle, extend, setAll, clear],
  );
}
