import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../../base/foundation/hashing.ts";
import { createTrackingService } from "../tracking/service.ts";
import { openPipelineFixture, type PipelineFixture, person, project, runOf, threeSteps } from "../../testing/pipeline.ts";
import type { ModelSink, SuiteRunner } from "./seams.ts";

let fixture: PipelineFixture;
beforeEach(async () => {
  fixture = await openPipelineFixture();
});
afterEach(() => fixture.close());

const one = (step: string, run: string, more = ""): string =>
  `project: flights\nsteps:\n  ${step}:\n    run: ${JSON.stringify(run)}\n${more}`;
/** Resolves when `is` holds; the steps say when by files. */
const until = async (is: () => boolean): Promise<void> => {
  while (!is()) await new Promise((resolve) => setImmediate(resolve));
};

test("a failing step says how and with which last lines; what was made before stays", async () => {
  fixture.put(threeSteps);
  await fixture.run();
  const model = fixture.text("work/model.txt");
  fixture.put({
    "train.sh": 'echo half > "$CAPSTAN_OUT_MODEL"\necho "KeyError: \'distance\'" >&2\nexit 3\n',
    "params.yaml": "window: 2\ntrain:\n  trees: 200\n",
  });
  const failed = await fixture.run();
  expect(failed.states).toEqual({ prepare: "ran", train: "failed", evaluate: "notStarted", report: "ran" });
  expect(failed.row).toMatchObject({
    state: "failed",
    verdict: "fail",
    error: { code: "CAP-RUN-003", message: "step train failed: its command ended with exit code 3" },
  });
  expect(failed.steps["train"]?.error).toMatchObject({
    code: "CAP-RUN-003",
    do: "correct train.sh, then capstan run: what was made before it is reused",
  });
  expect(failed.steps["train"]?.error?.lines.at(-1)).toBe("KeyError: 'distance'");
  expect(failed.steps["train"]?.exit).toEqual({ code: 3, signal: null, timedOut: false });
  expect(fixture.text("work/model.txt")).toBe(model);
  expect(fixture.text("work/train.txt")).toBe("a\nb\n");
  const tracking = createTrackingService({ store: fixture.open.store });
  expect(await tracking.getRun(failed.steps["train"]?.run ?? "")).toMatchObject({ status: "FAILED", verdict: "fail" });

  fixture.put({ "train.sh": threeSteps["train.sh"] ?? "" });
  expect((await fixture.run()).states).toEqual({ prepare: "reused", train: "ran", evaluate: "ran", report: "reused" });
});

test("--keep-going runs what does not depend on the failed step", async () => {
  fixture.put({
    "capstan.yaml":
      'steps:\n  a: {run: "exit 1", out: a}\n  b: {run: "echo b > b", out: b, resources: {cpu: 2}}\n  c: {run: "cat a", in: a, out: c}\n  d: {run: "cat b > d", in: b, out: d}\n',
  });
  expect((await fixture.run({ keepGoing: true })).states).toEqual({ a: "failed", b: "ran", c: "notStarted", d: "ran" });
});

test("an output that was not written is named, with what is new", async () => {
  fixture.put({ "capstan.yaml": one("train", "mkdir -p models && echo x > models/model.onnx", "    out: work/model.onnx\n") });
  const { row, steps } = await fixture.run();
  expect(row?.error).toMatchObject({ code: "CAP-RUN-004", message: "step train ended with 0 but did not write work/model.onnx" });
  expect(steps["train"]?.error?.lines[0]).toBe("new in its folder: models/model.onnx. Nothing was replaced");
  expect(existsSync(join(fixture.folder, "work"))).toBe(false);
});

test("a file that is not declared is hidden, and the error names it", async () => {
  fixture.put({ "features.json": "{}", "capstan.yaml": one("train", "cat features.json > out.txt", "    out: out.txt\n") });
  expect((await fixture.run()).row?.error).toMatchObject({
    code: "CAP-RUN-006",
    message: "step train opened features.json, which it does not declare",
  });
});

test("a step that hangs ends at its time limit", async () => {
  fixture.put({ "capstan.yaml": one("train", "sleep 60", "    out: x\n    timeout: 200ms\n") });
  expect((await fixture.run()).row?.error).toMatchObject({ code: "CAP-RUN-008", message: "step train did not end within 0.2 s" });
});

