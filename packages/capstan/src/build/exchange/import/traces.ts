import { digestOfJson } from "../../../base/foundation/hashing.ts";
import type { Statement } from "../../../base/storage/database.ts";
import { heldTraces, type ImportedTrace, projectsOfTraces, putImportedTraces } from "../../tracking/imported/traces.ts";
import { clean, cleanTexts } from "../../tracking/rules.ts";
import type { Span } from "../../tracking/traces/model.ts";
import { spansOfFile } from "../../tracking/traces/span-text.ts";
import type { SourceExperiment, SourceTrace, TraceHead } from "../model.ts";
import { digestOfTrace, exportedTag } from "../rules.ts";
import { findImported, type Known, markImported, rememberImported } from "../store.ts";
import { inTurns } from "./artifacts.ts";
import type { ImportTask } from "./task.ts";

const noun = "traces";

/** Traces with their spans and with what was said about them, a page at a time; each page is written whole, read back and compared. */
export async function importTraces(task: ImportTask, experiments: readonly SourceExperiment[]): Promise<void> {
  const { source, tally } = task;
  for await (const page of source.traces(experiments)) {
    task.signal.throwIfAborted();
    const marks = new Map(page.map((head) => [head.id, markOf(task, head)]));
    const known = await findImported(
      task.store.database,
      { project: task.project, source: source.label, noun },
      page.map((one) => one.id),
    );
    const unread = await unreadOf(task, page, marks, known);
    for (const one of unread) {
      tally.add("found", noun);
      tally.add("found", "assessments", one.assessments.length);
      tally.add("same", noun);
      tally.add("unread", noun);
      task.digests.push(`unread trace ${one.id} ${marks.get(one.id) ?? ""}`);
    }
    await importPage(task, await source.wholeTraces(page.filter((one) => !unread.has(one))), marks, known);
    task.tell(noun);
  }
}

/** With where it goes here. */
const markOf = ({ experiments }: ImportTask, { mark, experimentId }: TraceHead): string | null =>
  mark === null ? null : digestOfJson({ mark, experiment: experiments.get(experimentId) ?? null });

/** Traces that the source says are as they were when they were read and compared. */
async function unreadOf(
  task: ImportTask,
  page: readonly TraceHead[],
  marks: ReadonlyMap<string, string | null>,
  known: ReadonlyMap<string, Known>,
): Promise<ReadonlySet<TraceHead>> {
  const same = task.again ? [] : page.filter(({ id }) => marks.get(id) && marks.get(id) === known.get(id)?.mark);
  const here = await projectsOfTraces(
    task.store,
    same.map((one) => one.id),
  );
  return new Set(same.filter((one) => here.get(one.id) === task.project));
}

async function importPage(
  task: ImportTask,
  page: readonly SourceTrace[],
  marks: ReadonlyMap<string, string | null>,
  known: ReadonlyMap<string, Known>,
): Promise<void> {
  if (page.length === 0) return;
  const { store, project, tally, source } = task;
  const at = { project, source: source.label, noun };
  const coming: { trace: ImportedTrace; digest: string; mark: string | null }[] = [];
  await inTurns(page, 4, async (one) => {
    const found = await localTrace(task, one);
    if (found) coming.push({ trace: found.trace, digest: digestOfTrace(found.trace), mark: (found.whole && marks.get(one.id)) || null });
  });
  coming.sort((a, b) => (a.trace.id < b.trace.id ? -1 : 1));
  const held = await heldTraces(
    store,
    coming.map((one) => one.trace.id),
  );
  const here = new Map(held.map((one) => [one.id, one]));
  const atMs = store.clock.nowMs();
  const remembered = (id: string, digest: string, mark: string | null) => rememberImported(at, { sourceId: id, id, digest, atMs, mark });
  const written: typeof coming = [];
  for (const one of coming) {
    const { trace, digest, mark } = one;
    count(task, "found", trace);
    task.digests.push(`trace ${trace.id} ${digest}`);
    const mine = here.get(trace.id);
    const noted = known.get(trace.id);
    const before = noted?.digest;
    if (!mine) {
      written.push(one);
      count(task, "taken", trace);
      continue;
    }
    const ours = mine.project === project ? digestOfTrace(mine) : undefined;
    if (ours !== undefined && (before === digest || ours === digest)) {
      tally.add("same", noun);
      // One that was changed here is read each time: that it is what the source said can no longer be shown.
      const shown = ours === digest || (before === digest && noted?.mark !== null) ? mark : null;
      if ((before !== digest || noted?.mark !== shown) && !task.plan) await store.database.commit(remembered(trace.id, digest, shown));
    } else if (ours === undefined || ours !== before)
      tally.conflict({
        noun: "trace",
        id: trace.id,
        code: "CAP-EXISTS-001",
        problem:
          before === undefined ? "there is another one of this id here" : "it was changed here and at the source since it was imported",
      });
    else {
      tally.add("updated", noun);
      written.push(one);
    }
  }
  if (task.plan || written.length === 0) return;
  await putImportedTraces(
    store,
    written.map((one) => one.trace),
    source.label,
    await task.writer(),
    written.flatMap(({ trace, digest }) => remembered(trace.id, digest, null)),
  );
  const back = new Map(
    (
      await heldTraces(
        store,
        written.map((one) => one.trace.id),
      )
    ).map((one) => [one.id, digestOfTrace(one)]),
  );
  const compared: Statement[] = [];
  for (const { trace, digest, mark } of written) {
    if (back.get(trace.id) === digest) {
      compared.push(...markImported(at, trace.id, mark));
      continue;
    }
    tally.differs();
    tally.conflict({ noun: "trace", id: trace.id, code: "CAP-EXCHANGE-002", problem: "read back, it is not what the source said" });
  }
  if (compared.length > 0) await store.database.commit(compared);
}

