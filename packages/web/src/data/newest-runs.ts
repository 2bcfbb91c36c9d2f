import type { InputOf } from "@capstan/contract";
import type { Operations } from "@capstan/contract/operations";
import { client, type Output } from "./api.ts";

/** Which runs, as a table of runs asks for them. */
export type RunQuestion = Pick<
  InputOf<Operations["runs.search"]>,
  "project" | "experiment" | "kind" | "filter" | "state" | "roots" | "parent"
>;
/** What a table shows of runs before it knows what else they hold. */
export const firstColumns: readonly string[] = ["started", "seconds"];
/** Enough to fill a screen before anything is counted. */
const newestRuns = 40;

/** The newest runs at once, in the order of a search without a filter. */
export const newestQuery = (question: RunQuestion, columns: readonly string[]) => ({
  queryKey: ["run-newest", question, columns] as const,
  queryFn: async ({ signal }: { signal: AbortSignal }): Promise<{ rows: Output<"runs.newest">["rows"]; columns: readonly string[] }> => {
    const { filter: _, parent: __, ...place } = question;
    const { rows } = await client.call("runs.newest", { ...place, columns: [...columns], limit: newestRuns }, { signal });
    return { rows, columns };
  },
  staleTime: 5_000,
  retry: false,
});

/** What a table of runs begins with; the same value asks the same. */
export const plainQuestion = (project: string, experiment: string | undefined): RunQuestion => ({
  project,
  ...(experiment !== undefined && { experiment }),
  filter: "",
  state: "active",
  roots: false,
});
