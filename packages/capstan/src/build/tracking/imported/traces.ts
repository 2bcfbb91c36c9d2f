import type { Caller } from "../../../base/foundation/caller.ts";
import { digestOfJson } from "../../../base/foundation/hashing.ts";
import type { Store } from "../../../base/record/store.ts";
import type { Change, Statement } from "../../../base/storage/database.ts";
import { inParts, listOf } from "../rows.ts";
import { heldSpan } from "../traces/held-span.ts";
import type { Span, TraceInfo } from "../traces/model.ts";
import { createTraceStore, deleteTracesChange, linkRunChange, putAssessments, spansChange, startTraceChange } from "../traces/store.ts";

/** A trace with all that hangs on it; `runs` are those it is linked to beside the one it says it came from. */
export type ImportedTrace = TraceInfo & { spans: readonly Span[]; runs: readonly string[] };

/**
 * Traces of another store under their ids, with the times of what was said about them. What is here under such an id is replaced.
 * All of them with `also` and one entry for each experiment, or nothing.
 */
export async function putImportedTraces(
  store: Store,
  all: readonly ImportedTrace[],
  source: string,
  caller: Caller,
  also: Change,
): Promise<void> {
  const { recorder } = store;
  const change: Statement[] = [...deleteTracesChange(all.map((one) => one.id))];
  for (const one of all) {
    const { project, assessments } = one;
    change.push(
      ...startTraceChange(one),
      ...spansChange(
        project,
        one.spans.map((span) => heldSpan(one.id, span)),
      ),
      ...one.runs.flatMap((run) => linkRunChange(project, run, [one.id])),
      ...(assessments.length > 0 ? putAssessments(assessments) : []),
    );
  }
  const entries = [...Map.groupBy(all, (one) => one.experimentId)].map(([experiment, traces]) => ({
    action: "trace.imported",
    subject: { type: "experiment", id: experiment },
    project: traces[0]?.project ?? "",
    actor: caller.actor,
    payload: {
      source,
      traces: traces.length,
      spans: traces.reduce((sum, one) => sum + one.spans.length, 0),
      assessments: digestOfJson(traces.flatMap((one) => one.assessments.map((said) => [said.traceId, said.id, said.name, said.value]))),
      digest: digestOfJson(traces.map((one) => one.id).sort()),
    },
    ...(caller.because !== undefined && { because: caller.because }),
  }));
  await recorder.commit([...change, ...also], entries);
  for (const one of all) store.events.emit("changed", { project: one.project, kind: "trace", id: one.id });
}

/** Traces as they are kept, in the order asked for; unknown ones are left out. */
export async function heldTraces(store: Store, ids: readonly string[]): Promise<ImportedTrace[]> {
  const read = createTraceStore(store.database);
  const [infos, spans, runs] = await Promise.all([read.traces(ids, false), read.spans(ids), read.runs(ids)]);
  return infos.map((one) => ({ ...one, spans: spans.get(one.id) ?? [], runs: runs.get(one.id) ?? [] }));
}

/** Projects of the traces that there are. */
export async function projectsOfTraces(store: Store, ids: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  await inParts(ids, async (part) => {
    const list = listOf(part);
    for (const row of await store.database.all<{ id: string; project: string }>(
      `select id, project from trace where id in ${list.sql}`,
      list.params,
    ))
      found.set(row.id, row.project);
  });
  return found;
}
