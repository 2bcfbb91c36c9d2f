import { expect, test } from "vitest";
import { serveProject } from "./served-project.ts";
import { accessibility, leave, settled, visit } from "./visits.ts";
import type { World } from "./world.ts";

export function placeJourneys(world: () => World): void {
  test("every place of the side bar has a heading, no error, and keeps the rules of accessibility", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    const found: string[] = [];
    await page.goto(`${served.url}/p/small`);
    const links = page.getByRole("navigation", { name: "Places" }).locator("a.item");
    await links.first().waitFor();
    const paths = await links.evaluateAll<string[], { pathname: string }>((all) => all.map((one) => one.pathname));
    expect(paths.length).toBeGreaterThan(10);
    for (const [i, to] of paths.entries()) {
      if (i > 0) {
        await leave(page);
        await links.nth(i).click();
        await page.waitForURL(`${served.url}${to}`);
      }
      await settled(page);
      found.push(...(await accessibility(page)));
    }
    expect([...problems, ...found]).toEqual([]);
    await close();
  });

  test("so does each thing behind them", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    const [fit, other] = served.place.query("select id from run where name like 'fit %' order by name").map((one) => String(one["id"]));
    const pipeline = String(served.place.query("select id from run where kind = 'pipeline'")[0]?.["id"]);
    const entry = String(served.place.query("select id from entry limit 1")[0]?.["id"]);
    const found: string[] = [];
    for (const to of [
      "data/flights",
      "data/flights/v1",
      `pipelines/${pipeline}`,
      "runs",
      `runs/${fit}`,
      `runs/${pipeline}`,
      `compare?runs=${fit},${other}`,
      "checks/flights-rules",
      "models/late",
      "models/late/v1",
      "models/late/v1/checks",
      "models/late/v1/signature",
      "models/late/v1/lineage",
      "models/late/v1/record",
      "models/late/v1/nothing",
      "pipelines?layout=time",
      "releases/R-1",
      "routes/late",
      `record/${entry}`,
    ]) {
      await page.goto(`${served.url}/p/small/${to}`);
      await settled(page);
      found.push(...(await accessibility(page)));
    }
    expect([...problems, ...found]).toEqual([]);
    await close();
  });

  test("an empty store shows the loop as a map and three ways to begin", async () => {
    const { browser } = world();
    const empty = await serveProject({});
    try {
      const { page, problems, close } = await visit(browser);
      await page.goto(empty.url);
      await page.getByRole("heading", { name: "Nothing has run here yet" }).waitFor();
      await settled(page);
      expect(
        await page
          .getByRole("listitem")
          .filter({ has: page.getByRole("heading", { level: 2 }) })
          .count(),
      ).toBe(8);
      await page.getByText(`mlflow.set_tracking_uri("${empty.url}")`).waitFor();
      expect([...problems, ...(await accessibility(page))]).toEqual([]);
      await close();
    } finally {
      await empty.close();
    }
  });
}
