import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { makePlace, type Place, until } from "./testing/processes.ts";
import { makeProject, type TestProject } from "./testing/project.ts";

let project: TestProject | undefined;
let place: Place | undefined;
afterEach(async () => {
  await project?.close();
  await place?.close();
  project = place = undefined;
});
const made = (files: Record<string, string> = {}): TestProject => (project = makeProject(files));
const steps = (text: string): Record<string, string> => ({ "capstan.yaml": `capstan: 1\nproject: small\nsteps:\n${text}` });

test("flags that every verb takes may stand before it", async () => {
  const { capstan, folder } = made();
  expect(JSON.parse((await capstan("--json", "run", "--plan")).stdout)).toMatchObject({ project: "small" });
  expect(await capstan("-C", folder, "-q", "config", "check")).toMatchObject({ code: 0, stdout: "No problem found.\n" });
  expect(await capstan("--json", "nope")).toMatchObject({ code: 2, stdout: expect.stringContaining("CAP-USAGE-002") });
});

test("an empty capstan.yaml says what it lacks, and init writes into it, its comments kept", async () => {
  const { capstan, write, folder } = made({ "capstan.yaml": "# ours\n\n" });
  expect(await capstan("run")).toMatchObject({
    code: 0,
    stdout: "Nothing to run: capstan.yaml declares no steps.\n",
    stderr: expect.stringContaining("capstan init"),
  });
  expect((await capstan("init")).code).toBe(0);
  expect(readFileSync(join(folder, "capstan.yaml"), "utf8")).toMatch(/^# ours\n[\s\S]*steps:/);
  expect(await capstan("run", "--plan")).toMatchObject({ code: 0, stdout: expect.stringContaining("3 of 3 would run") });
  write("capstan.yaml", "project: small\n");
  expect(await capstan("init")).toMatchObject({ code: 5, stderr: expect.stringContaining("CAP-EXISTS-002") });
});

test("list takes a filter, an order and columns", async () => {
  const { capstan } = made(
    steps(
      ["one", "two"]
        .map((name, i) => `  ${name}:\n    run: 'echo "{\\"auc\\": 0.${i + 6}}" > ${name}.json'\n    out: {metrics: ${name}.json}\n`)
        .join(""),
    ),
  );
  expect((await capstan("run")).code).toBe(0);
  const rows = async (...words: string[]): Promise<string[]> =>
    (await capstan("list", "runs", ...words)).stdout.trimEnd().split("\n").slice(1);
  expect(await rows("kind = step", "--sort", "-metrics.auc", "--columns", "step,metrics.auc")).toEqual(["two   0.7", "one   0.6"]);
  expect(await rows("metrics.auc < 65%", "--columns", "step")).toEqual(["one"]);
  expect(await rows("kind = step OR kind = pipeline", "--limit", "2", "--columns", "kind")).toHaveLength(2);
  expect(JSON.parse((await capstan("list", "runs", "step = two", "--json")).stdout).runs).toMatchObject([{ step: "two" }]);
  expect(await capstan("list", "runs", "kind = (")).toMatchObject({ code: 2, stderr: expect.stringMatching(/character 8/) });
});

test("status of one model that there is not says so", async () => {
  const { capstan } = made(steps("  a:\n    run: echo 1 > a.csv\n    out: a.csv\n"));
  await capstan("run");
  expect(await capstan("status", "nope")).toMatchObject({ code: 5, stderr: expect.stringContaining("there is no model nope") });
});

test("compare of runs shows what differs; of one run, against the one before", async () => {
  const { capstan, write } = made({
    ...steps(
      "  train:\n    run: node train.mjs\n    params: [train]\n    out: {model: model.txt, metrics: m.json}\n  other:\n    run: echo 1 > other.csv\n    out: other.csv\n",
    ),
    "params.yaml": "train: {rate: 0.5, depth: 3}\n",
    "train.mjs": `import { readFileSync, writeFileSync } from "node:fs";
const { train } = JSON.parse(readFileSync(process.env.CAPSTAN_PARAMS, "utf8"));
writeFileSync("model.txt", JSON.stringify(train));
writeFileSync("m.json", JSON.stringify({ auc: train.rate }));
`,
  });
  await capstan("run");
  expect(await capstan("compare", "run:1")).toMatchObject({ code: 5, stderr: expect.stringContaining("CAP-NOT-FOUND-001") });
  write("params.yaml", "train: {rate: 0.7, depth: 3}\n");
  await capstan("run");
  const { subjects, rows } = JSON.parse((await capstan("compare", "run:2", "--json")).stdout);
  expect(subjects).toMatchObject([{ ref: "run:1" }, { ref: "run:2" }]);
  expect(rows).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ part: "metrics", key: "auc", values: [0.5, 0.7], differs: true, better: "higher" }),
      expect.objectContaining({ part: "params", key: "train.rate", values: [0.5, 0.7], differs: true }),
      expect.objectContaining({ part: "params", key: "train.depth", values: [3, 3], differs: false }),
      expect.objectContaining({ part: "outputs", key: "other.csv", differs: false }),
    ]),
  );
  const said = await capstan("compare", "run:1", "run:2");
  expect(said.stdout).toMatch(/^auc +0\.5000 +0\.7000 +\+0\.2000 {2}✓ better$/m);
  expect(said.stdout).toMatch(/^train\.rate +0\.5000 +0\.7000$/m);
  expect(said.stdout).not.toContain("depth");
  expect((await capstan("compare", "run:2", "run:1", "--markdown")).stdout).toContain("| auc | 0.7000 | 0.5000 | −0.2000  ▲ worse |");
  expect((await capstan("compare", "run:1/train", "run:2/train", "--all")).stdout).toMatch(/^train\.depth/m);
  expect(await capstan("compare", "run:2/nope")).toMatchObject({ code: 5 });
});

