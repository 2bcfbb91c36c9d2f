import { heldTraces, type ImportedTrace, putImportedTraces } from "../../tracking/imported/traces.ts";
import { clean, cleanTexts } from "../../tracking/rules.ts";
import type { Span } from "../../tracking/traces/model.ts";
import { spansOfFile } from "../../tracking/traces/span-text.ts";
import type { SourceExperiment, SourceTrace } from "../model.ts";
import { digestOfTrace, exportedTag } from "../rules.ts";
import { findImported, rememberImported } from "../store.ts";
import { inTurns } from "./artifacts.ts";
import type { ImportTask } from "./task.ts";

const noun = "traces";

/** Traces with their spans and with what was said about them, a page at a time; each page is written whole, read back and compared. */
export async function importTraces(task: ImportTask, experiments: readonly SourceExperiment[]): Promise<void> {
  for await (const page of task.source.traces(experiments)) {
    task.signal.throwIfAborted();
    await importPage(task, page);
    task.tell(noun);
  }
}

async function importPage(task: ImportTask, page: readonly SourceTrace[]): Promise<void> {
  const { store, project, tally, source } = task;
  const at = { project, source: source.label, noun };
  const coming: { trace: ImportedTrace; digest: string }[] = [];
  await inTurns(page, 4, async (one) => {
    const trace = await localTrace(task, one);
    if (trace) coming.push({ trace, digest: digestOfTrace(trace) });
  });
  coming.sort((a, b) => (a.trace.id < b.trace.id ? -1 : 1));
  const ids = coming.map((one) => one.trace.id);
  const [known, held] = await Promise.all([findImported(store.database, at, ids), heldTraces(store, ids)]);
  const here = new Map(held.map((one) => [one.id, one]));
  const atMs = store.clock.nowMs();
  const remembered = (id: string, digest: string) => rememberImported(at, { sourceId: id, id, digest, atMs });
  const written: typeof coming = [];
  for (const one of coming) {
    const { trace, digest } = one;
    count(task, "found", trace);
    task.digests.push(`trace ${trace.id} ${digest}`);
    const mine = here.get(trace.id);
    const before = known.get(trace.id)?.digest;
    if (!mine) {
      written.push(one);
      count(task, "taken", trace);
      continue;
    }
    const ours = mine.project === project ? digestOfTrace(mine) : undefined;
    if (ours !== undefined && (before === digest || ours === digest)) {
      tally.add("same", noun);
      if (before !== digest && !task.plan) await store.database.commit(remembered(trace.id, digest));
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
    written.flatMap(({ trace, digest }) => remembered(trace.id, digest)),
  );
  const back = new Map(
    (
      await heldTraces(
        store,
        written.map((one) => one.trace.id),
      )
    ).map((one) => [one.id, digestOfTrace(one)]),
  );
  for (const { trace, digest } of written) {
    if (back.get(trace.id) === digest) continue;
    tally.differs();
    tally.conflict({ noun: "trace", id: trace.id, code: "CAP-EXCHANGE-002", problem: "read back, it is not what the source said" });
  }
}

/** A trace of the source as it can be here; undefined, and counted, when it cannot. */
async function localTrace(task: ImportTask, one: SourceTrace): Promise<ImportedTrace | undefined> {
  const { project, tally } = task;
  const experimentId = task.experiments.get(one.experimentId);
  if (!/^[\w:/.-]{1,200}$/.test(one.id)) return void tally.leave(noun, "their ids are of another form");
  if (experimentId === undefined) return void tally.leave(noun, "their experiment is not there");
  if (Object.hasOwn(one.tags, "__proto__") || Object.hasOwn(one.metadata, "__proto__"))
    return void tally.leave(noun, "a tag is called __proto__");
  const spans = await spansOf(task, one);
  if (spans === undefined) tally.leave("spans of traces", "their file is out of reach; `--artifacts` names where it is");
  const { [exportedTag]: _, ...tags } = cleanTexts(one.tags);
  return {
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
