import { Readable } from "node:stream";
import { experimentId, integer, text, texts, viewType } from "./fields.ts";
import { invalid } from "./failures.ts";
import type { WireReply, WireRequest } from "./model.ts";
import { runMessages } from "./run-messages.ts";
import type { Surface } from "./surface.ts";

/** A page of at most so many runs is one message. */
const wholeRuns = 250;
/** About so many metrics, params and tags are read and written at a time, so that other requests get their turn between. */
const partValues = 5000;

/** The page of runs that a message asks for, as the protocol shows it; a long one part by part. */
export async function searchRuns(surface: Surface, { input, caller, whole }: WireRequest): Promise<WireReply> {
  const limit = integer(input, "max_results") ?? 1000;
  if (limit < 1 || limit > 50_000)
    throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied: It must be at least 1 and at most 50000.`);
  const { ids, next } = await surface.tracking.searchRunIds({
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
  if (ids.length > wholeRuns && !whole)
    return { status: 200, headers: { "content-type": "application/json" }, stream: Readable.from(parts(surface, ids, next)) };
  if (!whole) return { status: 200, headers: { "content-type": "application/json" }, text: page(await runMessages(surface, ids), next) };
  const runs = await surface.shown(await surface.tracking.runsInOrder(ids), false);
  return { status: 200, json: { ...(runs.length > 0 && { runs }), ...(next !== undefined && { next_page_token: next }) } };
}

const page = (runs: readonly string[], next: string | undefined): string =>
  `{${[...(runs.length > 0 ? [`"runs":[${runs.join(",")}]`] : []), ...(next === undefined ? [] : [`"next_page_token":${JSON.stringify(next)}`])].join(",")}}`;

async function* parts(surface: Surface, ids: readonly string[], next: string | undefined): AsyncGenerator<string> {
  let begun = false;
  for (let at = 0, size = wholeRuns; at < ids.length;) {
    const runs = await surface.tracking.runsInOrder(ids.slice(at, at + size));
    at += size;
    const values = runs.reduce((sum, run) => sum + run.metrics.length + Object.keys(run.params).length + Object.keys(run.tags).length, 1);
    size = Math.max(1, Math.min(wholeRuns, Math.floor((partValues * size) / values)));
    const messages = (await surface.shown(runs, false)).map((run) => JSON.stringify(run)).join(",");
    if (messages === "") continue;
    yield (begun ? "," : '{"runs":[') + messages;
    begun = true;
  }
  yield `${begun ? "]" : '{"runs":[]'}${next === undefined ? "" : `,"next_page_token":${JSON.stringify(next)}`}}`;
}
