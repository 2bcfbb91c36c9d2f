import { keepPreviousData, queryOptions, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { client, type Output } from "../../../data/api.ts";
import { newestQuery } from "../../../data/newest-runs.ts";
import { useSame } from "./same.ts";
import type { Question } from "./view.ts";

export type Row = Output<"runs.search">["rows"][number];
export const pageRows = 200;
/** How often is looked whether there are more runs than shown. */
const lookEveryMs = 15_000;

export type Asked = { question: Question; order: readonly string[]; columns: readonly string[] };
/** Rows by place, as far as they are known. */
export type Lines = {
  count: number;
  /** Whether that is all; else there may be more. */ counted: boolean;
  row: (at: number) => Row | undefined;
  /** Says which places are in view. */ look: (from: number, to: number) => void;
  /** What is shown is of an earlier question. */ stale: boolean;
};
/** Rows with the columns that their values are of. */
type Page = { rows: readonly Row[]; columns: readonly string[] };

/** Runs in an order that stands, and what was asked for it. */
type Snapshot = {
  question: Question;
  order: readonly string[];
  snapshot: string;
  total: number;
  milliseconds: number;
};

const none: readonly never[] = [];

const pageKey = ({ question, order, snapshot }: Snapshot, columns: readonly string[], page: number) =>
  ["runs.search", question, order, columns, snapshot, page] as const;

/** One page of a snapshot. */
const pageOf = (of: Snapshot, columns: readonly string[], page: number) =>
  queryOptions({
    queryKey: pageKey(of, columns, page),
    queryFn: async ({ signal }): Promise<Page> => {
      const { question, order, snapshot } = of;
      const place = { offset: page * pageRows, limit: pageRows, snapshot };
      const { rows } = await client.call("runs.search", { ...question, order: [...order], columns: [...columns], ...place }, { signal });
      return { rows, columns };
    },
    staleTime: 2_000,
    retry: 1,
  });

/** What `runs.newest` can tell before all runs are put in order. */
const isNewest = ({ question, order }: Asked): boolean =>
  question.filter === "" && question.parent === undefined && order.join() === "-started";

/**
 * Rows of a snapshot, by place: only pages that are looked at are asked for. The order stands still while one reads; `fresh` counts what came since,
 * `renew` takes it in. Values of shown rows follow the server. The newest runs are there before the snapshot is.
 */
export function useRows(asked: Asked) {
  const { question, order, columns } = asked;
  const queries = useQueryClient();
  const [pages, setPages] = useState<readonly number[]>([0]);
  const first = useQuery({
    // Not of the noun `runs`: an event about a run must not change the order under the pointer.
    queryKey: ["run-snapshot", question, order],
    queryFn: async ({ signal }): Promise<Snapshot> => {
      const answer = await client.call(
        "runs.search",
        { ...question, order: [...order], columns: [...columns], limit: pageRows },
        { signal },
      );
      const { snapshot, total, milliseconds } = answer;
      const of: Snapshot = { question, order, snapshot, total, milliseconds };
      // The snapshot is shown together with its rows in view: none is missing for a moment, and no key that is pressed then is lost.
      queries.setQueryData<Page>(pageKey(of, columns, 0), { rows: answer.rows, columns });
      const inView = pages.filter((page) => page > 0 && page * pageRows < total);
      await Promise.all(inView.map((page) => queries.fetchQuery(pageOf(of, columns, page))));
      return of;
    },
    staleTime: 30_000,
    retry: false,
    placeholderData: keepPreviousData,
    // Who comes back to the window reads on; what came meanwhile is counted.
    refetchOnWindowFocus: false,
  });
  const newest = useQuery({
    ...newestQuery(question, columns),
    enabled: isNewest(asked) && first.data === undefined && !first.isError,
    placeholderData: keepPreviousData,
  });
  const answers = useQueries({
    queries: first.data ? pages.map((page) => pageOf(first.data, columns, page)) : [],
  });
  const now = useQuery({
    queryKey: ["run-count", question],
    queryFn: async ({ signal }) => (await client.call("runs.search", { ...question, limit: 0 }, { signal })).total,
    enabled: first.isSuccess && !first.isPlaceholderData,
    refetchInterval: lookEveryMs,
    // What was just counted is not counted again.
    initialData: first.isPlaceholderData ? undefined : first.data?.total,
    initialDataUpdatedAt: first.dataUpdatedAt,
    staleTime: lookEveryMs,
    retry: false,
  });
  const found = useKept(first.data?.snapshot, pages, useSame<Page | undefined>(answers.map((one) => one.data)));
  const early = newest.data;
  const byPage = useMemo(() => {
    if (found.has(0) || early === undefined) return found;
    return new Map(found).set(0, early);
  }, [found, early]);
  const row = useCallback(
    (at: number): Row | undefined => {
      const page = byPage.get(Math.floor(at / pageRows));
      const of = page?.rows[at % pageRows];
      return page && of && aligned(of, page.columns, columns);
    },
    [byPage, columns],
  );
  const placeOf = useCallback(
    (id: string): number | undefined => {
      for (const [page, { rows }] of byPage) {
        const at = rows.findIndex((one) => one.id === id);
        if (at >= 0) return page * pageRows + at;
      }
    },
    [byPage],
  );
  const look = useCallback((from: number, to: number): void => {
    const wanted: number[] = [];
    for (let page = Math.floor(from / pageRows); page <= Math.floor(to / pageRows); page++) wanted.push(page);
    setPages((old) => (old.join() === wanted.join() ? old : wanted));
  }, []);
  const renew = useCallback((): void => void queries.invalidateQueries({ queryKey: ["run-snapshot"] }), [queries]);
  const top = byPage.get(0);
  const total = first.data?.total;
  const stale = first.isPlaceholderData || (first.isError && first.data !== undefined);
  /** How many rows there are for sure, before their number is known. */
  const atLeast = total ?? early?.rows.length;
  const count = atLeast ?? 0;
  const counted = total !== undefined;
  return {
    total,
    atLeast,
    milliseconds: first.data?.milliseconds,
    error: first.error ?? answers.find((one) => one.isError)?.error ?? null,
    fresh: Math.max(0, (now.data ?? 0) - (total ?? 0)),
    renew,
    /** What a table shows. */
    lines: useMemo((): Lines => ({ count, counted, row, look, stale }), [count, counted, row, look, stale]),
    /** Where a run stands, if it is among the rows that are there. */
    placeOf,
    /** The order that the places are of. */
    snapshot: first.data?.snapshot,
    top: useMemo(() => top?.rows.map((one) => aligned(one, top.columns, columns)) ?? none, [top, columns]),
  };
}

/** Answers by what they are of; one that is asked anew, with other columns or in another order, stays as it was until it is there. */
function useKept<K>(of: string | undefined, keys: readonly K[], found: readonly (Page | undefined)[]): ReadonlyMap<K, Page> {
  const kept = useRef<{ of: string | undefined; pages: ReadonlyMap<K, Page> }>({ of, pages: new Map() });
  return useMemo(() => {
    const before = kept.current.of === of ? kept.current.pages : new Map<K, Page>();
    const pages = new Map<K, Page>();
    for (const [i, key] of keys.entries()) {
      const page = found[i] ?? before.get(key);
      if (page) pages.set(key, page);
    }
    kept.current = { of, pages };
    return pages;
  }, [of, keys, found]);
}

const turned = new WeakMap<Row, { columns: readonly string[]; row: Row }>();
/** A row that was asked with other columns, its values where these are; those that were not asked are missing yet. */
function aligned(row: Row, had: readonly string[], columns: readonly string[]): Row {
  if (had === columns) return row;
  const known = turned.get(row);
  if (known?.columns === columns) return known.row;
  const next = { ...row, values: columns.map((key) => row.values[had.indexOf(key)] ?? null) };
  turned.set(row, { columns, row: next });
  return next;
}

/** Runs right below some, by the id of their parent; those not answered yet are absent. */
export function useChildren({ question, order, columns }: Asked, parents: readonly string[]): ReadonlyMap<string, readonly Row[]> {
  const { project, state } = question;
  const answers = useQueries({
    queries: parents.map((parent) => ({
      queryKey: ["runs.search", "below", parent, project, state, order, columns],
      queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Page> => {
        const among = { project, parent, ...(state !== undefined && { state }) };
        const { rows } = await client.call("runs.search", { ...among, order: [...order], columns: [...columns], limit: 1000 }, { signal });
        return { rows, columns };
      },
      staleTime: 2_000,
    })),
  });
  const found = useKept(`${project} ${state ?? ""}`, parents, useSame<Page | undefined>(answers.map((one) => one.data)));
  return useMemo(
    () => new Map([...found].map(([parent, page]) => [parent, page.rows.map((one) => aligned(one, page.columns, columns))])),
    [found, columns],
  );
}
