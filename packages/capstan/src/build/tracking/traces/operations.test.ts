import { traceOperations } from "@capstan/contract/operations/traces";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../../../base/foundation/caller.ts";
import { person as caller } from "../../../testing/person.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { trackingMigrations } from "../migrations.ts";
import { createTrackingService } from "../service.ts";
import { traceHandlers } from "./operations.ts";
import { createTraces } from "./service.ts";
import { valued } from "./values.ts";

let open: TestStore;
let handlers: ReturnType<typeof traceHandlers>;
const runs: string[] = [];
let ids: string[];

async function call<K extends keyof typeof traceOperations>(
  name: K,
  input: object = {},
): Promise<ReturnType<(typeof traceOperations)[K]["output"]["parse"]>> {
  const operation = traceOperations[name];
  const output = await (handlers[name] as (input: unknown, caller: Caller) => Promise<unknown>)(
    operation.input.parse({ project: "p", ...input }),
    caller,
  );
  return operation.output.parse(JSON.parse(JSON.stringify(output))) as never;
}

/** Two traces in one experiment, the first made within a run: a root that asks a model, which failed. */
beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  const tracking = createTrackingService({ store: open.store });
  const traces = createTraces(open.store);
  handlers = traceHandlers(tracking, open.store);
  const experiment = await tracking.ensureExperiment("p", "asked", caller);
  for (const name of ["with", "without"])
    runs.push((await tracking.createRun({ project: "p", experimentId: experiment, kind: "user", name, startedMs: 1_000_000 }, caller)).id);
  const span = (trace: string, id: string, parentId: string | null, startMs: number, failed = false) => ({
    service: null,
    span: {
      traceId: trace,
      spanId: id,
      parentId,
      name: parentId === null ? "answer" : "model",
      kind: 1,
      startNs: `${startMs}000000`,
      endNs: `${startMs + 500}000000`,
      attributes: [
        { key: "mlflow.spanType", value: valued(parentId === null ? "CHAIN" : "LLM") },
        { key: "mlflow.spanInputs", value: valued('{"question":"why"}') },
      ],
      events: failed
        ? [{ name: "exception", timeNs: `${startMs + 400}000000`, attributes: [{ key: "exception.type", value: valued("Timeout") }] }]
        : [],
      links: [],
      status: { code: failed ? 2 : 1, message: failed ? "too late" : "" },
    },
  });
  const at = { id: experiment, location: "mlflow-artifacts:/x" };
  const one = "0".repeat(31) + "1";
  const two = "0".repeat(31) + "2";
  ids = await traces.logSpans("p", at, [
    span(one, "a".repeat(16), null, 1_000_000),
    span(one, "b".repeat(16), "a".repeat(16), 1_000_100, true),
  ]);
  ids.push(...(await traces.logSpans("p", at, [span(two, "c".repeat(16), null, 2_000_000)])));
  await traces.linkToRun("p", runs[0] ?? "", [ids[0] ?? ""]);
});
afterAll(() => open.close());

test("traces of a project, newest first, and those of one run", async () => {
  const { traces, cursor } = await call("traces.list", { limit: "1" });
  expect(traces).toMatchObject([{ id: ids[1], name: "answer", state: "OK", seconds: 0.5 }]);
  expect((await call("traces.list", { limit: "1", cursor })).traces.map((one) => one.id)).toEqual([ids[0]]);
  expect((await call("traces.list", { run: runs[0] })).traces.map((one) => one.id)).toEqual([ids[0]]);
  expect((await call("traces.list", { run: runs[1] })).traces).toEqual([]);
  await expect(call("traces.list", { project: "q", run: runs[0] })).rejects.toThrow(/no run/i);
});

test("a trace with its spans, after its begin", async () => {
  const trace = await call("traces.get", { trace: ids[0] });
  expect(trace.seconds).toBe(0.6);
  expect(trace.spans).toMatchObject([
    { name: "answer", parent: null, type: "CHAIN", atSeconds: 0, seconds: 0.5, failed: false },
    { name: "model", parent: "a".repeat(16), type: "LLM", atSeconds: 0.1, failed: true, message: "too late" },
  ]);
  expect(trace.spans[1]?.attributes["mlflow.spanInputs"]).toBe('{"question":"why"}');
  expect(trace.spans[1]?.events).toEqual([{ name: "exception", atSeconds: 0.5, attributes: { "exception.type": "Timeout" } }]);
  await expect(call("traces.get", { project: "q", trace: ids[0] })).rejects.toThrow(/no trace/i);
});
