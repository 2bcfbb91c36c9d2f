import { experimentId, integer, text, texts, viewType } from "./fields.ts";
import { invalid } from "./failures.ts";
import type { WireRequest } from "./model.ts";
import type { Surface } from "./surface.ts";

/** The page of runs that a message asks for, as the protocol shows it. */
export async function searchRuns(
  surface: Surface,
  { input, caller }: Pick<WireRequest, "input" | "caller">,
): Promise<{
  runs: object[];
  next: string | undefined;
}> {
  const limit = integer(input, "max_results") ?? 1000;
  if (limit < 1 || limit > 50_000)
    throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied: It must be at least 1 and at most 50000.`);
  const { runs, next } = await surface.tracking.searchRuns({
    experimentIds: texts(input, "experiment_ids").map(experimentId),
    filter: text(input, "filter"),
    orderBy: texts(input, "order_by"),
    lifecycle: viewType(input, "run_view_type"),
    limit,
    pageToken: text(input, "page_token"),
    projects: caller.projects,
    kinds: ["user", "step", "pipeline"],
    artifactRoot: surface.artifactRoot,
  });
  return { runs: await surface.shown(runs, false), next };
}
