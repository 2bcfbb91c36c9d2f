import { copyFileSync, existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Command, makePlace, type Place, until } from "./testing/processes.ts";

/** Three steps in a row; the second waits for the gate `work`. */
const files = {
  "capstan.yaml": `capstan: 1
project: small
steps:
  first: { run: node first.mjs, out: first.txt }
  work: { run: node work.mjs, in: { first: step:first.first }, out: work.txt }
  last: { run: node last.mjs, in: { work: step:work.work }, out: last.txt }
`,
  "first.mjs": `import { writeFileSync } from "node:fs";\nimport { note } from "./held.mjs";\nnote("first");\nwriteFileSync("first.txt", "1");\n`,
  "work.mjs": `import { writeFileSync } from "node:fs";\nimport { note, pass } from "./held.mjs";\nnote("work");\nawait pass("work");\nwriteFileSync("work.txt", "2");\n`,
  "last.mjs": `import { writeFileSync } from "node:fs";\nimport { note } from "./held.mjs";\nnote("last");\nwriteFileSync("last.txt", "3");\n`,
};

let place: Place;
afterEach(() => place.close());

const noted = (line: string): Promise<true> => until(`a step noted ${line}`, () => place.noted().includes(line) || undefined);
const hostIs = (command: Command): Promise<true> => until("it is the host", () => place.host()?.pid === command.pid || undefined);
const serving = (command: Command) => command.document("it serves", (one) => one.event === "ready");
const result = (command: Command) => command.document("its result", (one) => one.event === "result");

/** How many points and which params a run has by its name, as the program itself tells. */
async function logged(name: string, key: string): Promise<unknown> {
  const id = String(place.query("select id from run where name = ?", name)[0]?.["id"]);
  const ask = async (...words: string[]) => JSON.parse((await place.run("api", ...words, "--json")).stdout);
  const run = await ask("runs.get", `run=${id}`);
  return { points: (await ask("runs.series", `run=${id}`, `key=${key}`)).series[0]?.points, params: run.params, status: run.status };
}

test("a command finds the host and works through it", async () => {
  place = await makePlace({ files });
  const server = place.start("server", "--json");
  expect((await serving(server)).url).toBe(`http://127.0.0.1:${place.port}`);
  place.open("work");
  const run = place.start("run", "--json");
  expect(await run.ended).toMatchObject({ code: 0 });
  expect(await result(run)).toMatchObject({ ran: 3, verdict: "pass" });
  expect((await place.run("status")).stdout).toContain("nothing to run");
  expect(place.host()).toMatchObject({ pid: server.pid, port: place.port });
  const second = await place.run("server");
  expect([second.code, second.stderr]).toEqual([5, expect.stringContaining("CAP-SERVER-002")]);
});

test("a server whose loopback is open says so in the record", async () => {
  place = await makePlace({ files });
  const server = place.start("server", "--loopback", "open", "--json");
  await serving(server);
  expect(server.said()).toContain("every program of this machine");
  expect(place.query("select count(*) as n from entry where action = 'access.loopback_opened'")).toEqual([{ n: 1 }]);
});

test("a copy of a store is not the store: its commands do not ask the original's host", async () => {
  place = await makePlace({ files });
  const server = place.start("server", "--json");
  await serving(server);
  place.open("work");
  const copy = await makePlace({ files });
  try {
    copyFileSync(join(place.storeFolder, "host.json"), join(copy.storeFolder, "host.json"));
    copy.open("work");
    expect(await copy.run("run")).toMatchObject({ code: 0 });
    expect(copy.noted()).toEqual(["first", "work", "last"]);
    expect(place.noted()).toEqual([]);
  } finally {
    await copy.close();
  }
});

