import { expect, test } from "vitest";
import { accessibility, hold, settled } from "./visits.ts";
import type { World } from "./world.ts";

/** The number that the next run of the pipeline will have. */
const nextRun = ({ served }: World): string => `Run ${Number(served.place.query("select count(*) as n from pipeline_run")[0]?.["n"]) + 1}`;

export function pipelineJourneys(world: () => World): void {
  test("a step says why it ran", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await page.goto(`${served.url}/p/small/pipelines`);
    await settled(page);
    const steps = page.getByRole("group", { name: "Table of steps" });
    await steps.getByRole("button", { name: "train", exact: true }).click();
    await page.getByRole("heading", { level: 2, name: "train" }).waitFor();
    await page
      .getByText(/train\.rate/)
      .first()
      .waitFor();
    await steps.getByRole("button", { name: "prepare", exact: true }).click();
    await page.getByText(/the result of run 1 stands/).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test("a run started from its page is seen live, on it and on the page of the run that logs", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    served.place.write("params.yaml", "seed: 7\ntrain:\n  rate: 0.5\n  held: true\n");
    await page.goto(`${served.url}/p/small/pipelines`);
    await page.getByRole("button", { name: "Run pipeline" }).waitFor();
    const number = nextRun(world());
    const release = await hold(page, new RegExp("/pipeline/runs/[0-9a-f]{32}$"));
    await page.getByRole("button", { name: "Run pipeline" }).click();
    await page.waitForRequest(new RegExp("/pipeline/runs/[0-9a-f]{32}$"));
    // The run before can be looked into until the new one is there.
    await page.getByRole("group", { name: "Table of steps" }).getByRole("button", { name: "prepare", exact: true }).click();
    await page.getByRole("heading", { level: 2, name: "prepare" }).waitFor();
    release();
    await page.getByText(`${number} running`).waitFor();
    const watcher = await open();
    await watcher.page.goto(`${served.url}/p/small/runs`);
    await watcher.page.getByRole("link", { name: "fit 0.5" }).click();
    await watcher.page.getByRole("heading", { level: 1, name: "fit 0.5" }).waitFor();
    await watcher.page.getByText("Running, 1 of 2 rounds").waitFor();
    await watcher.page.getByRole("heading", { name: "Not sealed yet" }).waitFor();
    served.place.open("train");
    await watcher.page.getByRole("heading", { name: "Sealed" }).waitFor();
    await page.getByText(`${number} passed`).waitFor();
    expect([...problems, ...watcher.problems]).toEqual([]);
    await Promise.all([close(), watcher.close()]);
  });

  test("a run that goes on is cancelled from its page", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    served.place.write("params.yaml", "seed: 7\ntrain:\n  rate: 0.7\n  held: never\n");
    await page.goto(`${served.url}/p/small/pipelines`);
    const number = nextRun(world());
    await page.getByRole("button", { name: "Run pipeline" }).click();
    await page.getByText(`${number} running`).waitFor();
    await page.getByRole("button", { name: "Cancel run" }).click();
    await page.getByText(`${number} cancelled`).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test("a run that failed lifts its first error; the timeline tells what it waited for", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    served.place.write("params.yaml", "seed: 7\ntrain:\n  rate: 0.95\n  held: false\n");
    await page.goto(`${served.url}/p/small/pipelines?layout=time`);
    const number = nextRun(world());
    await page.getByRole("button", { name: "Run pipeline" }).click();
    await page.getByText(`${number} failed`).waitFor();
    const steps = page.getByRole("group", { name: "Timeline of steps" });
    await steps.getByRole("button", { name: "prepare", exact: true }).click();
    await page.getByRole("heading", { name: "Runs of prepare" }).waitFor();
    expect(await accessibility(page)).toEqual([]);
    await page.getByRole("button", { name: "Table", exact: true }).click();
    await page.getByRole("link", { name: "Failed" }).click();
    const lines = page.getByRole("group", { name: "Lines around the error" });
    await lines.locator("mark").getByText("the rate 0.95 is too high").waitFor();
    expect(await accessibility(page)).toEqual([]);
    await page.getByRole("link", { name: "the whole log" }).click();
    await page.getByRole("textbox", { name: "Lines that hold" }).fill("too high");
    await page.getByText(/^[1-9]\d* of \d+ lines/).waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test("a suite is run again on what it is for", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await page.goto(`${served.url}/p/small/checks/flights-rules`);
    await settled(page);
    const before = served.place.query("select count(*) as n from check_result_set")[0]?.["n"];
    await page.getByRole("button", { name: "Run on what it is for" }).click();
    await page.getByText(`${Number(before) + 1} runs`).waitFor();
    // The step that read the same data shows what was found about it.
    const [step] = served.place.query("select id from run where step = 'prepare' order by started_ms limit 1");
    await page.goto(`${served.url}/p/small/runs/${String(step?.["id"])}/checks`);
    await page.getByRole("group", { name: "Results of flights-rules" }).waitFor();
    expect(await accessibility(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });
}
