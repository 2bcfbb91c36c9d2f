import { afterEach, beforeEach, expect, test } from "vitest";
import { pipelineOperations } from "@capstan/contract/operations/pipeline";
import { pipelineHandlers } from "./operations.ts";
import { openPipelineFixture, type PipelineFixture, person, project, threeSteps } from "../../testing/pipeline.ts";

let fixture: PipelineFixture;
beforeEach(async () => {
  fixture = await openPipelineFixture();
  fixture.put(threeSteps);
});
afterEach(() => fixture.close());

/** Calls an operation as HTTP does: input parsed, output checked against the contract. */
async function call<K extends keyof typeof pipelineOperations>(name: K, input: object) {
  const operation = pipelineOperations[name];
  const handler = pipelineHandlers(fixture.service)[name] as (input: unknown, caller: typeof person) => Promise<unknown>;
  return operation.output.parse(await handler(operation.input.parse({ project, ...input }), person)) as ReturnType<
    (typeof pipelineOperations)[K]["output"]["parse"]
  >;
}

test("a run is started, followed, listed, shown and explained", async () => {
  const before = await call("pipeline.get", {});
  expect(before.steps.map((step) => [step.step, step.decision, step.last])).toEqual([
    ["prepare", "run", null],
    ["train", "run", null],
    ["evaluate", "run", null],
    ["report", "run", null],
  ]);
  expect(before.edges).toContainEqual({ from: "step:prepare", to: "step:train", output: "train", input: "rows" });
  expect(before.edges).toContainEqual({ from: "file:data/rows.txt", to: "step:prepare", output: null, input: "rows" });

  const started = await call("pipeline.run", {});
  expect(started).toMatchObject({ number: 1 });
  expect(started.name).toMatch(/^[a-z]+-[a-z]+-1$/);
  let after = 0;
  const events: string[] = [];
  for (let ended = false; !ended;) {
    const page = await call("pipeline.events", { run: "latest", after, waitSeconds: 10 });
    events.push(...page.events.map((event) => event.event));
    after = page.next;
    ended = page.ended;
  }
  expect(events.at(-1)).toBe("result");
  expect((await call("pipeline.run", {})).run).toBeNull();

  fixture.put({ "params.yaml": "window: 3\ntrain:\n  trees: 400\n  rate: 0.1\n" });
  expect(await call("pipeline.status", {})).toMatchObject({
    valid: true,
    total: 4,
    wouldRun: 1,
    mayRun: 1,
    steps: [{ text: "run:1" }, { text: "param train.trees 200 → 400" }, { text: "if model comes out different" }, { text: "run:1" }],
  });
  expect(await call("pipeline.plan", { set: ["train.trees=500"] })).toMatchObject({ toRun: 1, mayRun: 1, reused: 2, plain: false });
  await fixture.run();
  const why = await call("pipeline.why", { step: "run:2/evaluate" });
  expect(why).toMatchObject({
    sentence: "evaluate ran because an input changed",
    rootCause: ["input model, from train", "param train.trees 200 → 400"],
    compare: { before: "run:1", after: "run:2" },
  });
  expect(why.same.map((one) => `${one.kind} ${one.name}`.trim())).toEqual(["code evaluate.sh", expect.stringMatching(/^env /), "command"]);
  expect(await call("pipeline.why", { step: "prepare" })).toMatchObject({
    run: null,
    decision: "reuse",
    sentence: "prepare would not run: nothing that decides its result changed since run:1",
  });
  expect(await call("pipeline.runs", { limit: 1 })).toMatchObject({ runs: [{ number: 2, ran: 2, reused: 2, state: "passed" }], next: "2" });
  expect(await call("pipeline.show", { run: "run:1" })).toMatchObject({ number: 1, ran: 4, lockWritten: true });
  expect((await call("pipeline.get", {})).steps.find((step) => step.step === "train")?.last).toMatchObject({ number: 2, state: "ran" });
});

test("a broken file is told, not thrown, and a missing input, too", async () => {
  fixture.put({ "capstan.yaml": "steps:\n  train:\n    run: sh train.sh\n    ouputs: x\n" });
  expect(await call("pipeline.get", {})).toMatchObject({
    valid: false,
    steps: [],
    problems: [{ code: "CAP-CONFIG-004", where: { file: "capstan.yaml", line: 4, column: 5 } }],
  });
  await expect(call("pipeline.run", {})).rejects.toMatchObject({ code: "CAP-CONFIG-004" });
  fixture.put({ "capstan.yaml": "steps:\n  train: {run: x, in: nowhere.txt}\n" });
  expect((await call("pipeline.status", {})).problems).toMatchObject([
    { code: "CAP-CONFIG-013", message: "nowhere.txt does not exist and no step makes it" },
  ]);
});

test("logs are read from the end and followed", async () => {
  fixture.put({ "capstan.yaml": 'steps:\n  train: {run: "seq 1 5; printf half; echo done > x", out: x}\n' });
  await fixture.run();
  expect(await call("pipeline.log", { ref: "train", tail: 2 })).toMatchObject({
    step: "train",
    lines: ["5", "half"],
    cut: true,
    ended: true,
  });
  const first = await call("pipeline.log", { ref: "run:1/train", afterBytes: 0 });
  expect(first.lines).toEqual(["1", "2", "3", "4", "5"]);
  expect((await call("pipeline.log", { ref: first.run, afterBytes: first.nextBytes })).lines).toEqual([]);
});

test("values are shown with their origin", async () => {
  const { values } = await call("config.get", { key: "params.train", set: "train.trees=9" });
  expect(values).toEqual([
    { key: "params.train.trees", value: 9, origin: "--set" },
    { key: "params.train.rate", value: 0.1, origin: "params.yaml:4:9" },
  ]);
});