test("two runs at once: one runs, the other is told which, and nothing is lost", async () => {
  place = await makePlace({ files });
  const both = [place.start("run"), place.start("run")];
  const refused = await Promise.race(both.map((one) => one.ended));
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringMatching(/CAP-RUN-009 {2}run:\d works in this folder \(.+\)/)]);
  place.open("work");
  const ends = await Promise.all(both.map((one) => one.ended));
  expect(ends.map((one) => one.code).toSorted()).toEqual([0, 5]);
  expect(place.noted()).toEqual(["first", "work", "last"]);
  expect(await place.run("run")).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing to run") });
});

test.each(["SIGKILL", "SIGTERM"] as const)(
  "when the host ends by %s, the command that works through it takes over and goes on",
  async (signal) => {
    place = await makePlace({ files });
    const server = place.start("server", "--json");
    await serving(server);
    const run = place.start("run", "--json");
    await noted("work");
    const began = performance.now();
    server.kill(signal);
    await hostIs(run);
    console.log(`${signal}: taken over after ${Math.round(performance.now() - began)} ms`);
    expect(await server.ended).toMatchObject(signal === "SIGKILL" ? { signal } : { code: 0 });
    expect(place.host()).toMatchObject({ port: place.port });
    // The one that took over is found by others, too.
    expect(await place.run("run")).toMatchObject({ code: 5, stderr: expect.stringContaining("CAP-RUN-009") });
    place.open("work");
    const ended = await run.ended;
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining("the host of run:1 ended; run:2 goes on with it")]);
    expect(await result(run)).toMatchObject({ run: "run:2", verdict: "pass", ran: 1, reused: 2, lockWritten: true });
    expect(place.noted()).toEqual(["first", "work", "last"]);
    expect(place.query("select number, state from pipeline_run order by number")).toEqual([
      { number: 1, state: "lost" },
      { number: 2, state: "passed" },
    ]);
    expect(place.query("select step, number from action_result order by step")).toMatchObject([
      { step: "first" },
      { step: "last" },
      { step: "work" },
    ]);
    expect(await place.run("verify")).toMatchObject({ code: 0 });
  },
);

test("a forced run that loses its host forces only what is left", async () => {
  place = await makePlace({ files });
  place.open("work");
  await place.run("run");
  const server = place.start("server", "--json");
  await serving(server);
  const run = place.start("run", "--force", "--json");
  // The gate is open: the host is stopped while the last step is still to come.
  await run.document("work was run again", (one) => one.event === "step.ended" && one.step === "work");
  server.kill("SIGKILL");
  expect(await run.ended).toMatchObject({ code: 0 });
  expect(place.noted().slice(0, 5)).toEqual(["first", "work", "last", "first", "work"]);
  expect(place.noted().slice(5)).toEqual(["last"]);
});

test("a command that only reads goes on without a host", async () => {
  place = await makePlace({ files });
  const server = place.start("server", "--json");
  await serving(server);
  const run = place.start("run", "--json");
  await noted("work");
  const log = place.start("log", "work", "--follow", "--json");
  await place.run("status");
  run.kill("SIGKILL");
  server.kill("SIGKILL");
  await server.ended;
  expect((await place.run("status", "--json")).code).toBe(0);
  place.open("work");
  // Nobody adopts it before the next command that writes; then the log ends, too.
  expect(await place.run("run")).toMatchObject({ code: 0 });
  expect(await log.ended).toMatchObject({ code: 0 });
  expect(place.noted()).toEqual(["first", "work", "last"]);
});

