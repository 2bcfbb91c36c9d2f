import { keepPreviousData, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client, type Output } from "../../../data/api.ts";
import type { Question } from "./view.ts";

export type Row = Output<"runs.search">["rows"][number];
export const pageRows = 200;
/** How often is looked whether there are more runs than shown. */
const lookEveryMs = 15_000;

export type Asked = { question: Question; order: readonly string[]; columns: readonly string[] };

/**
 * Rows of a snapshot, by place: only pages that are looked at are asked for. The order stands still while one reads; `fresh` counts what came since,
 * `renew` takes it in. Values of shown rows follow the server.
 */
export function useRows({ question, order, columns }: Asked, enabled: boolean) {
  const queries = useQueryClient();
  const [pages, setPages] = useState<readonly number[]>([0]);
  const first = useQuery({
    // Not of the noun `runs`: an event about a run must not change the order under the pointer.
    queryKey: ["run-snapshot", question, order],
    queryFn: async ({ signal }) => {
      const answer = await client.call(
        "runs.search",
        { ...question, order: [...order], columns: [...columns], limit: pageRows },
        { signal },
      );
      queries.setQueryData(["runs.search", question, order, columns, answer.snapshot, 0], answer);
      return { snapshot: answer.snapshot, total: answer.total, milliseconds: answer.milliseconds };
    },
    staleTime: 30_000,
    retry: false,
    placeholderData: keepPreviousData,
    enabled,
  });
  const snapshot = first.data?.snapshot;
  const answers = useQueries({
    queries: pages.map((page) => ({
      queryKey: ["runs.search", question, order, columns, snapshot, page],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        client.call(
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
        ),
      enabled: enabled && snapshot !== undefined && !first.isPlaceholderData,
      staleTime: 2_000,
      retry: 1,
      placeholderData: keepPreviousData,
    })),
  });
  const now = useQuery({
    queryKey: ["run-count", question],
    queryFn: ({ signal }) => client.call("runs.search", { ...question, limit: 0 }, { signal }),
    enabled: enabled && first.isSuccess && !first.isPlaceholderData,
    refetchInterval: lookEveryMs,
    staleTime: lookEveryMs,
    retry: false,
  });
  const byPage = new Map(pages.map((page, i) => [page, answers[i]?.data?.rows]));
  return {
    total: first.data?.total,
    milliseconds: first.data?.milliseconds,
    error: first.error ?? answers.find((one) => one.isError)?.error ?? null,
    /** What is shown is of an earlier question. */
    stale: first.isPlaceholderData || (first.isError && first.data !== undefined),
    loading: first.isFetching,
    fresh: Math.max(0, (now.data?.total ?? 0) - (first.data?.total ?? 0)),
    renew: (): void => void queries.invalidateQueries({ queryKey: ["run-snapshot"] }),
    row: (at: number): Row | undefined => byPage.get(Math.floor(at / pageRows))?.[at % pageRows],
    /** Says which places are in view. */
    look: (from: number, to: number): void => {
      const wanted = [];
      for (let page = Math.floor(from / pageRows); page <= Math.floor(to / pageRows); page++) wanted.push(page);
      if (wanted.some((page, i) => page !== pages[i]) || wanted.length !== pages.length) setPages(wanted);
    },
    top: byPage.get(0),
  };
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
  const found = new Map<string, readonly Row[]>();
  parents.forEach((parent, i) => {
    const rows = answers[i]?.data?.rows;
    if (rows) found.set(parent, rows);
  });
  return found;
}