/** A trace of the source as it can be here; undefined, and counted, when it cannot. */
async function localTrace(task: ImportTask, one: SourceTrace): Promise<{ trace: ImportedTrace; whole: boolean } | undefined> {
  const { project, tally } = task;
  const experimentId = task.experiments.get(one.experimentId);
  if (!/^[\w:/.-]{1,200}$/.test(one.id)) return void tally.leave(noun, "their ids are of another form");
  if (experimentId === undefined) return void tally.leave(noun, "their experiment is not there");
  if (Object.hasOwn(one.tags, "__proto__") || Object.hasOwn(one.metadata, "__proto__"))
    return void tally.leave(noun, "a tag is called __proto__");
  const spans = await spansOf(task, one);
  if (spans === undefined) tally.leave("spans of traces", "their file is out of reach; `--artifacts` names where it is");
  const { [exportedTag]: _, ...tags } = cleanTexts(one.tags);
  const trace = {
    ...one,
    project,
    experimentId,
    clientRequestId: one.clientRequestId === null ? null : clean(one.clientRequestId),
    requestPreview: one.requestPreview === null ? null : clean(one.requestPreview),
    responsePreview: one.responsePreview === null ? null : clean(one.responsePreview),
    tags: {
      ...tags,
      "mlflow.trace.spansLocation": "TRACKING_STORE",
      "mlflow.artifactLocation": `mlflow-artifacts:/${experimentId}/traces/${one.id}/artifacts`,
    },
    metadata: cleanTexts(one.metadata),
    spans: (spans ?? []).map((span) => ({ ...span, name: clean(span.name) })),
    assessments: one.assessments.map((said) => ({ ...said, project, traceId: one.id })),
  };
  return { trace, whole: spans !== undefined };
}

/** Those of one id are one, as its row is; the last counts. */
async function spansOf(task: ImportTask, { spans }: SourceTrace): Promise<readonly Span[] | undefined> {
  const all = spans === null ? undefined : "keep" in spans ? await fromFile(task, spans) : spans;
  return all && [...new Map(all.map((one) => [one.spanId, one])).values()];
}
async function fromFile(
  task: ImportTask,
  file: { keep: Exclude<SourceTrace["spans"], null | readonly Span[]>["keep"] },
): Promise<Span[] | undefined> {
  const { digest } = await file.keep(task.store.blobs);
  return spansOfFile(Buffer.from(await task.store.blobs.bytes(digest)).toString("utf8"));
}

function count(task: ImportTask, of: "found" | "taken", trace: ImportedTrace): void {
  task.tally.add(of, noun);
  task.tally.add(of, "spans", trace.spans.length);
  task.tally.add(of, "assessments", trace.assessments.length);
}