test("the step of a killed host is adopted by the next command: committed once, with all it logged", async () => {
  place = await makePlace({
    files: {
      "capstan.yaml": "capstan: 1\nproject: small\nsteps:\n  work: { run: node work.mjs, out: work.txt }\n",
      "work.mjs": `import { writeFileSync } from "node:fs";
import { startRun } from "@capstan/client";
import { note, pass } from "./held.mjs";
note("work");
const run = await startRun({ name: "curve" });
run.logParams({ seed: 7 });
for (let step = 0; step < 5000; step++) run.logMetric("loss", step / 2, step);
note("half");
await pass("work");
for (let step = 5000; step < 10000; step++) run.logMetric("loss", step / 2, step);
note("all");
await run.end();
note("ended");
writeFileSync("work.txt", "done");
`,
    },
  });
  const first = place.start("run", "--json");
  await noted("half");
  first.kill("SIGKILL");
  await first.ended;
  place.open("work");
  await noted("all");
  const began = performance.now();
  const next = place.start("run", "--json");
  await noted("ended");
  expect(await next.ended).toMatchObject({ code: 0 });
  console.log(`adopted and ended after ${Math.round(performance.now() - began)} ms`);
  expect(await result(next)).toMatchObject({ verdict: "pass", ran: 0, reused: 1 });
  expect(place.noted()).toEqual(["work", "half", "all", "ended"]);
  expect(place.host()).toMatchObject({ port: place.port });
  expect(place.query("select state, token from attempt")).toEqual([{ state: "committed", token: 2 }]);
  expect(place.query("select count(*) as results from action_result")).toEqual([{ results: 1 }]);
  expect(await logged("curve", "loss")).toEqual({ points: 10_000, params: { seed: "7" }, status: "FINISHED" });
});

test("a step whose host stays away ends without one; what it logged meanwhile is there once it is adopted", async () => {
  place = await makePlace({
    files: {
      "capstan.yaml": `capstan: 1
project: small
steps:
  work: { run: node work.mjs, out: { result: work.txt, metrics: metrics.json } }
`,
      "work.mjs": `import { writeFileSync } from "node:fs";
import { startRun } from "@capstan/client";
import { note, pass } from "./held.mjs";
const patienceMs = 200;
const run = await startRun({ name: "curve", patienceMs });
run.setTags({ phase: "warm" });
for (let step = 0; step < 5000; step++) run.logMetric("loss", step / 2, step);
note("half");
await pass("work");
for (let step = 5000; step < 10000; step++) run.logMetric("loss", step / 2, step);
run.logParams({ seed: 7 });
run.setTags({ phase: "done" });
writeFileSync("metrics.json", JSON.stringify({ auc: 0.75 }));
await run.logArtifact("metrics.json", "report/a b.json");
await run.end();
const late = await startRun({ name: "late", patienceMs });
late.logMetric("loss", 1, 1);
await late.end();
const open = await startRun({ name: "open", patienceMs });
open.logMetric("loss", 2, 2);
open.logMetric("a//b", 1);
await open.end("FAILED");
writeFileSync("work.txt", "done");
note("ended");
`,
    },
  });
  const first = place.start("run", "--json");
  await noted("half");
  first.kill("SIGKILL");
  await first.ended;
  place.open("work");
  await noted("ended");
  const next = place.start("run", "--json");
  expect(await next.ended).toMatchObject({ code: 0 });
  expect(await result(next)).toMatchObject({ verdict: "pass", ran: 0, reused: 1 });
  expect(await logged("curve", "loss")).toEqual({ points: 10_000, params: { seed: "7" }, status: "FINISHED" });
  expect(await logged("late", "loss")).toEqual({ points: 1, params: {}, status: "FINISHED" });
  expect(await logged("open", "loss")).toMatchObject({ status: "FAILED" });
  expect(place.query("select value from tag where key = 'phase'")).toEqual([{ value: "done" }]);
  expect(place.query("select path, size_bytes from artifact where path like 'report%'")).toEqual([
    { path: "report/a b.json", size_bytes: 12 },
  ]);
  expect(place.query("select m.value from metric_latest m join run r on r.id = m.run_id where r.kind = 'step'")).toEqual([{ value: 0.75 }]);
  expect(place.query("select count(*) as children from run where kind = 'user'")).toEqual([{ children: 3 }]);
  // What the host would not take is said with the step, not swallowed.
  expect(String(place.query("select note from step_run where note is not null")[0]?.["note"])).toContain("a//b");
  expect(await place.run("verify")).toMatchObject({ code: 0 });
});

