import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openPipelineFixture, person, type PipelineFixture, project, runOf, threeSteps } from "../../testing/pipeline.ts";

let fixture: PipelineFixture;
beforeEach(async () => {
  fixture = await openPipelineFixture();
  fixture.put({
    ...threeSteps,
    "parts/b.txt": "2\n",
    "parts/a.txt": "1\n",
    "capstan.yaml": `${threeSteps["capstan.yaml"] ?? ""}  join:
    run: cat $CAPSTAN_IN_PARTS/*.txt > \${out.all}; node note.js >> \${out.all}
    in: {parts: parts/*.txt}
    out: {all: work/all.txt}
    code: [note.js]
`,
    "package.json": `{"type": "module"}`,
    "note.js": `import { readFileSync } from "node:fs";\nconsole.log(JSON.parse(readFileSync("package.json", "utf8")).type);\n`,
  });
});
afterEach(() => fixture.close());

const digests = (steps: Awaited<ReturnType<PipelineFixture["run"]>>["steps"]) =>
  Object.values(steps).flatMap((step) => step.outputs.map((output) => [output.path, output.digest]));

test("a run is rebuilt from what it recorded, whatever the folder says now", async () => {
  const first = await fixture.run();
  expect(first.row?.state).toBe("passed");
  fixture.put({
    "capstan.yaml": "project: flights\nsteps:\n  other: {run: echo 1 > x, out: x}\n",
    "train.sh": "echo other > work/model.txt\n",
    "lib.sh": "exit 3\n",
    "params.yaml": "window: 1\n",
    "data/rows.txt": "z\n",
    "parts/b.txt": "9\n",
    "parts/c.txt": "9\n",
    "package.json": "{}",
    "note.js": "process.exit(4)",
  });
  await rm(join(fixture.folder, "work"), { recursive: true });
  const again = await runOf(fixture.service, { project, as: "run:1" });
  expect(again.row).toMatchObject({ state: "passed", number: 2, plain: false, choice: { as: first.row?.id } });
  expect(again.states).toEqual({ prepare: "ran", train: "ran", evaluate: "ran", report: "ran", join: "ran" });
  expect(digests(again.steps).toSorted()).toEqual(digests(first.steps).toSorted());
  // Neither the folder nor the lock follow a rebuilding.
  expect(fixture.text("train.sh")).toBe("echo other > work/model.txt\n");
  expect(() => fixture.text("work/model.txt")).toThrow("ENOENT");
  expect(fixture.text("capstan.lock")).toContain("join");
  expect(again.events.find((event) => event.event === "step.started")).toMatchObject({ reason: "rebuilds run:1" });
});

test("a rebuilding of a rebuilding is one, too", async () => {
  const first = await fixture.run();
  await runOf(fixture.service, { project, as: "1" });
  const third = await runOf(fixture.service, { project, as: "2" });
  expect(digests(third.steps).toSorted()).toEqual(digests(first.steps).toSorted());
});

test("what surrounds it otherwise than then is said", async () => {
  fixture.put({ "package-lock.json": `{"a": 1}` });
  await fixture.run();
  const same = await fixture.service.run({ project, as: "1" }, person);
  expect(same).toMatchObject({ differs: [] });
  if (same.run) await same.done;
  fixture.put({ "package-lock.json": `{"a": 2}` });
  const other = await fixture.service.run({ project, as: "1" }, person);
  expect(other).toMatchObject({ differs: [expect.stringMatching(/^package-lock.json was [0-9a-f]{12}, is [0-9a-f]{12}$/)] });
  if (other.run) await other.done;
});

test("code that the store has no more is named, and nothing is begun", async () => {
  const first = await fixture.run();
  const code = first.steps["train"]?.facts?.code.find((one) => one.path === "lib.sh");
  await fixture.open.store.blobs.delete(code?.digest ?? "");
  await expect(fixture.service.run({ project, as: "1" }, person)).rejects.toMatchObject({
    code: "CAP-RUN-016",
    message: expect.stringContaining("lib.sh of step train"),
  });
  expect(await fixture.service.sql.lastRun(project)).toMatchObject({ number: 1 });
});
