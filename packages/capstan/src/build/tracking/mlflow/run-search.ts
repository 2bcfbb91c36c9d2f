import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { experimentId, integer, text, texts, viewType } from "./fields.ts";
import { invalid } from "./failures.ts";
import type { WireReply, WireRequest } from "./model.ts";
import { runMessages } from "./run-messages.ts";
import type { Surface } from "./surface.ts";

/** A page of at most so many runs is one message. */
const wholeRuns = 250;
/** About so much text is read and written at a time, so that other requests get their turn between. */
const partCharacters = 500_000;

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
  const headers = { "content-type": "application/json" };
  if (!whole) {
    const runs = ids.length > wholeRuns ? undefined : await runMessages(surface, ids);
    return runs
      ? { status: 200, headers, text: page(runs, next) }
      : { status: 200, headers, stream: Readable.from(parts(surface, ids, next), { highWaterMark: 1 }) };
  }
  const runs = await surface.shown(await surface.tracking.runsInOrder(ids), false);
  return { status: 200, json: { ...(runs.length > 0 && { runs }), ...(next !== undefined && { next_page_token: next }) } };
}

const page = (runs: readonly string[], next: string | undefined): string =>
  `{${[...(runs.length > 0 ? [`"runs":[${runs.join(",")}]`] : []), ...(next === undefined ? [] : [`"next_page_token":${JSON.stringify(next)}`])].join(",")}}`;

async function* parts(surface: Surface, ids: readonly string[], next: string | undefined): AsyncGenerator<string> {
  let begun = false;
  for (let at = 0, size = 8; at < ids.length;) {
    const some = ids.slice(at, at + size);
    const runs = await runMessages(surface, some);
    if (!runs) {
      size = Math.ceil(size / 2);
      continue;
    }
    at += some.length;
    const text = runs.join(",");
    size = Math.max(1, Math.min(wholeRuns, 8 * some.length, Math.floor((partCharacters * some.length) / (text.length + 1))));
    if (text === "") continue;
    yield (begun ? "," : '{"runs":[') + text;
    begun = true;
    await turn();
  }
  yield `${begun ? "]" : '{"runs":[]'}${next === undefined ? "" : `,"next_page_token":${JSON.stringify(next)}`}}`;
}