test("run -- CMD is one tracked run: what it wrote, logged and how it ended", async () => {
  place = await makePlace({
    files: {
      "explore.mjs": `import { startRun } from "@capstan/client";
const run = await startRun({ name: "inner" });
run.logMetric("auc", 0.7);
console.log("found", process.argv[2], process.env.CAPSTAN_TOKEN ?? "no token");
console.error("a warning");
process.exitCode = Number(process.argv[3] ?? 0);
`,
    },
    environment: { CAPSTAN_TOKEN: "cap_not_for_commands" },
  });
  const done = await place.run("run", "-m", "a first look", "--", process.execPath, "explore.mjs", "two words");
  expect([done.code, done.stdout]).toEqual([0, "found two words no token\n"]);
  expect(done.stderr).toMatch(/a warning\n/);
  const { runs } = JSON.parse((await place.run("list", "runs", "--json")).stdout);
  const outer = runs.find((run: { name: string }) => run.name.includes("explore.mjs"));
  expect(outer).toMatchObject({ kind: "user", status: "FINISHED", verdict: "pass", seal: expect.stringMatching(/^[0-9a-f]{64}$/) });
  // It was left open by its script, and ended with it.
  expect(runs.find((run: { name: string }) => run.name === "inner")).toMatchObject({
    parent: outer.id,
    status: "FINISHED",
    metrics: { auc: 0.7 },
  });
  const shown = JSON.parse((await place.run("show", outer.id, "--json")).stdout);
  expect(shown).toMatchObject({
    environment: { command: expect.stringMatching(/explore\.mjs 'two words'$/) },
    tags: { "mlflow.note.content": "a first look" },
    resources: { wallSeconds: expect.any(Number), cpuSeconds: expect.any(Number) },
  });
  const log = await place.run("log", outer.id.slice(0, 12));
  expect(log.stdout.trimEnd().split("\n").toSorted()).toEqual(["a warning", "found two words no token"]);

  const failed = await place.run("run", "--", process.execPath, "explore.mjs", "x", "3");
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/CAP-RUN-018 {2}the command ended with exit code 3/)]);
  const events = (await place.run("run", "--json", "--", "no-such-program")).stdout.trimEnd().split("\n");
  expect(events.map((line) => JSON.parse(line))).toMatchObject([{ event: "run.started" }, { event: "result", verdict: "fail", code: 127 }]);
  for (const words of [
    ["run", "--"],
    ["run", "--locked", "--", "true"],
    ["run", "a", "--", "true"],
  ])
    expect(await place.run(...words)).toMatchObject({ code: 2, stderr: expect.stringContaining("CAP-USAGE-001") });
});

