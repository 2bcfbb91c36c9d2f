import type { Caller } from "../../../base/foundation/caller.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { digestOfJson } from "../../../base/foundation/hashing.ts";
import type { Store } from "../../../base/record/store.ts";
import type { Change } from "../../../base/storage/database.ts";
import { clean } from "../rules.ts";
import { conventional, traceIdOf } from "./conventions.ts";
import { type Assessment, type NewTrace, type SentSpan, type Span, type TraceInfo } from "./model.ts";
import { searchTraces, type TraceQuery, whereOf } from "./search.ts";
import {
  createAssessmentChange,
  createTraceStore,
  deleteAssessmentChange,
  deleteTracesChange,
  linkRunChange,
  removeTagChange,
  spannedTracesChange,
  spansChange,
  startTraceChange,
  textsChange,
  updateAssessmentChange,
} from "./store.ts";
import { heldSpan } from "./held-span.ts";
import { attributeOf, pythonJson } from "./values.ts";

const longestPreview = 1000;
/** Traces that one change deletes. */
const deletedAtOnce = 500;

/** `statedId` is the id that the client gave it already; kept where it is free. */
export type NewAssessment = Omit<Assessment, "id" | "project" | "valid" | "createdMs" | "updatedMs"> & { statedId?: string };
export type AssessmentChange = Partial<Pick<Assessment, "name" | "kind" | "value" | "error" | "rationale" | "metadata" | "valid">>;
export type Traces = ReturnType<typeof createTraces>;

const cut = (text: string): string => (text.length <= longestPreview ? text : `${text.slice(0, longestPreview - 3)}...`);
const millis = (ns: string): number => Number(BigInt(ns) / 1_000_000n);

/** What the spans of one trace that came together say about it. */
function summary(project: string, experiment: { id: string; location: string }, id: string, spans: readonly Span[]): NewTrace {
  const requestMs = Math.min(...spans.map((one) => millis(one.startNs)));
  const ends = spans.flatMap((one) => (one.endNs === null ? [] : [millis(one.endNs)]));
  const root = spans.find((one) => one.parentId === null);
  const preview = (key: string): string | null => {
    const found = root?.attributes.find((one) => one.key === key);
    return found ? cut(pythonJson(found.value)) : null;
  };
  const said = (key: string): string | undefined => {
    const found = spans.map((one) => attributeOf(one.attributes, key)).find((one) => one !== undefined && one !== null && one !== "");
    return found === undefined ? undefined : String(found);
  };
  const [session, user] = [said("session.id"), said("user.id")];
  return {
    id,
    project,
    experimentId: experiment.id,
    clientRequestId: null,
    requestPreview: preview("mlflow.spanInputs"),
    responsePreview: preview("mlflow.spanOutputs"),
    requestMs,
    durationMs: ends.length > 0 ? Math.max(0, Math.max(...ends) - requestMs) : null,
    state: !root ? "IN_PROGRESS" : root.status.code === 2 ? "ERROR" : "OK",
    tags: { "mlflow.trace.spansLocation": "TRACKING_STORE", "mlflow.artifactLocation": `${experiment.location}/traces/${id}/artifacts` },
    metadata: {
      ...(session !== undefined && { "mlflow.trace.session": session }),
      ...(user !== undefined && { "mlflow.trace.user": user }),
    },
  };
}

