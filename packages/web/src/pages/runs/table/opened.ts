import { useCallback, useMemo, useRef, useState } from "react";

export type Opened = {
  /** Places of the opened runs; -1 below another, or where the table has not come yet. */ opened: ReadonlyMap<string, number>;
  ids: readonly string[];
  open: (id: string) => void;
};

/** Runs below which their children stand. They stay open when the order changes, wherever they stand then. */
export function useOpened(rows: { snapshot: string | undefined; placeOf: (id: string) => number | undefined }): Opened {
  const [ids, setIds] = useState<readonly string[]>([]);
  const found = useRef<{ of: string | undefined; places: ReadonlyMap<string, number> }>({ of: undefined, places: new Map() });
  const { snapshot, placeOf } = rows;
  const opened = useMemo(() => {
    // Out of view a run keeps the place that it had in the same order.
    const before = found.current.of === snapshot ? found.current.places : new Map<string, number>();
    const places = new Map(ids.map((id) => [id, placeOf(id) ?? before.get(id) ?? -1]));
    found.current = { of: snapshot, places };
    return places;
  }, [ids, snapshot, placeOf]);
  const open = useCallback((id: string): void => setIds((old) => (old.includes(id) ? old.filter((one) => one !== id) : [...old, id])), []);
  return useMemo(() => ({ opened, ids, open }), [opened, ids, open]);
}
