import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTrackingService } from "../tracking/service.ts";
import { openPipelineFixture, type PipelineFixture, person, project, threeSteps } from "../../testing/pipeline.ts";

let fixture: PipelineFixture;
beforeEach(async () => {
  fixture = await openPipelineFixture();
});
afterEach(() => fixture.close());

const decisions = async (ask: Parameters<PipelineFixture["service"]["plan"]>[0] = { project }) =>
  Object.fromEntries(
    (await fixture.service.plan(ask)).planned.map((one) => [
      one.node.id,
      `${one.decision}${one.reasons[0] ? `: ${one.reasons[0].text}` : ""}`,
    ]),
  );

test("runs everything once, then nothing", async () => {
  fixture.put(threeSteps);
  expect(await decisions()).toEqual({
    prepare: "run: it has never run",
    train: "run: it has never run, and waits for prepare",
    evaluate: "run: it has never run, and waits for train",
    report: "run: it has never run, and waits for prepare",
  });
  const first = await fixture.run();
  expect(first.states).toEqual({ prepare: "ran", train: "ran", evaluate: "ran", report: "ran" });
  expect(first.row).toMatchObject({ state: "passed", verdict: "pass", number: 1, lockWritten: true, plain: true });
  expect(first.steps["evaluate"]?.metrics).toEqual({ rows: 7, "of.auc": 0.75 });
  expect(fixture.text("work/model.txt")).toBe("a\nb\nc\ntrain:\n  rate: 0.1\n  trees: 200\nmodel\n");
  const told = first.events.map((event) => event.event);
  expect([
    told[0],
    told.at(-1),
    told.filter((one) => one === "step.started").length,
    told.filter((one) => one === "step.ended").length,
  ]).toEqual(["run.started", "result", 4, 4]);

  const second = await fixture.run();
  expect(second.row).toBeNull();
  expect(await decisions()).toEqual({ prepare: "reuse", train: "reuse", evaluate: "reuse", report: "reuse" });

  // What is missing or edited in the folder is put back without running anything.
  rmSync(join(fixture.folder, "work/model.txt"));
  fixture.put({ "work/train.txt": "something else" });
  expect((await fixture.run()).row).toBeNull();
  expect(fixture.text("work/train.txt")).toBe("a\nb\nc\n");
  expect(existsSync(join(fixture.folder, "work/model.txt"))).toBe(true);
});

test("each step is a run with params, metrics, lineage and environment; its entry commits with its result", async () => {
  fixture.put(threeSteps);
  const { steps, row } = await fixture.run();
  const run = await createTrackingService({ store: fixture.open.store }).getRun(steps["evaluate"]?.run ?? "");
  expect(run).toMatchObject({
    kind: "step",
    step: "evaluate",
    parentId: row?.id,
    status: "FINISHED",
    verdict: "pass",
    key: steps["evaluate"]?.stepKey,
  });
  expect(run.metrics.map((metric) => [metric.key, metric.value])).toEqual([
    ["of.auc", 0.75],
    ["rows", 7],
  ]);
  expect(run.seal).toMatch(/^[0-9a-f]{64}$/);
  expect(run.inputs.map((link) => link.node.split(":")[0]).sort()).toEqual(["blob", "code", "env"]);
  expect(run.outputs[0]?.node).toBe(`blob:${steps["evaluate"]?.outputs[0]?.digest}`);
  expect(run.resources.wallSeconds).toBeGreaterThanOrEqual(0);
  const entries = await fixture.open.store.database.all<{ action: string; subject_id: string }>(
    "select action, subject_id from entry order by idx",
  );
  expect(entries.filter((entry) => entry.action === "run.ended")).toHaveLength(5);
});

