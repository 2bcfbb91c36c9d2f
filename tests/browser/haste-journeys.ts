import { expect, test } from "vitest";
import { beginRun, createExperiment, endRun } from "./mlflow-client.ts";
import { hold, known, painted, settled, typeAhead } from "./visits.ts";
import { openFits, type World } from "./world.ts";

async function logRuns(url: string, experiment: string, names: readonly string[]): Promise<void> {
  for (const name of names) await endRun(url, await beginRun(url, experiment, name));
}

/** What a person does who waits for nothing: no press is lost, and none hits what it was not meant for. */
export function hasteJourneys(world: () => World): void {
  test("the first keys on a page that has just come are not lost", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await page.goto(`${served.url}/p/small`, { waitUntil: "commit" });
    // The frame stands in the file of the page already; who one is only the page says.
    await known(page);
    await typeAhead(page, "gm");
    await page.waitForURL(`${served.url}/p/small/models`);
    await settled(page);
    expect(problems).toEqual([]);
    await close();
  });

  test("a letter that names a place does nothing else, and one that is typed into a field is the field's", async () => {
    const { page, grid, problems, close } = await openFits(world());
    await grid.focus();
    for (const key of ["x", "j", "x"]) await page.keyboard.press(key);
    await page.getByRole("region", { name: "Selected runs" }).getByText("2 selected").waitFor();
    await page.getByRole("combobox", { name: "Kind" }).focus();
    await page.keyboard.press("c");
    await painted(page);
    expect(new URL(page.url()).pathname).toBe("/p/small/runs");
    await grid.focus();
    await typeAhead(page, "gc");
    await page.getByRole("heading", { level: 1, name: "Checks" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/p/small/checks");
    expect(problems).toEqual([]);
    await close();
  });

  test("what is pressed before the page has drawn the press before counts, too", async () => {
    const { served, page, grid, problems, close } = await openFits(world(), `&cols=%5B"metrics.auc"%5D`);
    // Both presses in one turn of the page.
    await page.evaluate(`(() => {
      const head = [...document.querySelectorAll("[role=columnheader] button")].find((one) => one.textContent.startsWith("auc"));
      head.click();
      head.click();
    })()`);
    await expect.poll(() => grid.getByRole("columnheader", { name: /^auc/ }).getAttribute("aria-sort")).toBe("ascending");

    await page.getByRole("button", { name: /^Columns/ }).click();
    const picker = page.getByRole("group", { name: "Columns" });
    await picker.getByRole("checkbox", { name: /params\.rate/ }).waitFor();
    await page.evaluate(`(() => {
      const boxes = [...document.querySelectorAll(".found label")];
      for (const key of ["params.rate", "params.kind"]) boxes.find((one) => one.textContent.startsWith(key)).click();
    })()`);
    for (const name of [/^rate/, /^kind/]) await grid.getByRole("columnheader", { name }).waitFor();
    await page.keyboard.press("Escape");

    await grid.focus();
    for (const key of ["Home", "p", "j", "p", "b", "d"]) await page.keyboard.press(key);
    const top = grid.getByRole("rowgroup", { name: "Runs that stay on top" });
    await expect.poll(() => top.locator(".name").allTextContents()).toHaveLength(2);
    await top.getByText("baseline").waitFor();
    await page.waitForURL(/delta=1/);

    await page.goto(`${served.url}/p/small/runs?layout=charts&q=fit`);
    await page.getByRole("checkbox", { name: "log y" }).waitFor();
    await page.evaluate(`(() => {
      [...document.querySelectorAll(".drawing-bar label")].find((one) => one.textContent === "log y").click();
      [...document.querySelectorAll(".drawing-bar button")].find((one) => one.textContent === "relative time").click();
    })()`);
    await page.getByRole("checkbox", { name: "log y", checked: true }).waitFor();
    await page.getByRole("button", { name: "relative time", pressed: true }).waitFor();
    await page.waitForURL(/log=y/);
    expect(problems).toEqual([]);
    await close();
  });

  test("a view that is opened while one still types is that view", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    const kept = await page.request.put(`${served.url}/api/v1/p/small/views`, {
      data: { page: "runs", name: "Fits", query: "q=fit&layout=table" },
      headers: { origin: served.url },
    });
    expect(kept.status()).toBe(200);
    await page.clock.install();
    await page.goto(`${served.url}/p/small/runs?layout=table`);
    await page.getByRole("link", { name: "Fits" }).waitFor();
    const filter = page.getByRole("combobox", { name: "Filter" });
    await filter.focus();
    await page.evaluate(`(() => {
      document.execCommand("insertText", false, "status = FINISHED");
      [...document.querySelectorAll(".view-tab a")].find((one) => one.textContent === "Fits").click();
    })()`);
    await expect.poll(() => filter.inputValue()).toBe("fit");
    await page.clock.fastForward(1000);
    await page
      .getByRole("status")
      .getByText(/^2 runs, /)
      .waitFor();
    expect(new URL(page.url()).searchParams.get("q")).toBe("fit");
    expect(problems).toEqual([]);
    await close();
  });

  test("keys stay with their run when others come and go, and no row moves because new runs are counted", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    const experiment = await createExperiment(served.url, "cursors");
    await logRuns(served.url, experiment, ["cursor 1", "cursor 2", "cursor 3", "cursor 4"]);
    await page.clock.install();
    await page.goto(`${served.url}/p/small/runs?layout=table&q=cursor&sort=name`);
    const grid = page.getByRole("grid", { name: "Table of runs" });
    const names = () => grid.locator(".runs-body .name").allTextContents();
    await expect.poll(names).toEqual(["cursor 1", "cursor 2", "cursor 3", "cursor 4"]);
    await grid.focus();
    for (const key of ["Home", "x", "j", "j"]) await page.keyboard.press(key);
    const tray = page.getByRole("region", { name: "Selected runs" });
    await tray.getByRole("button", { name: "Delete" }).click();
    await expect.poll(names).toEqual(["cursor 2", "cursor 3", "cursor 4"]);
    // The button is gone that had the focus: the table has it.
    await tray.waitFor({ state: "detached" });
    await page.keyboard.press("x");
    await tray.getByText("cursor 3").waitFor();

    const place = await grid.boundingBox();
    await logRuns(served.url, experiment, ["cursor 0"]);
    await page.clock.fastForward(20_000);
    await page.getByRole("button", { name: "1 new run" }).waitFor();
    expect(await grid.boundingBox()).toEqual(place);
    await page.getByRole("button", { name: "1 new run" }).click();
    await expect.poll(names).toEqual(["cursor 0", "cursor 2", "cursor 3", "cursor 4"]);
    await grid.focus();
    await page.keyboard.press("x");
    await tray.waitFor({ state: "detached" });
    expect(problems).toEqual([]);
    await close();
  });

  test("all that match are those of the filter that they were chosen with", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await page.goto(`${served.url}/p/small/runs?layout=table&q=fit&sort=name`);
    const all = page.getByRole("checkbox", { name: /^Select all \d+ that match/ });
    await page.getByRole("checkbox", { name: "Select all 2 that match" }).check();
    const tray = page.getByRole("region", { name: "Selected runs" });
    await tray.getByText("all 2 that match").waitFor();
    const release = await hold(page, /runs[./]search/);
    await page.getByRole("combobox", { name: "Filter" }).fill("kind = step");
    await tray.waitFor({ state: "detached" });
    release();
    await page
      .getByRole("status")
      .getByText(/^\d+ runs, /)
      .waitFor();
    expect(await all.isChecked()).toBe(false);
    expect(problems).toEqual([]);
    await close();
  });

  test("runs that are shown below another stay below it in another order", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await page.goto(`${served.url}/p/small/runs?layout=table&nest=1&kind=pipeline,step,user&q=kind%20%3D%20pipeline`);
    const grid = page.getByRole("grid", { name: "Table of runs" });
    const opener = grid.getByRole("button", { name: /^Show \d+ runs below/ });
    await opener.nth(1).waitFor();
    await opener.first().click();
    /** How deep the line right below the opened one stands. */
    const deep = () =>
      page.evaluate<string>(`(() => {
        const lines = [...document.querySelectorAll(".runs-body [role=row]")].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex);
        const at = lines.findIndex((one) => one.ariaExpanded === "true");
        return at + " " + (lines[at + 1]?.querySelector(".name-cell")?.style.paddingLeft ?? "");
      })()`);
    await expect.poll(deep).toBe("0 16px");
    const started = grid.getByRole("columnheader", { name: /^Started/ });
    await started.getByRole("button").click();
    await expect.poll(() => started.getAttribute("aria-sort")).toBe("ascending");
    await expect.poll(deep).toMatch(/^[1-9]\d* 16px$/);
    expect(problems).toEqual([]);
    await close();
  });

  test("entries of the record stay while others are asked for, and when one of them is opened", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await page.goto(`${served.url}/p/small/record`);
    const entries = page.getByRole("group", { name: "Entries" });
    await entries.getByRole("row").nth(3).waitFor();
    await entries.evaluate((list: { setAttribute(name: string, value: string): void }) => list.setAttribute("data-read", ""));
    const release = await hold(page, /\/record\/entries\?/);
    const asked = page.waitForRequest(/\/record\/entries\?.*q=run/);
    await page.getByRole("textbox", { name: /^Filter by words/ }).fill("run");
    await asked;
    await painted(page);
    const first = entries.getByRole("row").nth(1).getByRole("link").first();
    const number = await first.textContent();
    release();
    await page.waitForURL(/q=run/);
    await expect.poll(() => entries.getByRole("row").nth(1).textContent()).toContain("run");
    await entries.getByRole("row").nth(2).getByRole("cell").nth(1).click();
    await page.waitForURL(/\/record\/[^/?]+\?q=run$/);
    await page.locator("[data-read]").waitFor();
    expect(number).toMatch(/^\d+$/);
    expect(problems).toEqual([]);
    await close();
  });

  test("what is taken back late does not take the word from what was done since", async () => {
    const { served, page, grid, problems, close } = await openFits(world());
    await grid.focus();
    for (const key of ["Home", "x"]) await page.keyboard.press(key);
    const tray = page.getByRole("region", { name: "Selected runs" });
    const tag = async (text: string): Promise<void> => {
      await tray.getByRole("button", { name: "Tag" }).click();
      await tray.getByRole("textbox").fill(text);
      await page.keyboard.press("Enter");
      await page.getByText(`${text.replace("=", " is ")} on 1 run`).waitFor();
    };
    await tag("early=1");
    const release = await hold(page, /runs\/tags$/, (request) => (request.postData() ?? "").includes("remove"));
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Taking it back").waitFor();
    await tag("late=1");
    const answered = page.waitForResponse((one) => (one.request().postData() ?? "").includes("early"));
    release();
    await (await answered).finished();
    await painted(page);
    await page.getByText("late is 1 on 1 run").waitFor();
    expect(served.place.query("select key from tag where key in ('early', 'late')")).toEqual([{ key: "late" }]);
    await page.keyboard.press("Control+z");
    await page.getByText("Taken back").waitFor();
    expect(served.place.query("select key from tag where key in ('early', 'late')")).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });

  test("tags that are written one after the other are both set, also before it is known what one may do", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    const id = String(served.place.query("select id from run where name = 'fit 0.3'")[0]?.["id"]);
    const know = await hold(page, /\/api\/v1\/frame/);
    const release = await hold(page, /\/tags$/);
    await page.goto(`${served.url}/p/small/runs/${id}`);
    const field = page.getByRole("textbox", { name: "A tag, as name=value" });
    await field.fill("one=1");
    await page.keyboard.press("Enter");
    await field.fill("two=2");
    know();
    release();
    await page.getByText("one is 1").waitFor();
    expect(await field.inputValue()).toBe("two=2");
    await field.press("Enter");
    await page.getByText("two is 2").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Remove the tag two" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Remove the tag one" }).click();
    await page.getByRole("button", { name: "Remove the tag one" }).waitFor({ state: "detached" });
    expect(problems).toEqual([]);
    await close();
  });
}