test("Ctrl-C ends a command and its run", async () => {
  place = await makePlace();
  const here = join(place.root, "here");
  const run = place.start("run", "--", "sh", "-c", `echo $$ > ${here}; exec sleep 60`);
  await until("the command runs", () => existsSync(here));
  run.kill("SIGINT");
  expect((await run.ended).code).toBe(130);
  expect(place.query("select status, verdict from run")).toEqual([{ status: "KILLED", verdict: "error" }]);
});

test("a token is not made for a project that there is not", async () => {
  const { capstan } = made();
  const refused = await capstan("admin", "token", "ci", "--role", "viewer", "--only", "smal");
  expect(refused).toMatchObject({ code: 5, stdout: "", stderr: expect.stringContaining("there is no project smal") });
  expect(await capstan("admin", "token", "ci", "--role", "viewer", "--only", "small")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^cap_/),
  });
});

test("a second Ctrl-C ends at once a step that wants none", { timeout: 30_000 }, async () => {
  place = await makePlace({
    files: {
      "capstan.yaml":
        "capstan: 1\nproject: small\nsteps:\n  a:\n    run: 'trap \"\" TERM INT; echo $$ > $HOME/here; while :; do sleep 0.1; done'\n    out: a.csv\n",
    },
  });
  const here = join(place.root, "here");
  const run = place.start("run");
  const step = await until("the step runs", () => existsSync(here) && Number(readFileSync(here, "utf8")));
  run.kill("SIGINT");
  await until("it says that it ends", () => run.said().includes("ending"));
  const began = performance.now();
  run.kill("SIGINT");
  const ended = await run.ended;
  expect([ended.code, performance.now() - began < 8000]).toEqual([130, true]);
  // Gone, or dead and not yet fetched by its parent.
  await until("the step is dead", () => !existsSync(`/proc/${step}/stat`) || / Z /.test(readFileSync(`/proc/${step}/stat`, "utf8")), 5000);
  expect(await place.run("run", "--plan")).toMatchObject({ code: 0 });
  expect(place.query("select state from pipeline_run")).toEqual([{ state: "cancelled" }]);
});

test("users, groups and their roles, and a token that is somebody's", async () => {
  const { capstan } = made();
  const ok = async (...words: string[]): Promise<string> => {
    const ended = await capstan("admin", ...words);
    expect([words, ended.code, ended.code === 0 ? "" : ended.stderr]).toEqual([words, 0, ""]);
    return ended.stdout;
  };
  await ok("user", "add", "ines", "--title", "Ines Duarte");
  await ok("group", "add", "crew");
  await ok("group", "join", "crew", "ines");
  await ok("group", "role", "crew", "--role", "operator");
  await ok("user", "role", "ines", "--role", "reviewer", "--only", "small");
  expect(await ok("user", "role", "ines", "--role", "reviewer", "--only", "small")).toContain("as before");
  expect(await ok("token", "laptop", "--user", "ines")).toMatch(/^cap_/);
  expect(await ok("user", "list")).toMatch(/^ines +person +reviewer in small +group crew +1 token +Ines Duarte$/m);
  expect(await ok("group", "list")).toMatch(/^crew +operator +ines$/m);
  await ok("user", "role", "ines", "--role", "reviewer", "--only", "small", "--off");
  await ok("group", "leave", "crew", "ines");
  await ok("user", "end", "ines");
  expect(await ok("token", "list")).toMatch(/laptop +ines +all of its own +revoked/);
  expect(await capstan("admin", "user", "role", "nobody", "--role", "viewer")).toMatchObject({ code: 5 });
  expect(await capstan("admin", "token", "x")).toMatchObject({ code: 2 });
});