test("a changed parameter reruns only what depends on it, and says why", async () => {
  fixture.put(threeSteps);
  await fixture.run();
  fixture.put({ "params.yaml": "window: 3\ntrain:\n  trees: 400\n  rate: 0.1\n" });
  expect(await decisions()).toEqual({
    prepare: "reuse",
    train: "run: param train.trees 200 → 400",
    evaluate: "may: input model, from train",
    report: "reuse",
  });
  const { states, steps } = await fixture.run();
  expect(states).toEqual({ prepare: "reused", train: "ran", evaluate: "ran", report: "reused" });
  expect(steps["train"]?.reasons).toMatchObject([
    { kind: "param", name: "train.trees", old: "200", new: "400", origin: "params.yaml:3:10", root: true },
  ]);
  expect(steps["evaluate"]?.reasons).toMatchObject([
    { kind: "input", name: "model", root: false, because: [{ kind: "param", name: "train.trees", root: true }] },
  ]);
});

test("a change that leads to the same output stops there", async () => {
  fixture.put(threeSteps);
  await fixture.run();
  fixture.put({ "prepare.sh": `# a remark\n${threeSteps["prepare.sh"]}` });
  expect(await decisions()).toMatchObject({ prepare: "run: code prepare.sh:1 changed", train: "may: input rows, from prepare" });
  expect((await fixture.run()).states).toEqual({ prepare: "ran", train: "reused", evaluate: "reused", report: "reused" });
});

test("imported code counts, undeclared params and other files do not", async () => {
  fixture.put(threeSteps);
  await fixture.run();
  fixture.put({
    "lib.sh": "header() { echo MODEL; }\n",
    "notes.txt": "x",
    "params.yaml": "window: 3\nother: 1\ntrain:\n  trees: 200\n  rate: 0.1\n",
  });
  expect(await decisions()).toMatchObject({ prepare: "reuse", train: "run: code lib.sh:1 changed" });
});

test("--set leaves folder and lock alone and is kept for later", async () => {
  fixture.put(threeSteps);
  await fixture.run();
  const [model, lock] = [fixture.text("work/model.txt"), fixture.text("capstan.lock")];
  const set = await fixture.run({ set: ["train.trees=400"] });
  expect(set.states).toMatchObject({ prepare: "reused", train: "ran", evaluate: "ran" });
  expect(set.row).toMatchObject({ plain: false, lockWritten: false });
  expect(fixture.text("work/model.txt")).toBe(model);
  expect(fixture.text("capstan.lock")).toBe(lock);
  expect(fixture.text("params.yaml")).toContain("200");
  // Written down, the same values need no run: the first has made everything.
  fixture.put({ "params.yaml": "window: 3\ntrain:\n  trees: 400\n  rate: 0.1\n" });
  expect((await fixture.run()).row).toBeNull();
  expect(fixture.text("work/model.txt")).toContain("trees: 400");
  expect(fixture.text("capstan.lock")).toContain("param.train.trees: 400");
});

test("the lock holds digests and values only, and is the same on another machine", async () => {
  fixture.put(threeSteps);
  await fixture.run();
  const lock = fixture.text("capstan.lock");
  expect(lock).toMatch(
    /^lock: 1\n\nsteps:\n  evaluate:\n    key: [0-9a-f]{64}\n    in\.model: [0-9a-f]{64} work\/model\.txt\n    code: [0-9a-f]{64}\n    env: [0-9a-f]{64}\n    out\.metrics: [0-9a-f]{64} 32 work\/metrics\.json\n\n  prepare:\n/,
  );
  const other = await openPipelineFixture();
  try {
    other.put(threeSteps);
    await other.run();
    expect(other.text("capstan.lock")).toBe(lock);
  } finally {
    await other.close();
  }
});

test("--locked refuses to compute, --force computes what it is told to", async () => {
  fixture.put(threeSteps);
  await fixture.run();
  expect((await fixture.run({ locked: true })).row).toBeNull();
  const forced = await fixture.run({ steps: ["train"], force: true });
  expect(forced.states).toEqual({ prepare: "reused", train: "ran" });
  fixture.put({ "params.yaml": "window: 2\ntrain:\n  trees: 200\n  rate: 0.1\n" });
  await expect(fixture.service.run({ project, locked: true }, person)).rejects.toMatchObject({
    code: "CAP-RUN-012",
    params: { step: "prepare", why: "window is 2, the lock has 3" },
  });
  await expect(fixture.service.run({ project, steps: ["trian"] }, person)).rejects.toMatchObject({
    code: "CAP-RUN-002",
    params: { hint: ": did you mean train?" },
  });
});
