import { expect, test } from "vitest";
import { known, settled } from "./visits.ts";
import type { World } from "./world.ts";

export function outageJourneys(world: () => World): void {
  test("when the server is killed the page says so, keeps what it shows, and goes on when it is back", async () => {
    const { served, open } = world();
    const { page, close } = await open();
    await page.goto(`${served.url}/p/small/experiments`);
    await settled(page);
    const heading = await page.locator("main h1").first().textContent();
    await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
    await served.kill();
    await page.getByRole("status").getByText("Reconnecting").waitFor();
    expect(await page.locator("main h1").first().textContent()).toBe(heading);
    await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Incidents" }).click();
    await page.getByRole("alert").getByText("the server does not answer").first().waitFor();
    await served.start();
    await page.getByRole("status").getByText("Live", { exact: true }).waitFor();
    await page.getByRole("alert").first().waitFor({ state: "detached" });
    await settled(page);
    await known(page);
    expect(await page.getByRole("complementary", { name: "What is closed" }).count()).toBe(0);
    await close();
  });
}
