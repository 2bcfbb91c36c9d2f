import { afterEach, expect, test } from "vitest";
import { makeProject, type TestProject } from "./testing/project.ts";

let project: TestProject;
afterEach(() => project.close());
const yaml = 'capstan: 1\nproject: small\nsteps:\n  a:\n    run: "echo one; echo two; echo 1 > a.csv"\n    out: [a.csv]\n';

test("verbs that go on for a while say one event a line; the last is the result, and with -q the only one", async () => {
  project = makeProject({ "capstan.yaml": yaml });
  const events = async (...args: string[]): Promise<{ event: string }[]> => {
    const ended = await project.capstan(...args, "--json");
    expect([args, ended.code]).toEqual([args, 0]);
    return ended.stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { event: string });
  };
  const first = await events("run");
  expect(first.map((one) => one.event)).toEqual(["run.started", "step.started", "step.ended", "result"]);
  expect(first.at(-1)).toMatchObject({ run: "run:1", verdict: "pass", ran: 1, reused: 0 });
  expect(await events("run")).toMatchObject([{ event: "result", verdict: "pass", ran: 0, reused: 1 }]);
  expect(await events("run", "--force", "-q")).toMatchObject([{ event: "result", ran: 1 }]);
  expect(await events("log", "a")).toEqual([
    { event: "line", line: "one" },
    { event: "line", line: "two" },
    { event: "result", lines: 2 },
  ]);
  expect(await events("log", "run:1", "-q")).toEqual([{ event: "result", lines: 2 }]);
  expect(await events("check")).toEqual([{ event: "result", verdict: "skipped", suites: 0 }]);
  expect(await events("watch")).toMatchObject([{ event: "result", windows: 0 }]);
});
