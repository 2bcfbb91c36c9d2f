import { expect, test } from "vitest";
import { known, settled } from "./visits.ts";
import type { World } from "./world.ts";

export function accessJourneys(world: () => World): void {
  test("the one-time link opens Home with full rights, and is good once", async () => {
    const { served, visitor } = world();
    const link = await served.link();
    const [first, second] = await Promise.all([visitor(), visitor()]);
    await first.page.goto(link);
    await settled(first.page);
    expect(first.page.url()).toBe(`${served.url}/p/small`);
    await known(first.page);
    expect(await first.page.getByRole("complementary", { name: "What is closed" }).count()).toBe(0);
    await second.page.goto(link);
    await second.page.getByRole("complementary", { name: "What is closed" }).waitFor();
    expect(first.problems).toEqual([]);
    await Promise.all([first.close(), second.close()]);
  });

  test("without a session everything can be read, and an act says what opens it", async () => {
    const { served, visitor } = world();
    const { page, problems, close } = await visitor();
    await page.goto(`${served.url}/p/small/pipelines`);
    await page.getByRole("complementary", { name: "What is closed" }).getByText("one-time link").waitFor();
    const run = page.getByRole("button", { name: "Run pipeline" });
    await run.waitFor();
    expect(await run.getAttribute("aria-disabled")).toBe("true");
    expect(await run.getAttribute("title")).toContain("capstan open");
    const before = served.place.query("select count(*) as n from pipeline_run");
    await run.click({ force: true });
    await page.locator(".said").getByText("capstan open").waitFor();
    expect(served.place.query("select count(*) as n from pipeline_run")).toEqual(before);
    expect(problems).toEqual([]);
    const refused = await page.request.post(`${served.url}/api/v1/p/small/pipeline/runs`, { data: {}, headers: { origin: served.url } });
    expect([refused.status(), await refused.json()]).toMatchObject([
      403,
      { error: { code: expect.stringMatching(/^CAP-/), do: expect.stringContaining("capstan open") } },
    ]);
    await close();
  });
}
