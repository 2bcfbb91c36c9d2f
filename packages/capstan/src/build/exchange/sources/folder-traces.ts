import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Left, SourceTrace, TraceHead } from "../model.ts";
import { asData, type Facts, foldersIn, pathsBelow, readFacts, statsBelow, textsBelow } from "./folder-files.ts";
import { traceMark } from "./mark.ts";
import type { Places } from "./places.ts";
import { spansPlace } from "./trace-files.ts";
import { assessmentOf, infoOf, olderInfoOf } from "./trace-words.ts";
import { text } from "./words.ts";

const tracesPerPage = 100;

/** Traces of one experiment's folder. A folder links none to runs; which run a trace came from, its metadata says. */
export async function* folderTraces(experiment: { id: string; folder: string }, leave: (left: Left) => void): AsyncGenerator<TraceHead[]> {
  const root = join(experiment.folder, "traces");
  let page: TraceHead[] = [];
  for (const name of await foldersIn(root)) {
    const folder = join(root, name);
    const facts = await readFacts(folder, "trace_info.yaml", asData);
    if (!facts) {
      leave({ what: "traces", count: 1, why: "their trace_info.yaml is missing or cannot be read" });
      continue;
    }
    page.push(await traceAt(folder, experiment.id, facts, leave));
    if (page.length < tracesPerPage) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

async function traceAt(folder: string, experimentId: string, facts: Facts, leave: (left: Left) => void): Promise<TraceHead> {
  const info = facts["request_id"] === undefined ? infoOf(facts) : olderInfoOf(facts);
  const [tags, metadata, assessments] = await Promise.all([
    textsBelow(join(folder, "tags")),
    textsBelow(join(folder, "request_metadata")),
    assessmentsAt(folder, info.id, leave),
  ]);
  const artifacts = join(folder, "artifacts");
  // What lies beside the trace is its own.
  const place = existsSync(artifacts) ? { ...tags, "mlflow.artifactLocation": artifacts } : tags;
  const head = { ...info, experimentId, tags: place, metadata, assessments, runs: [] };
  return { ...head, mark: traceMark(head, existsSync(artifacts) ? await statsBelow(artifacts) : null) };
}

export const withSpansFile = (files: Places["files"], page: readonly TraceHead[]): Promise<SourceTrace[]> =>
  Promise.all(page.map(async (one) => ({ ...one, spans: await spansPlace(files, one.id, one.tags) })));

async function assessmentsAt(folder: string, trace: string, leave: (left: Left) => void): Promise<SourceTrace["assessments"]> {
  const found: SourceTrace["assessments"][number][] = [];
  for (const name of await pathsBelow(join(folder, "assessments"))) {
    const facts = await readFacts(join(folder, "assessments"), name, asData);
    if (facts && text(facts["assessment_id"]) !== "") found.push(assessmentOf(facts, trace));
    else leave({ what: "assessments", count: 1, why: "their file cannot be read" });
  }
  return found;
}
