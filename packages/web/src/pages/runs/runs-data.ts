import { useInfiniteQuery } from "@tanstack/react-query";
import { client, type Output } from "../../data/api.ts";

export type RunColumns = Output<"runs.list">["columns"];

/** Runs page by page. `all`: every page is asked for, because a sort or a comparison speaks of all of them. */
export function useRuns(input: { project: string; experiment?: string; q?: string; kind?: string }, all: boolean) {
  const query = useInfiniteQuery({
    queryKey: ["runs.list", input],
    queryFn: ({ pageParam, signal }) =>
      client.call(
        "runs.list",
        {
          project: input.project,
          limit: 200,
          ...(input.experiment !== undefined && { experiment: input.experiment }),
          ...(input.q && { q: input.q }),
          ...(input.kind && { kind: input.kind }),
          ...(pageParam !== "" && { cursor: pageParam }),
        },
        { signal },
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.cursor ?? undefined,
    staleTime: 2_000,
  });
  const loaded = query.data?.pages.reduce((sum, page) => sum + page.runs.length, 0) ?? 0;
  if (all && query.hasNextPage && !query.isFetchingNextPage && loaded < 20_000) void query.fetchNextPage();
  return query;
}
