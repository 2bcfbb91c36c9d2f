import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { type Document, makePlace, type Place, until } from "./testing/processes.ts";

const files = {
  "capstan.yaml": `capstan: 1
project: small
steps:
  a: { run: node step.mjs a, out: a.txt }
  b: { run: node step.mjs b, in: { a: step:a.a }, out: b.txt }
  c: { run: node step.mjs c, in: { a: step:a.a }, out: c.txt }
  d: { run: node step.mjs d, in: { b: step:b.b, c: step:c.c }, out: d.txt }
`,
  "step.mjs": `import { writeFileSync } from "node:fs";
import { startRun } from "@capstan/client";
import { note } from "./held.mjs";
const [name] = process.argv.slice(2);
note(name);
const run = await startRun({ name: "curve-" + name });
for (let step = 0; step < 1500; step++) run.logMetric("loss", 1 / (step + 1), step);
await run.end();
writeFileSync(name + ".txt", name);
`,
};
const steps = ["a", "b", "c", "d"];

let place: Place;
afterEach(() => place.close());

/** Every result once, everything logged, and a record that proves. */
async function expectWhole(): Promise<void> {
  expect(place.query("select step, count(*) as n from action_result group by step order by step")).toEqual(
    steps.map((step) => ({ step, n: 1 })),
  );
  // A run that was killed between its last result and its own end is lost, and leaves nothing to run.
  expect(["passed", "lost"]).toContain(place.query("select state from pipeline_run order by number desc limit 1")[0]?.["state"]);
  expect(place.query("select count(*) as n from run where status in ('RUNNING', 'SCHEDULED')")).toEqual([{ n: 0 }]);
  for (const step of steps) {
    expect(readFileSync(join(place.folder, `${step}.txt`), "utf8")).toBe(step);
    const [kept] = place.query("select step_run from action_result where step = ?", step);
    const [curve] = place.query("select id from run where parent_id = ? and name = ?", String(kept?.["step_run"]), `curve-${step}`);
    const { series } = JSON.parse(
      (await place.run("api", "runs.series", `run=${String(curve?.["id"])}`, "key=loss", "--json")).stdout,
    ) as Document;
    expect([step, series[0].points]).toEqual([step, 1500]);
  }
  const proof = await place.run("verify");
  expect([proof.code, proof.stdout]).toEqual([0, expect.anything()]);
  expect(await place.run("run")).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing to run") });
}

test("killed at each thing it says, the next run goes on: each step is executed and committed once", async () => {
  place = await makePlace({ files });
  let kills = 0;
  for (let finished = false; !finished;) {
    const run = place.start("run", "--json");
    // The first event of each start is said again by each: what comes after it is new.
    const seen = 1 + kills;
    await until(
      "it says more, or ends",
      () => run.documents().filter((one) => one.event !== "step.progress").length >= Math.min(seen, 6) || !run.running,
    );
    if (run.running && kills < 8) {
      run.kill("SIGKILL");
      kills++;
    }
    const ended = await run.ended;
    finished = ended.code === 0;
    if (!finished && ended.signal === null) throw new Error(ended.stderr);
  }
  expect(kills).toBeGreaterThan(3);
  expect(place.noted().toSorted()).toEqual(steps);
  await expectWhole();
});

/** Moments inside a host's start and work that say nothing: a seeded spread of them. */
test("killed at any moment, nothing is lost and nothing is committed twice", async () => {
  place = await makePlace({ files });
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  let kills = 0;
  for (; kills < 12; kills++) {
    const run = place.start("run");
    await Promise.race([run.ended, new Promise((resolve) => setTimeout(resolve, 200 + random() * 1500))]);
    run.kill("SIGKILL");
    const ended = await run.ended;
    if (ended.signal === null && ended.code !== 0) throw new Error(ended.stderr);
  }
  const last = await place.run("run");
  expect([last.code, last.stderr]).toEqual([0, expect.anything()]);
  await expectWhole();
  expect(place.query("select distinct state from attempt where state = 'running'")).toEqual([]);
});

test("a job of a killed host is done by the next one at once, and once", async () => {
  place = await makePlace({
    files: {
      "capstan.yaml": "capstan: 1\nproject: small\nsteps:\n  work: { run: node work.mjs, out: work.txt }\n",
      "work.mjs": `import { writeFileSync } from "node:fs";\nimport { note, pass } from "./held.mjs";\nnote("work");\nawait pass("work");\nwriteFileSync("work.txt", "1");\n`,
    },
  });
  const ready = (server: ReturnType<Place["start"]>): Promise<Document> => server.document("it serves", (one) => one.event === "ready");
  const first = place.start("server", "--json");
  await ready(first);
  first.kill("SIGTERM");
  await first.ended;
  const database = new DatabaseSync(join(place.storeFolder, "capstan.db"));
  database
    .prepare(
      "insert into job (id, project, kind, payload, state, due_ms, attempts, max_attempts, lease_ms, fence, created_ms) values ('J1', 'small', 'trigger.run', ?, 'waiting', 0, 0, 3, 0, 0, 0)",
    )
    .run(JSON.stringify({ trigger: "late", incident: "I-1", set: [] }));
  database.close();

  const job = () => place.query("select state, attempts, error from job")[0];
  const second = place.start("server", "--json");
  await until("its step runs", () => place.noted().includes("work"));
  expect(job()).toMatchObject({ state: "running", attempts: 1 });
  second.kill("SIGKILL");
  await second.ended;
  expect(job()).toMatchObject({ state: "running", attempts: 1 });

  const third = place.start("server", "--json");
  await until("the next host does it again", () => job()?.["attempts"] === 2);
  // A host that ends in good order gives its job back, uncounted.
  third.kill("SIGTERM");
  expect(await third.ended).toMatchObject({ code: 0 });
  expect(job()).toMatchObject({ state: "waiting", attempts: 1 });

  place.start("server", "--json");
  await until("a third host does it", () => job()?.["state"] === "running");
  place.open("work");
  await until("it is done", () => job()?.["state"] === "done");
  expect(place.noted()).toEqual(["work"]);
  expect(job()).toMatchObject({ attempts: 2, error: null });
  expect(place.query("select state from pipeline_run order by number").map((one) => one["state"])).toEqual(["lost", "lost", "passed"]);
});
