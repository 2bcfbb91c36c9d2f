import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "../../../base/foundation/canonical-json.ts";
import type { ImportedTrace } from "../../tracking/imported/traces.ts";
import { assessmentMessage, infoMessage, spanFile } from "../../tracking/traces/messages.ts";
import type { Span } from "../../tracking/traces/model.ts";
import { spansOfFile } from "../../tracking/traces/span-text.ts";
import { digestOfTrace, exportedTag } from "../rules.ts";
import { folderTraces } from "../sources/folder-traces.ts";
import { dataText, locationOf, put, putTexts, replace } from "./folder-text.ts";
import { type ExportTask, tracesOf } from "./held.ts";

const noun = "traces";
const requestId = "mlflow.traceRequestId";

/** Traces of one experiment as MLflow's FileStore keeps them; each appears whole, and is read back and compared. */
export async function putTraces(task: ExportTask, root: string, folder: string, experimentId: string): Promise<void> {
  const { tally } = task;
  const written = new Map<string, string>();
  for await (const page of tracesOf(task, experimentId)) {
    task.signal.throwIfAborted();
    for (const held of page) {
      const trace = { ...held, runs: [] };
      const digest = digestOfTrace(trace);
      task.digests.push(`trace ${trace.id} ${digest}`);
      if (!/^[\w-][\w.-]*$/.test(trace.id)) tally.leave(noun, "their id is no name of a folder");
      else if ((await readFile(join(folder, noun, trace.id, "tags", exportedTag), "utf8").catch(() => undefined)) === digest)
        tally.add("same", noun);
      else {
        tally.add("taken", noun);
        if (held.runs.some((one) => one !== held.metadata["mlflow.sourceRun"]))
          tally.leave("links of traces to runs", "a folder keeps none");
        if (!task.plan && (await putTrace(task, root, folder, trace, digest))) written.set(trace.id, digest);
      }
    }
    task.tell(noun);
  }
  if (written.size > 0) await compare(task, folder, experimentId, written);
}

/** Whether everything of it could be written. */
async function putTrace(task: ExportTask, root: string, folder: string, trace: ImportedTrace, digest: string): Promise<boolean> {
  const making = join(folder, `.making-${trace.id}`);
  await rm(making, { recursive: true, force: true });
  let whole = true;
  const leave = (what: string, why: string): void => {
    whole = false;
    task.tally.leave(what, why);
  };
  const { execution_duration: _, trace_metadata: __, tags: ___, assessments: ____, ...info } = infoMessage(trace) as Record<string, Json>;
  const facts = { ...info, ...(trace.durationMs !== null && { execution_duration_ms: trace.durationMs }) };
  await put(making, "trace_info.yaml", `${dataText(facts)}\n`);
  const place = locationOf(root, trace.experimentId, noun, trace.id, "artifacts");
  const tags = new Map(Object.entries({ ...trace.tags, "mlflow.artifactLocation": place, [exportedTag]: digest }));
  tags.delete("mlflow.trace.spansLocation");
  await putTexts(join(making, "tags"), tags, () => leave("tags of traces", "their name is no file of its own"));
  const metadata = new Map(Object.entries(trace.metadata));
  await putTexts(join(making, "request_metadata"), metadata, () => leave("metadata of traces", "its name is no file of its own"));
  for (const one of trace.assessments)
    if (/^[\w-]+$/.test(one.id)) await put(making, `assessments/${one.id}.yaml`, `${dataText(assessmentMessage(one) as Json)}\n`);
    else leave("assessments", "their id is no name of a file");
  const spans = trace.spans.map((span) => spanFile(named(span, trace.id)));
  await put(making, "artifacts/traces.json", `{"spans": [${spans.join(", ")}]}`);
  await replace(making, join(folder, noun, trace.id));
  return whole;
}

/** Clients read only spans that say which trace they are of. */
const named = (span: Span, trace: string): Span =>
  span.attributes.some((one) => one.key === requestId)
    ? span
    : { ...span, attributes: [...span.attributes, { key: requestId, value: { string_value: trace } }] };

async function compare(task: ExportTask, folder: string, experimentId: string, written: ReadonlyMap<string, string>): Promise<void> {
  const { tally, project } = task;
  for await (const page of folderTraces({ id: experimentId, folder }, () => undefined))
    for (const one of page) {
      const digest = written.get(one.id);
      if (digest === undefined) continue;
      const text = await readFile(join(folder, noun, one.id, "artifacts", "traces.json"), "utf8");
      const assessments = one.assessments.map((said) => ({ ...said, project }));
      if (digestOfTrace({ ...one, spans: spansOfFile(text) ?? [], assessments }) === digest) continue;
      tally.differs();
      tally.conflict({ noun: "trace", id: one.id, code: "CAP-EXCHANGE-002", problem: "read back, it is not what this store says" });
    }
}
