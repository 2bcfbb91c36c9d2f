import { expect, test } from "vitest";
import { settled } from "./visits.ts";
import type { World } from "./world.ts";

export function runJourneys(world: () => World): void {
  test("runs are filtered by what they logged, two are selected and compared", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await page.goto(`${served.url}/p/small/runs`);
    const filter = page.getByRole("combobox", { name: "Filter" });
    const rows = page.getByRole("grid", { name: "Table of runs" }).getByRole("row");
    const found = (n: number) => page.getByRole("status").getByText(new RegExp(`^${n} runs?, \\d+ ms$`));
    await filter.fill('metrics.auc > 0.72 AND params.kind = "logistic"');
    await found(1).waitFor();
    await expect.poll(() => rows.count()).toBe(2);
    await page.reload();
    await found(1).waitFor();
    expect(await filter.inputValue()).toContain("0.72");
    await filter.fill("metrics.auc >");
    await page.getByRole("alert").getByText("A value is missing.").waitFor();
    await filter.fill("name LIKE 'fit%'");
    await found(2).waitFor();
    await page.getByRole("checkbox", { name: /^Select fit 0.1/ }).check();
    await page.getByRole("checkbox", { name: /^Select fit 0.3/ }).check();
    await page.keyboard.press("c");
    await page.waitForURL(/\/compare\?/);
    await settled(page);
    const rate = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "rate" }) });
    for (const value of ["0.1", "0.3"]) await rate.getByText(value, { exact: true }).first().waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test("a tag is set on a sealed run, and taken back", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    const id = String(served.place.query("select id from run where name = 'fit 0.1'")[0]?.["id"]);
    await page.goto(`${served.url}/p/small/runs/${id}`);
    await page.getByRole("textbox", { name: "A tag, as name=value" }).fill("looked-at=yes");
    await page.keyboard.press("Enter");
    await page.getByText("looked-at is yes").waitFor();
    await page.getByRole("button", { name: "Remove the tag looked-at" }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Remove the tag looked-at" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Verify now" }).click();
    await page.getByText("holds: computed again").waitFor();
    expect(problems).toEqual([]);
    await close();
  });
}
