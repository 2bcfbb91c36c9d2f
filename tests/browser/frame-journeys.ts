import { expect, test } from "vitest";
import { accessibility, settled, typeAhead } from "./visits.ts";
import type { World } from "./world.ts";

export function frameJourneys(world: () => World): void {
  test("the theme that was chosen stays", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open("light");
    await page.goto(`${served.url}/p/small`);
    await page.getByRole("button", { name: "Switch to the dark theme" }).click();
    await page.locator("html[data-theme=dark]").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Switch to the light theme" }).waitFor();
    await page.locator("html[data-theme=dark]").waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test("the palette is opened, searched and followed with keys alone", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await page.goto(`${served.url}/p/small`);
    await settled(page);
    await page.keyboard.press("Control+k");
    const palette = page.getByRole("dialog", { name: "Search" });
    await palette.waitFor();
    expect(await accessibility(page)).toEqual([]);
    await page.keyboard.type("fit 0.3");
    await palette.getByRole("option", { name: "fit 0.3" }).first().waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "fit 0.3" }).waitFor();
    await page.keyboard.press("Control+k");
    await palette.waitFor();
    await page.keyboard.press("Escape");
    await palette.waitFor({ state: "detached" });
    await typeAhead(page, "gm");
    await page.waitForURL(`${served.url}/p/small/models`);
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    expect(problems).toEqual([]);
    await close();
  });
}