describe("the port", () => {
  const occupied = async (port: number): Promise<Server> => {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
    return server;
  };

  test("that is named and taken is refused; nothing is left open", async () => {
    place = await makePlace();
    const other = await occupied(place.port);
    const refused = await place.run("server", "--port", String(place.port));
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringMatching(new RegExp(`CAP-SERVER-001 {2}port ${place.port} is taken`))]);
    expect(place.host()?.pid).toBeUndefined();
    other.close();
    const server = place.start("server", "--port", String(place.port), "--json");
    await serving(server);
  });

  test("of an address that this machine has not is said in its own words", async () => {
    place = await makePlace();
    const refused = await place.run("server", "--host", "192.0.2.1");
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining("CAP-SERVER-004")]);
  });

  test("that was kept and is taken gives way to the next, which is said and kept", async () => {
    place = await makePlace();
    const other = await occupied(place.port);
    const server = place.start("server");
    await until("it serves", () => server.said().includes("Ctrl-C stops"));
    const port = place.host()?.port ?? 0;
    expect(port).toBeGreaterThan(place.port);
    expect(server.said()).toContain(`port ${place.port} is taken by another program`);
    expect(server.said()).toContain(`http://127.0.0.1:${port}`);
    other.close();
    server.kill("SIGTERM");
    await server.ended;
    const again = place.start("server", "--json");
    expect((await serving(again)).url).toBe(`http://127.0.0.1:${port}`);
  });
});

describe("signals", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends a run and its steps, keeps what is finished, and says so", async (signal, code) => {
    place = await makePlace({ files });
    const run = place.start("run");
    await noted("work");
    run.kill(signal);
    const ended = await run.ended;
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining("CAP-RUN-011")]);
    expect(place.host()?.pid).toBeUndefined();
    expect(place.query("select step, state from step_run order by place")).toEqual([
      { step: "first", state: "ran" },
      { step: "work", state: "cancelled" },
      { step: "last", state: "notStarted" },
    ]);
    place.open("work");
    expect(await place.run("run")).toMatchObject({ code: 0 });
    expect(place.noted()).toEqual(["first", "work", "work", "last"]);
  });

  test("one that comes before the run has begun ends it, too", async () => {
    place = await makePlace({ files });
    const run = place.start("run");
    await until("it opens the store", () => existsSync(join(place.storeFolder, "capstan.db")));
    run.kill("SIGINT");
    expect(await run.ended).toMatchObject({ code: 130 });
    expect(place.noted()).not.toContain("last");
  });

  const tidying = `process.on("SIGTERM", async () => { note("asked to end"); await pass("tidied"); note("tidied"); process.exit(1); });\n${files["work.mjs"]}`;
  test("a step that is asked to end has time to tidy up", async () => {
    place = await makePlace({ files: { ...files, "work.mjs": tidying } });
    const run = place.start("run");
    await noted("work");
    run.kill("SIGINT");
    await noted("asked to end");
    place.open("tidied");
    expect(await run.ended).toMatchObject({ code: 130 });
    expect(place.noted()).toEqual(["first", "work", "asked to end", "tidied"]);
  });

  test("a second one ends its step at once, too; the next begins it anew", async () => {
    place = await makePlace({ files: { ...files, "work.mjs": tidying } });
    const run = place.start("run");
    await noted("work");
    run.kill("SIGINT");
    await noted("asked to end");
    run.kill("SIGINT");
    expect(await run.ended).toMatchObject({ code: 130 });
    place.open("work");
    expect(await place.run("run")).toMatchObject({ code: 0 });
    expect(place.noted()).toEqual(["first", "work", "asked to end", "work", "last"]);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s closes a server: exit 0, nothing left behind", async (signal) => {
    place = await makePlace();
    const server = place.start("server", "--json");
    await serving(server);
    server.kill(signal);
    expect(await server.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining("error") });
    expect(place.host()).toMatchObject({ port: place.port });
    expect(place.host()?.pid).toBeUndefined();
  });
});
