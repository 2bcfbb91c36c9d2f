import { afterEach, expect, test } from "vitest";
import { makePlace, type Place, until } from "./testing/processes.ts";

let place: Place;
afterEach(() => place.close());

const yaml = (schedule: string): string => `capstan: 1
project: small
params: { at: never }
steps:
  work: { run: node work.mjs, params: [at], out: work.txt }
triggers:
  often: { when: { schedule: "${schedule}" }, run: work, set: { at: "\${event.time}" } }
`;
const files = {
  "capstan.yaml": yaml("* * * * * *"),
  "work.mjs": `import { readFileSync, writeFileSync } from "node:fs";\nimport { note } from "./held.mjs";\nconst { at } = JSON.parse(readFileSync(process.env.CAPSTAN_PARAMS, "utf8"));\nnote(at);\nwriteFileSync("work.txt", at);\n`,
};

test("a schedule runs its steps at its times, also after a kill; what the file says no more is not done", async () => {
  place = await makePlace({ files });
  const server = place.start("server", "--json");
  await until("it ran twice", () => place.noted().length >= 2);
  server.kill("SIGKILL");
  await server.ended;
  const [first, second] = place.noted().map((at) => Date.parse(at));
  expect(second).toBeGreaterThan(first ?? Number.NaN);
  expect(place.query("select distinct subject_id as name from entry where action = 'trigger.fired'")).toEqual([{ name: "often" }]);
  // Every run says which entry led to it.
  const runs = place.query("select because from pipeline_run where state = 'passed'");
  expect(runs.length).toBeGreaterThan(0);
  expect(runs.every((run) => typeof run["because"] === "string")).toBe(true);

  const before = place.query("select count(*) as n from job where kind = 'trigger.scheduled' and state in ('waiting', 'running')");
  expect(before).toEqual([{ n: 1 }]);
  place.write("capstan.yaml", yaml("0 0 1 1 *"));
  const again = place.start("server", "--json");
  await until(
    "what was left is settled, and the next time is planned",
    () =>
      place.query(
        "select count(*) as n from job where kind = 'trigger.scheduled' and state = 'waiting' and due_ms > ?",
        Date.now() + 60_000,
      )[0]?.["n"] === 1 &&
      place.query("select count(*) as n from job where kind = 'trigger.scheduled' and state in ('waiting', 'running')")[0]?.["n"] === 1,
  );
  again.kill("SIGTERM");
  expect(await again.ended).toMatchObject({ code: 0 });
});

test.each([
  ['{ schedule: "61 * * * *" }', "is no schedule"],
  ['{ schedule: "0 0 31 2 *" }', "never comes"],
  ['{ schedule: "0 3 * * 1", zone: Europe/Nowhere }', "is no time zone"],
  ["{ webhook: push }", "does not wait for `webhook`"],
])("a trigger that could never fire is refused: %s", async (when, text) => {
  place = await makePlace({ files: { ...files, "capstan.yaml": yaml("x").replace(/when: \{[^}]*\}/, `when: ${when}`) } });
  const ended = await place.run("run");
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining("CAP-CONFIG-027")]);
  expect(ended.stderr).toContain(text);
});
