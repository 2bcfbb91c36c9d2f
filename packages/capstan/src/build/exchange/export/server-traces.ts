import type { ImportedTrace } from "../../tracking/imported/traces.ts";
import { assessmentMessage, infoMessage } from "../../tracking/traces/messages.ts";
import { protobufOfSpans } from "../../tracking/traces/otlp-encode.ts";
import { digestOfTrace, exportedTag } from "../rules.ts";
import { serverTraces } from "../sources/server-traces.ts";
import { list, object, text } from "../sources/words.ts";
import { tracesOf } from "./held.ts";
import type { Target } from "./target.ts";

const noun = "traces";
const sourceRun = "mlflow.sourceRun";
/** A server notes these by itself. */
const own = ["mlflow.artifactLocation", "mlflow.trace.spansLocation", exportedTag];

/** Traces keep their ids; the runs that they name are those there. Each is read back and compared, and then tagged as whole. */
export async function exportTraces(target: Target, experimentId: string, from: string): Promise<void> {
  const { task } = target;
  let there: Map<string, string> | undefined;
  const written = new Map<string, string>();
  const linked = new Set<string>();
  for await (const page of tracesOf(task, from)) {
    task.signal.throwIfAborted();
    there ??= await tracesThere(target, experimentId);
    for (const one of page) {
      const trace = asThere(target, one);
      const digest = digestOfTrace(trace, { portable: true });
      task.digests.push(`trace ${one.id} ${digest}`);
      const known = there.get(one.id);
      if (known === digest) task.tally.add("same", noun);
      else if (known === "")
        task.tally.conflict({ noun: "trace", id: one.id, code: "CAP-EXISTS-001", problem: "there is another one of this id" });
      else {
        task.tally.add("taken", noun);
        if (task.plan) continue;
        await putTrace(target, experimentId, trace, known !== undefined);
        written.set(one.id, digest);
        for (const run of trace.runs) linked.add(run);
      }
    }
    task.tell(noun);
  }
  if (written.size > 0) await compare(target, experimentId, written, [...linked]);
}

/** What each trace there says was written; empty for one that is not ours. */
async function tracesThere({ client }: Target, experimentId: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const locations = [{ type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } }];
  for (let token = ""; ;) {
    const answer = await client.post("/api/3.0/mlflow/traces/search", {
      locations,
      max_results: 500,
      ...(token !== "" && { page_token: token }),
    });
    for (const one of list(answer["traces"])) found.set(text(one["trace_id"]), text(object(one["tags"])[exportedTag]));
    token = text(answer["next_page_token"]);
    if (token === "") return found;
  }
}

const runThere = ({ runs }: Target, id: string): string => runs.get(id) ?? id;
function asThere(target: Target, trace: ImportedTrace): ImportedTrace {
  const { [sourceRun]: run, ...metadata } = trace.metadata;
  return {
    ...trace,
    metadata: { ...metadata, ...(run !== undefined && { [sourceRun]: runThere(target, run) }) },
    runs: trace.runs.map((one) => runThere(target, one)),
  };
}

async function putTrace(target: Target, experimentId: string, trace: ImportedTrace, again: boolean): Promise<void> {
  const { client } = target;
  if (again) await client.post("/api/3.0/mlflow/traces/delete-traces", { experiment_id: experimentId, request_ids: [trace.id] });
  if (trace.spans.length > 0) await client.spans(experimentId, protobufOfSpans(trace.spans));
  const tags = Object.fromEntries(Object.entries(trace.tags).filter(([key]) => !own.includes(key)));
  const marked = { ...tags, [exportedTag]: "begun" };
  // Only one that comes by itself makes the one that it replaces invalid.
  const [replacing, first] = [true, false].map((replaces) => trace.assessments.filter((one) => (one.overrides !== null) === replaces));
  const info = infoMessage({ ...trace, experimentId, tags: marked, assessments: first ?? [] });
  await client.post("/api/3.0/mlflow/traces", { trace: { trace_info: info } });
  const ids = new Map<string, string>();
  for (const one of replacing?.toSorted((a, b) => a.createdMs - b.createdMs) ?? []) {
    const assessment = assessmentMessage({ ...one, overrides: ids.get(one.overrides ?? "") ?? one.overrides });
    const made = await client.post(`/api/3.0/mlflow/traces/${encodeURIComponent(trace.id)}/assessments`, { assessment });
    ids.set(one.id, text(object(made["assessment"])["assessment_id"]));
  }
  for (const run of trace.runs) await client.post("/api/2.0/mlflow/traces/link-to-run", { run_id: run, trace_ids: [trace.id] });
}

/** Reads traces back, and tags those that are there whole. */
async function compare(target: Target, experimentId: string, wanted: Map<string, string>, runs: readonly string[]): Promise<void> {
  const { client, task } = target;
  const there = serverTraces(client, () => runs);
  for await (const page of there.traces([{ id: experimentId }]))
    for (const one of await there.whole(page.filter((head) => wanted.has(head.id)))) {
      const digest = wanted.get(one.id);
      if (digest === undefined) continue;
      wanted.delete(one.id);
      const spans = one.spans !== null && !("keep" in one.spans) ? one.spans : [];
      const assessments = one.assessments.map((said) => ({ ...said, project: task.project }));
      if (digestOfTrace({ ...one, spans, assessments }, { portable: true }) === digest)
        await client.patch(`/api/3.0/mlflow/traces/${encodeURIComponent(one.id)}/tags`, { key: exportedTag, value: digest });
      else differs(target, one.id, "read back, it is not what this store says");
    }
  for (const id of wanted.keys()) differs(target, id, "it was written and is not there");
}
function differs({ task }: Target, id: string, problem: string): void {
  task.tally.differs();
  task.tally.conflict({ noun: "trace", id, code: "CAP-EXCHANGE-002", problem });
}