test("a failure that may pass is tried again", async () => {
  fixture.put({
    "capstan.yaml": one(
      "train",
      `if [ -e ${fixture.folder}/second ]; then echo ok > x; else touch ${fixture.folder}/second; exit 7; fi`,
      "    out: x\n    retry: {max: 1, if: [exit:7]}\n",
    ),
  });
  const { steps } = await fixture.run();
  expect(steps["train"]).toMatchObject({ state: "ran", attempt: 2 });
});

test("an input edited while the step ran taints the result: used, told, not kept", async () => {
  fixture.put({
    "rows.txt": "1\n",
    "capstan.yaml": one("train", `cat rows.txt > x; echo 2 >> ${fixture.folder}/rows.txt`, "    in: rows.txt\n    out: x\n"),
  });
  const { steps } = await fixture.run();
  expect(steps["train"]).toMatchObject({ state: "ran", note: expect.stringContaining("rows.txt was edited while it ran") });
  expect(fixture.text("x")).toBe("1\n");
  expect(await fixture.open.store.database.all("select * from action_result")).toEqual([]);
});

test("other bytes for equal inputs are kept as evidence; the first stay", async () => {
  fixture.put({ "capstan.yaml": one("train", "date +%N > x", "    out: x\n") });
  const first = await fixture.run();
  const second = await fixture.run({ force: true });
  expect(second.steps["train"]?.note).toContain("x came out other than before with equal inputs");
  // What a run made is told as it is; folder, lock and later runs keep to the first.
  expect(second.steps["train"]?.outputs[0]?.digest).not.toBe(first.steps["train"]?.outputs[0]?.digest);
  expect(sha256(fixture.text("x"))).toBe(first.steps["train"]?.outputs[0]?.digest);
  expect(second.row?.lockWritten).toBe(false);
  expect((await fixture.run()).row).toBeNull();
  expect(await fixture.open.store.database.all("select step from action_divergence d join step_run s on s.run = d.step_run")).toEqual([
    { step: "train" },
  ]);
  fixture.put({ "capstan.yaml": one("train", "date +%N > x", "    out: x\n    deterministic: true\n") });
  expect((await fixture.run({ force: true })).row?.error).toMatchObject({ code: "CAP-RUN-014" });
});

test("one run at a time: the second is told which one works", async () => {
  fixture.put({ "capstan.yaml": one("train", `while [ ! -e ${fixture.folder}/go ]; do sleep 0.01; done; echo x > x`, "    out: x\n") });
  const started = await fixture.service.run({ project }, person);
  await expect(fixture.service.run({ project }, person)).rejects.toMatchObject({
    code: "CAP-RUN-009",
    message: expect.stringMatching(/^run:1 works in this folder \(process \d+, \d+ s\)$/),
  });
  await expect(fixture.anotherHost().run({ project }, person)).rejects.toMatchObject({ code: "CAP-RUN-009" });
  fixture.put({ go: "" });
  if (started.run) expect(await started.done).toMatchObject({ state: "passed" });
});

