import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { client } from "../../../data/api.ts";
import { everyKind } from "./bulk.ts";
import type { Row } from "./rows.ts";
import { useSame } from "./same.ts";
import type { Question, RunsView, SetView } from "./view.ts";

const pinnedAtMost = 8;
const none: readonly never[] = [];

export type Pinned = {
  rows: readonly Row[];
  ids: readonly string[];
  /** What differences are against; its values are in the order of the columns. */ base: Row | undefined;
  delta: boolean;
  pin: (id: string) => void;
  setBase: (id: string) => void;
  turnDelta: () => void;
};

/** Runs that stay on top of the table, whatever the filter finds; one of them may be the baseline. All of it is in the address. */
export function usePinned(question: Question, columns: readonly string[], view: RunsView, set: SetView): Pinned {
  const ids = useSame((view.pin ?? none).slice(0, pinnedAtMost));
  const { project } = question;
  const found = useQuery({
    queryKey: ["runs.search", "pinned", project, ids, columns],
    queryFn: ({ signal }) =>
      client.call(
        "runs.search",
        {
          project,
          kind: [...everyKind],
          filter: `id IN (${ids.map((id) => `'${id}'`).join(", ")})`,
          columns: [...columns],
          limit: pinnedAtMost,
        },
        { signal },
      ),
    enabled: ids.length > 0,
    staleTime: 2_000,
  });
  const all = found.data?.rows;
  const rows = useMemo(() => ids.flatMap((id) => all?.find((row) => row.id === id) ?? []), [ids, all]);
  const { base, delta } = view;
  return useMemo(() => {
    const setBase = (id: string): void =>
      set(
        base === id ? { base: undefined, delta: undefined } : { base: id, pin: ids.includes(id) ? ids : [...ids, id].slice(-pinnedAtMost) },
      );
    return {
      rows,
      ids,
      base: rows.find((row) => row.id === base),
      delta: delta === 1,
      pin: (id) => {
        const next = ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id].slice(-pinnedAtMost);
        set({
          pin: next.length === 0 ? undefined : next,
          ...(base !== undefined && !next.includes(base) && { base: undefined, delta: undefined }),
        });
      },
      setBase,
      turnDelta: () => set({ delta: delta === 1 ? undefined : 1 }),
    };
  }, [rows, ids, base, delta, set]);
}
