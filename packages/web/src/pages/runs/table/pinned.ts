import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { client } from "../../../data/api.ts";
import { everyKind } from "./bulk.ts";
import type { Row } from "./rows.ts";
import { useSame } from "./same.ts";
import type { Question, RunsView, SetView } from "./view.ts";

const pinnedAtMost = 8;
const none: readonly never[] = [];

const kept = (view: RunsView): readonly string[] => (view.pin ?? none).slice(0, pinnedAtMost);

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
  const ids = useSame(kept(view));
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
  return useMemo(
    () => ({
      rows,
      ids,
      base: rows.find((row) => row.id === base),
      delta: delta === 1,
      pin: (id) =>
        set((now) => {
          const next = kept(now).includes(id) ? kept(now).filter((one) => one !== id) : [...kept(now), id].slice(-pinnedAtMost);
          return {
            pin: next.length === 0 ? undefined : next,
            ...(now.base !== undefined && !next.includes(now.base) && { base: undefined, delta: undefined }),
          };
        }),
      setBase: (id) =>
        set((now) =>
          now.base === id
            ? { base: undefined, delta: undefined }
            : { base: id, pin: kept(now).includes(id) ? kept(now) : [...kept(now), id].slice(-pinnedAtMost) },
        ),
      turnDelta: () => set((now) => (now.base === undefined ? {} : { delta: now.delta === 1 ? undefined : 1 })),
    }),
    [rows, ids, base, delta, set],
  );
}