/** Traces, their spans, and what is said about them. */
export function createTraces(store: Store) {
  const { database, recorder, clock } = store;
  const read = createTraceStore(database);
  /** Assessments are shown in the order in which they were made, also those of one millisecond. */
  let lastMs = 0;

  async function find(id: string): Promise<TraceInfo | undefined> {
    return (await read.traces([id]))[0];
  }
  async function get(id: string): Promise<TraceInfo> {
    const found = await find(id);
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "trace", name: id });
    return found;
  }
  const tell = (project: string, id: string): void => store.events.emit("changed", { project, kind: "trace", id });

  async function commitAssessment(one: Assessment, change: Change, action: string, caller: Caller): Promise<void> {
    await recorder.commit(change, [
      {
        action,
        subject: { type: "trace", id: one.traceId },
        project: one.project,
        actor: caller.actor,
        ...(caller.because !== undefined && { because: caller.because }),
        payload: {
          assessment: one.id,
          name: one.name,
          kind: one.kind,
          span: one.spanId,
          source: `${one.sourceType} ${one.sourceId}`,
          overrides: one.overrides,
          digest: digestOfJson({ value: one.value, error: one.error, rationale: one.rationale, metadata: { ...one.metadata } }),
        },
      },
    ]);
    tell(one.project, one.traceId);
  }
  async function assessment(trace: string, id: string): Promise<Assessment> {
    const found = await read.assessment(trace, id);
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "assessment", name: id });
    return found;
  }

  return {
    find,
    get,
    traces: read.traces,
    spans: read.spans,
    rootNames: read.rootNames,
    assessment,

    /** What a client says of its trace; spans may have come before. */
    async start(trace: NewTrace, assessments: readonly NewAssessment[], caller: Caller): Promise<TraceInfo> {
      await database.commit(startTraceChange(trace)).catch((error: unknown) => {
        if (error instanceof CapstanError && error.code === "CAP-MOVED-001")
          throw new CapstanError("CAP-NOT-FOUND-001", { noun: "trace", name: trace.id });
        throw error;
      });
      // A client that sends its trace again says the same of it, not more.
      for (const one of assessments)
        if (one.statedId === undefined || !(await read.assessment(trace.id, one.statedId))) await this.assess(one, caller);
      tell(trace.project, trace.id);
      return get(trace.id);
    },
    /** All of them or none; a span that is sent again replaces itself. */
    async logSpans(project: string, experiment: { id: string; location: string }, sent: readonly SentSpan[]): Promise<string[]> {
      const byTrace = new Map<string, Span[]>();
      for (const one of sent) {
        const span = conventional(one);
        const id = traceIdOf(span);
        const known = byTrace.get(id);
        if (known) known.push({ ...span, name: clean(span.name) });
        else byTrace.set(id, [{ ...span, name: clean(span.name) }]);
      }
      const change = [
        ...spannedTracesChange([...byTrace].map(([id, spans]) => summary(project, experiment, id, spans))),
        ...spansChange(
          project,
          [...byTrace].flatMap(([trace, spans]) =>
            [...new Map(spans.map((one) => [one.spanId, one])).values()].map((span) => heldSpan(trace, span)),
          ),
        ),
      ];
      await database.commit(change);
      for (const id of byTrace.keys()) tell(project, id);
      return [...byTrace.keys()];
    },
    async search(query: TraceQuery): Promise<{ traces: TraceInfo[]; next?: string }> {
      const { rows, next } = await searchTraces(database, query);
      return { traces: await read.filled(rows), ...(next !== undefined && { next }) };
    },
    /** How many traces meet every one of these filters. */
    async count(experimentIds: readonly string[], all: readonly string[]): Promise<number> {
      const parts = (all.length > 0 ? all : [""]).map((filter) => whereOf(database.dialect, experimentIds, filter));
      const row = await database.find<{ n: number }>(
        `select count(*) as n from trace t where ${parts.map((one) => one.sql).join(" and ")}`,
        parts.flatMap((one) => one.params),
      );
      return row?.n ?? 0;
    },
    async setTags(id: string, tags: Readonly<Record<string, string>>): Promise<void> {
      const { project } = await get(id);
      await database.commit(textsChange(project, id, "tag", tags));
      tell(project, id);
    },
    async removeTag(id: string, key: string): Promise<void> {
      const { project, tags } = await get(id);
      if (!Object.hasOwn(tags, key)) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "tag", name: key });
      await database.commit(removeTagChange(id, key));
      tell(project, id);
    },
    /** The traces may come later: clients send them behind their own back. */
    async linkToRun(project: string, run: string, traces: readonly string[]): Promise<void> {
      await database.commit(linkRunChange(project, run, traces));
    },
    /** Deletes the named ones, or the oldest up to a time; the number of them. Each deletion is an entry. */
    async remove(
      at: { project: string; experimentId: string },
      which: { ids: readonly string[] } | { untilMs: number; limit?: number },
      caller: Caller,
    ): Promise<number> {
      let deleted = 0;
      const left = (): number => ("limit" in which && which.limit !== undefined ? which.limit - deleted : Infinity);
      for (let turn = 0; ; turn++) {
        const ids =
          "ids" in which
            ? which.ids.slice(turn * deletedAtOnce, (turn + 1) * deletedAtOnce)
            : (
                await database.all<{ id: string }>(
                  "select id from trace where project = ? and experiment_id = ? and request_ms <= ? order by request_ms, id limit ?",
                  [at.project, Number(at.experimentId), which.untilMs, Math.min(deletedAtOnce, left())],
                )
              ).map((one) => one.id);
        const mine = (await read.traces(ids))
          .filter((one) => one.project === at.project && one.experimentId === at.experimentId)
          .map((one) => one.id);
        if (mine.length > 0) {
          await recorder.commit(deleteTracesChange(mine), [
            {
              action: "trace.deleted",
              subject: { type: "experiment", id: at.experimentId },
              project: at.project,
              actor: caller.actor,
              ...(caller.because !== undefined && { because: caller.because }),
              payload: { traces: mine.length, digest: digestOfJson(mine) },
            },
          ]);
          deleted += mine.length;
          for (const id of mine) tell(at.project, id);
        }
        if (ids.length < deletedAtOnce || left() <= 0) return deleted;
      }
    },

    async assess({ statedId, ...one }: NewAssessment, caller: Caller): Promise<Assessment> {
      const { project } = await get(one.traceId);
      if (one.overrides !== null) await assessment(one.traceId, one.overrides);
      const nowMs = Math.max(clock.nowMs(), lastMs + 1);
      lastMs = nowMs;
      const made: Assessment = {
        ...one,
        id: statedId !== undefined && (await read.isFree(statedId)) ? statedId : `a-${store.ids.ulid().toLowerCase()}`,
        project,
        valid: true,
        createdMs: nowMs,
        updatedMs: nowMs,
      };
      await commitAssessment(made, createAssessmentChange(made), "trace.assessed", caller);
      return made;
    },
    async reassess(trace: string, id: string, change: AssessmentChange, caller: Caller): Promise<Assessment> {
      const before = await assessment(trace, id);
      if (change.kind !== undefined && change.kind !== before.kind)
        throw new CapstanError("CAP-TRACK-002", {
          what: "assessment",
          problem: `Cannot update ${change.kind} value on ${before.kind} assessment`,
        });
      const after: Assessment = { ...before, ...change, updatedMs: Math.max(clock.nowMs(), before.updatedMs + 1) };
      await commitAssessment(after, updateAssessmentChange(after, before.updatedMs), "trace.assessment.changed", caller);
      return after;
    },
    async unassess(trace: string, id: string, caller: Caller): Promise<void> {
      const before = await assessment(trace, id);
      await commitAssessment(before, deleteAssessmentChange(before), "trace.assessment.deleted", caller);
    },
  };
}