test("two starts in one moment: one runs, the other is told", async () => {
  fixture.put({ "capstan.yaml": one("train", "sleep 0.2; echo x > x", "    out: x\n") });
  const both = await Promise.allSettled([fixture.service.run({ project }, person), fixture.anotherHost().run({ project }, person)]);
  expect(both.map((started) => started.status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(both.find((started) => started.status === "rejected")).toMatchObject({ reason: { code: "CAP-RUN-009" } });
  for (const started of both) if (started.status === "fulfilled" && started.value.run) await started.value.done;
});

test("cancelling ends the running step and starts no other; what is finished is kept", async () => {
  fixture.put({ ...threeSteps, "train.sh": `touch ${fixture.folder}/started\nsleep 60\n` });
  const started = await fixture.service.run({ project }, person);
  if (!started.run) throw new Error("nothing to run");
  await until(() => existsSync(join(fixture.folder, "started")));
  const row = await fixture.service.cancel(project, "latest", person);
  expect(row).toMatchObject({ state: "cancelled", error: { code: "CAP-RUN-011" } });
  const steps = Object.fromEntries((await fixture.service.sql.stepRuns(row.id)).map((step) => [step.step, step.state]));
  expect(steps).toMatchObject({ prepare: "ran", train: "cancelled", evaluate: "notStarted" });
  fixture.put({ "train.sh": threeSteps["train.sh"] ?? "" });
  expect((await fixture.run()).states).toMatchObject({ prepare: "reused", train: "ran", evaluate: "ran" });
});

test("a host that goes away leaves its step running; the next one adopts it and starts nothing twice", async () => {
  fixture.put({
    ...threeSteps,
    "train.sh": `echo started >> ${fixture.folder}/started\nwhile [ ! -e ${fixture.folder}/go ]; do sleep 0.01; done\n${threeSteps["train.sh"]}`,
  });
  const first = fixture.anotherHost();
  const started = await first.run({ project }, person);
  if (!started.run) throw new Error("nothing to run");
  await until(() => existsSync(join(fixture.folder, "started")));
  // It forgets everything it knew, as after kill -9.
  await first.close();

  const next = fixture.anotherHost();
  expect((await next.adopt()).runs).toBe(1);
  const second = runOf(next, { project });
  fixture.put({ go: "" });
  const { states, row } = await second;
  expect(row).toMatchObject({ state: "passed", number: 2 });
  expect(states).toEqual({ prepare: "reused", train: "reused", evaluate: "ran", report: expect.stringMatching(/ran|reused/) });
  expect(fixture.text("started")).toBe("started\n");
  const before = await next.findRun(project, "run:1");
  expect(before.state).toBe("lost");
  expect((await next.sql.stepRuns(before.id)).find((step) => step.step === "train")).toMatchObject({ state: "ran" });
  expect(await next.adopt()).toEqual({ attempts: 0, runs: 0 });
});

test("an attempt whose processes are gone is lost, and started again by the next run", async () => {
  fixture.put({
    "capstan.yaml": one(
      "train",
      `if [ -e ${fixture.folder}/go ]; then echo x > x; else echo $PPID > ${fixture.folder}/pid.tmp; mv ${fixture.folder}/pid.tmp ${fixture.folder}/pid; sleep 60; fi`,
      "    out: x\n",
    ),
  });
  const first = fixture.anotherHost();
  await first.run({ project }, person);
  await until(() => existsSync(join(fixture.folder, "pid")));
  await first.close();
  process.kill(-Number(fixture.text("pid")), "SIGKILL");
  fixture.put({ go: "" });
  const next = fixture.anotherHost();
  await next.adopt();
  await next.adoptedSettled();
  expect((await next.sql.stepRuns((await next.findRun(project, "1")).id))[0]).toMatchObject({
    state: "lost",
    error: { code: "CAP-RUN-013" },
  });
  expect((await runOf(next, { project })).states).toEqual({ train: "ran" });
});

test("a host that was taken for dead can commit nothing any more", async () => {
  fixture.put({
    "capstan.yaml": one(
      "train",
      `touch ${fixture.folder}/started; while [ ! -e ${fixture.folder}/go ]; do sleep 0.01; done; echo x > x`,
      "    out: x\n",
    ),
  });
  const zombie = await fixture.service.run({ project }, person);
  await until(() => existsSync(join(fixture.folder, "started")));
  const next = fixture.anotherHost();
  await next.adopt();
  fixture.put({ go: "" });
  await next.adoptedSettled();
  if (zombie.run) await zombie.done;
  const results = await fixture.open.store.database.all("select state, token from attempt");
  expect(results).toEqual([{ state: "committed", token: 2 }]);
  expect(await fixture.open.store.database.all("select count(*) as n from action_result")).toEqual([{ n: 1 }]);
});

test("the step sees declared variables and its own, and nothing of the host's", async () => {
  const service = fixture.anotherHost({
    variables: { PATH: process.env["PATH"], HOME: fixture.folder, SECRET_KEY: "hunter2", OMP: "4", CAPSTAN_TOKEN: "t" },
    endpoint: () => "http://127.0.0.1:7070",
    tokens: { issue: async ({ run }) => `token-of-${run}`, revoke: async () => undefined },
  });
  fixture.put({
    "rows.txt": "1",
    "capstan.yaml": one(
      "train",
      'env | sort > x; cat "${in.rows}" >> x',
      "    in: {rows: rows.txt}\n    out: {seen: x}\n    env: {vars: [OMP, CAPSTAN_TOKEN], set: {GREETING: ahoy}}\n",
    ),
  });
  const { steps } = await runOf(service, { project });
  const seen = Object.fromEntries(
    fixture
      .text("x")
      .split("\n")
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );
  const run = steps["train"]?.run;
  expect(seen).toMatchObject({
    GREETING: "ahoy",
    OMP: "4",
    CAPSTAN_RUN: run,
    MLFLOW_TRACKING_URI: "http://127.0.0.1:7070",
    MLFLOW_EXPERIMENT_ID: "1",
    MLFLOW_TRACKING_TOKEN: `token-of-${run}`,
  });
  expect(
    Object.keys(seen)
      .filter((name) => name.startsWith("CAPSTAN_"))
      .sort(),
  ).toEqual(["CAPSTAN_IN_ROWS", "CAPSTAN_OUT_SEEN", "CAPSTAN_PARAMS", "CAPSTAN_RUN", "CAPSTAN_SPOOL"]);
  expect(seen["SECRET_KEY"]).toBeUndefined();
  expect(seen["MLFLOW_RUN_ID"]).toBeUndefined();
  const rows = JSON.stringify(await fixture.open.store.database.all("select * from attempt"));
  expect(rows).not.toContain("token-of");
  expect(rows).not.toContain("hunter2");
  expect(readdirSync(join(fixture.open.folder, "work"))).toEqual([]);
});

test("a result whose bytes the store has lost is made again, and kept", async () => {
  fixture.put({ "capstan.yaml": one("train", "echo same > x", "    out: x\n") });
  const first = await fixture.run();
  await fixture.open.store.blobs.delete(first.steps["train"]?.outputs[0]?.digest ?? "");
  rmSync(join(fixture.folder, "x"));
  const again = await fixture.run();
  expect(again.steps["train"]).toMatchObject({ state: "ran", reasons: [{ kind: "missing", text: "the store has lost what it made" }] });
  expect((await fixture.run()).row).toBeNull();
});

test("models are offered what they are made from: once per run, and also when nothing runs", async () => {
  const offers: string[] = [];
  const models: ModelSink = {
    offer: async (ask) => (
      offers.push(`${ask.model} ${ask.step.name} ${ask.params["kind"]} ${ask.output.digest}`),
      { version: 1, text: "kept" }
    ),
  };
  const service = fixture.anotherHost({ models });
  fixture.put({
    "params.yaml": "kind: a\n",
    "capstan.yaml": `${one("train", "cp params.yaml m", "    out: {model: m}\n    params: [kind]\n")}models: {late: {from: step:train.model}, byhand: {from: step:train.model, register: manual}}\n`,
  });
  await runOf(service, { project });
  await runOf(service, { project, set: ["kind=b"] });
  expect(await service.runOrReuse({ project, set: ["kind=b"] }, person)).toMatchObject({
    run: null,
    offered: [{ model: "late", version: 1 }],
  });
  expect(offers.map((offer) => offer.slice(0, 12))).toEqual(["late train a", "late train b", "late train b"]);
});

test("a suite that refuses stops what depends on the output", async () => {
  const asked: string[] = [];
  const suites: SuiteRunner = {
    run: async ({ suite, subject, against }) => (
      asked.push(`${suite} ${subject.ref} ${against?.ref}`),
      { verdict: suite === "bad" ? "fail" : "pass", text: "2 of 3 pass", run: null }
    ),
  };
  const service = fixture.anotherHost({ suites });
  fixture.put({
    ...threeSteps,
    "capstan.yaml": `${threeSteps["capstan.yaml"]}checks:\n  good: {for: step:prepare.train, tests: [{kind: row_count, min: 1}]}\n  bad: {for: step:train.model, against: step:prepare.train, tests: [{kind: row_count, min: 9}]}\n`,
  });
  const { states, row, events } = await runOf(service, { project });
  expect(states).toMatchObject({ prepare: "ran", train: "failed", evaluate: "notStarted" });
  expect(row?.error).toMatchObject({ code: "CAP-RUN-005", message: "step train is refused: suite bad fails, 2 of 3 pass" });
  expect(asked).toEqual(["good step:prepare.train undefined", "bad step:train.model step:prepare.train"]);
  expect(events.filter((event) => event.event === "suite.ended")).toHaveLength(2);
  expect(existsSync(join(fixture.folder, "work/model.txt"))).toBe(false);
});
