import { keepPreviousData, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { client, type Output } from "../../../data/api.ts";
import { newestQuery } from "../../../data/newest-runs.ts";
import { useSame } from "./same.ts";
import type { Question } from "./view.ts";

export type Row = Output<"runs.search">["rows"][number];
export const pageRows = 200;
/** How often is looked whether there are more runs than shown. */
const lookEveryMs = 15_000;

export type Asked = { question: Question; order: readonly string[]; columns: readonly string[] };
/** Rows with the columns that their values are of. */
type Page = { rows: readonly Row[]; columns: readonly string[] };

const none: readonly never[] = [];

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
    queryFn: async ({ signal }) => {
      const answer = await client.call("runs.search", { ...question, order: [...order], limit: 0 }, { signal });
      return { snapshot: answer.snapshot, total: answer.total, milliseconds: answer.milliseconds };
    },
    staleTime: 30_000,
    retry: false,
    placeholderData: keepPreviousData,
  });
  const snapshot = first.data?.snapshot;
  const newest = useQuery({
    ...newestQuery(question, columns),
    enabled: isNewest(asked) && first.data === undefined && !first.isError,
    placeholderData: keepPreviousData,
  });
  const answers = useQueries({
    queries: pages.map((page) => ({
      queryKey: ["runs.search", question, order, columns, snapshot, page],
      queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Page> => {
        const { rows } = await client.call(
          "runs.search",
          {
            ...question,
            order: [...order],
            columns: [...columns],
            offset: page * pageRows,
            limit: pageRows,
            ...(snapshot !== undefined && { snapshot }),
          },
          { signal },
        );
        return { rows, columns };
      },
      enabled: snapshot !== undefined && !first.isPlaceholderData,
      staleTime: 2_000,
      retry: 1,
      placeholderData: keepPreviousData,
    })),
  });
  const now = useQuery({
    queryKey: ["run-count", question],
    queryFn: ({ signal }) => client.call("runs.search", { ...question, limit: 0 }, { signal }),
    enabled: first.isSuccess && !first.isPlaceholderData,
    refetchInterval: lookEveryMs,
    // What was just counted is not counted again.
    initialData: first.data,
    initialDataUpdatedAt: first.dataUpdatedAt,
    staleTime: lookEveryMs,
    retry: false,
  });
  const found = useSame<Page | undefined>(answers.map((one) => one.data));
  const early = newest.data;
  const byPage = useMemo(() => {
    const known = new Map(pages.map((page, i) => [page, found[i]]));
    if (known.get(0) === undefined && early !== undefined) known.set(0, early);
    return known;
  }, [pages, found, early]);
  const row = useCallback(
    (at: number): Row | undefined => {
      const page = byPage.get(Math.floor(at / pageRows));
      const of = page?.rows[at % pageRows];
      return page && of && aligned(of, page.columns, columns);
    },
    [byPage, columns],
  );
  /** Says which places are in view. */
  const look = useCallback((from: number, to: number): void => {
    const wanted: number[] = [];
    for (let page = Math.floor(from / pageRows); page <= Math.floor(to / pageRows); page++) wanted.push(page);
    setPages((old) => (old.join() === wanted.join() ? old : wanted));
  }, []);
  const renew = useCallback((): void => void queries.invalidateQueries({ queryKey: ["run-snapshot"] }), [queries]);
  const top = byPage.get(0);
  return {
    total: first.data?.total,
    /** How many rows there are for sure, before their number is known. */
    atLeast: first.data?.total ?? early?.rows.length,
    milliseconds: first.data?.milliseconds,
    error: first.error ?? answers.find((one) => one.isError)?.error ?? null,
    /** What is shown is of an earlier question. */
    stale: first.isPlaceholderData || (first.isError && first.data !== undefined),
    fresh: Math.max(0, (now.data?.total ?? 0) - (first.data?.total ?? 0)),
    renew,
    row,
    look,
    top: useMemo(() => top?.rows.map((one) => aligned(one, top.columns, columns)) ?? none, [top, columns]),
  };
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
  const answers = useQueries({
    queries: parents.map((parent) => ({
      queryKey: ["runs.search", "below", parent, question.state, order, columns],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        client.call(
          "runs.search",
          {
            project: question.project,
            parent,
            ...(question.state !== undefined && { state: question.state }),
            order: [...order],
            columns: [...columns],
            limit: 1000,
          },
          { signal },
        ),
      staleTime: 2_000,
    })),
  });
  const found = useSame(answers.map((one) => one.data?.rows));
  return useMemo(() => new Map(parents.flatMap((parent, i) => (found[i] ? [[parent, found[i]] as const] : []))), [parents, found]);
}
