import { expect, test } from "vitest";
import { createExperiment } from "./mlflow-client.ts";
import { accessibility, hold, restingPlace, settled } from "./visits.ts";
import { openFits, type World } from "./world.ts";

/** The table of runs: all that one does with many of them. */
export function tableJourneys(world: () => World): void {
  test("runs are filtered with completion, sorted, given columns, grouped, and the view is kept", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await page.goto(`${served.url}/p/small/runs?layout=table`);
    const grid = page.getByRole("grid", { name: "Table of runs" });
    const found = (n: number) => page.getByRole("status").getByText(new RegExp(`^${n} runs?, \\d+ ms$`));
    const names = () => grid.locator(".name").allTextContents();

    const filter = page.getByRole("combobox", { name: "Filter" });
    await filter.click();
    await page.keyboard.type("au");
    await page.getByRole("option", { name: /^metrics\.auc/ }).waitFor();
    const option = page.getByRole("option");
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press("ArrowDown");
      if ((await option.and(page.locator("[aria-selected=true]")).textContent())?.startsWith("metrics.auc")) break;
    }
    await page.keyboard.press("Enter");
    await page.getByRole("option", { name: /^>=/ }).click();
    await page.keyboard.type("0.7 AND params.kind = ");
    await page.getByRole("option", { name: /^logistic/ }).click();
    await page.keyboard.press("Escape");
    expect((await filter.inputValue()).trim()).toBe("metrics.auc >= 0.7 AND params.kind = 'logistic'");
    await found(2).waitFor();

    await filter.fill("metrics.auc >= 0.7 AND nothing = 1");
    await page.getByRole("alert").getByText("at character 24").waitFor();
    expect(await page.locator(".filter-layer .wrong").textContent()).toBe("nothing");
    // The server refused what was typed, which is what this is about.
    problems.length = 0;
    await filter.fill("(params.rate = 0.1 OR fit) AND NOT has:metrics.nothing AND started > -1d");
    await found(2).waitFor();
    await filter.fill("(params.rate = 0.1 AND fit");
    await page.getByRole("alert").getByText("A parenthesis is not closed.").waitFor();
    await filter.fill("started < -1d ");
    await page.getByRole("option", { name: /^OR/ }).click();
    await page.keyboard.type("fit AND metrics.auc@max BETWEEN 70% AND 1");
    await page.keyboard.press("Escape");
    await found(2).waitFor();
    await filter.fill("params.rate ");
    await page.getByRole("option", { name: /^>=/ }).click();
    await page.getByRole("option", { name: /^0\.3/ }).click();
    await page.keyboard.type("AND by != ");
    await page.getByRole("option", { name: /^me/ }).click();
    // What a step's script logged is of its job.
    expect((await filter.inputValue()).trim()).toBe("params.rate >= 0.3 AND by != me");
    await page.keyboard.press("Escape");
    await found(1).waitFor();
    await filter.fill("metrics.val_loss@st");
    await page.getByRole("option", { name: /@step\(/ }).click();
    await page.keyboard.type("5) > 0.7 ");
    await page.keyboard.press("Escape");
    expect((await filter.inputValue()).trim()).toBe("metrics.val_loss@step(5) > 0.7");
    await found(1).waitFor();
    await filter.fill("params.kind = 'logistic'");
    await found(2).waitFor();

    await page.keyboard.press("Escape");
    await grid.getByRole("button", { name: "auc", exact: false }).first().click();
    await expect.poll(names).toEqual(["fit 0.3", "fit 0.1"]);
    await grid.getByRole("button", { name: "auc", exact: false }).first().click();
    await expect.poll(names).toEqual(["fit 0.1", "fit 0.3"]);

    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("e");
    const picker = page.getByRole("group", { name: "Columns" });
    // What opens has its search focused.
    await picker.getByPlaceholder("part of a name").waitFor();
    await page.keyboard.type("val_loss");
    expect(await picker.getByPlaceholder("part of a name").inputValue()).toBe("val_loss");
    await picker.getByRole("checkbox", { name: /metrics\.val_loss/ }).check();
    await picker.getByRole("combobox", { name: "Value of val_loss" }).selectOption("step");
    await picker.getByRole("spinbutton", { name: "Step of val_loss" }).fill("5");
    await grid.getByRole("columnheader", { name: /val_loss step\(5\)/ }).waitFor();
    await grid.getByText("0.5731", { exact: false }).waitFor();
    await picker.getByRole("combobox", { name: "Value of val_loss" }).focus();
    await picker.getByRole("combobox", { name: "Value of val_loss" }).selectOption("min");
    await page.keyboard.press("Escape");
    await picker.waitFor({ state: "detached" });
    await grid.getByRole("columnheader", { name: /val_loss min/ }).waitFor();
    const head = grid.getByRole("button", { name: /^val_loss/ });
    await head.focus();
    const place = async () => (await grid.getByRole("columnheader").allTextContents()).findIndex((one) => one.startsWith("val_loss min"));
    await expect.poll(place).toBeGreaterThan(0);
    const before = await place();
    await page.keyboard.press("Alt+ArrowLeft");
    await expect.poll(place).toBe(before - 1);

    await page.getByRole("button", { name: "Save view" }).click();
    await page.getByRole("textbox", { name: "Name of the view" }).fill("Least loss");
    await page.keyboard.press("Enter");
    const views = page.getByRole("navigation", { name: "Views" });
    await views.getByRole("link", { name: "Least loss" }).waitFor();
    await views.getByRole("link", { name: "All" }).click();
    await expect.poll(() => filter.inputValue()).toBe("");
    await views.getByRole("link", { name: "Least loss" }).click();
    await found(2).waitFor();
    await grid.getByRole("columnheader", { name: /val_loss min/ }).waitFor();
    await views.getByRole("button", { name: "Forget the view Least loss" }).click();
    await views.getByRole("link", { name: "Least loss" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await views.getByRole("link", { name: "Least loss" }).waitFor();

    await page.getByRole("combobox", { name: "Group" }).selectOption("params.rate");
    const groups = page.getByRole("group", { name: "Groups of runs" });
    await groups.getByRole("button", { name: "0.1", exact: true }).click();
    await groups.getByRole("link", { name: "fit 0.1" }).waitFor();
    expect(await accessibility(page)).toEqual([]);
    await groups.getByRole("button", { name: /^Show the run of 0.1/ }).click();
    await found(1).waitFor();
    expect(await filter.inputValue()).toBe("params.kind = 'logistic' AND params.rate = '0.1'");
    expect(problems).toEqual([]);
    await close();
  });

  test("runs are chosen with keys, deleted, taken back, tagged and loaded as a file", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await createExperiment(served.url, "elsewhere");
    await page.goto(`${served.url}/p/small/runs?layout=table&q=fit&sort=name`);
    const grid = page.getByRole("grid", { name: "Table of runs" });
    await grid.getByRole("link", { name: "fit 0.1" }).waitFor();
    await grid.focus();
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.keyboard.press("X");
    const tray = page.getByRole("region", { name: "Selected runs" });
    await tray.getByText("2 selected").waitFor();
    expect(await accessibility(page)).toEqual([]);

    await tray.getByRole("button", { name: "Tag" }).click();
    await tray.getByRole("textbox").fill("seen=yes");
    await page.keyboard.press("Enter");
    await page.getByText("seen is yes on 2 runs").waitFor();
    expect(served.place.query("select run_id from tag where key = 'seen'")).toHaveLength(2);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Taken back").waitFor();
    expect(served.place.query("select run_id from tag where key = 'seen'")).toHaveLength(0);

    const away = () => served.place.query("select r.id from run r join experiment e on e.id = r.experiment_id where e.name = 'elsewhere'");
    const before = away().length;
    await tray.getByRole("combobox", { name: "Move to an experiment" }).selectOption({ label: "elsewhere" });
    await page.getByText("2 runs are in elsewhere now").waitFor();
    expect(away()).toHaveLength(before + 2);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Taken back").waitFor();
    expect(away()).toHaveLength(before);
    await grid.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await tray.getByText("2 selected").waitFor();

    await tray.getByRole("button", { name: "Delete" }).click();
    await page.getByText("2 runs deleted").waitFor();
    await page.getByText("No run matches.").waitFor();
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("Control+z");
    await grid.getByRole("link", { name: "fit 0.3" }).waitFor();

    await page.getByRole("button", { name: "Download" }).click();
    const csv = page.getByRole("link", { name: /^CSV, the/ });
    const answer = await page.request.get(new URL((await csv.getAttribute("href")) ?? "", served.url).href);
    const lines = (await answer.text()).trim().split("\r\n");
    expect(lines.map((line) => line.split(",")[1])).toEqual(["name", "fit 0.1", "fit 0.3"]);
    const parquet = page.getByRole("link", { name: "Parquet, all columns" });
    const bytes = await (await page.request.get(new URL((await parquet.getAttribute("href")) ?? "", served.url).href)).body();
    expect(bytes.subarray(0, 4).toString()).toBe("PAR1");
    const json = page.getByRole("link", { name: "JSON, all columns" });
    const objects = (await (await page.request.get(new URL((await json.getAttribute("href")) ?? "", served.url).href)).json()) as object[];
    expect(objects).toMatchObject([
      { name: "fit 0.1", "params.rate": "0.1" },
      { name: "fit 0.3", "params.rate": "0.3" },
    ]);
    expect(problems).toEqual([]);
    await close();
  });

  test("rows stay, and keys find their run, while another order is asked for", async () => {
    const { page, grid, problems, close } = await openFits(world());
    const release = await hold(page, /runs[./]search/);
    const place = await grid.boundingBox();
    await grid.getByRole("columnheader", { name: /^Run/ }).getByRole("button").click();
    await page.getByRole("status").getByText("shown is the answer before").waitFor();
    expect(await grid.locator(".runs-body .name").allTextContents()).toEqual(["fit 0.1", "fit 0.3"]);
    expect(await grid.boundingBox()).toEqual(place);
    await grid.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("x");
    const tray = page.getByRole("region", { name: "Selected runs" });
    await tray.getByText("1 selected").waitFor();
    release();
    await expect.poll(() => grid.locator(".runs-body .name").allTextContents()).toEqual(["fit 0.3", "fit 0.1"]);
    await tray.getByText("fit 0.1").waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test("runs stay on top and are held against one of them; columns become as wide as one likes", async () => {
    const { page, grid, problems, close } = await openFits(world(), `&cols=%5B"metrics.auc","params.rate"%5D`);
    await grid.focus();
    await page.keyboard.press("End");
    await page.keyboard.press("b");
    const top = grid.getByRole("rowgroup", { name: "Runs that stay on top" });
    await top.getByText("baseline").waitFor();
    await top.getByRole("link", { name: "fit 0.3" }).waitFor();
    const auc = async () => (await grid.locator(".runs-body .runs-row").first().locator(".at.num").allTextContents())[0];
    await expect.poll(auc).toMatch(/^0\./);
    const value = await auc();
    await page.keyboard.press("d");
    await expect.poll(auc).toMatch(/^[+-−]/);
    await page.keyboard.press("d");
    await expect.poll(auc).toBe(value);
    await page.keyboard.press("Home");
    await page.keyboard.press("p");
    await top.getByRole("link", { name: "fit 0.1" }).waitFor();
    expect(await accessibility(page)).toEqual([]);
    await page.reload();
    await top.getByRole("link", { name: "fit 0.1" }).waitFor();
    await top.getByRole("button", { name: /^Keep fit 0.1/ }).click();
    await top.getByRole("link", { name: "fit 0.1" }).waitFor({ state: "detached" });

    const head = grid.getByRole("columnheader", { name: /^auc/ });
    const width = async () => Math.round((await head.boundingBox())?.width ?? 0);
    const before = Math.round((await restingPlace(head)).width);
    await head.getByRole("button").focus();
    await page.keyboard.press("Alt+Shift+ArrowRight");
    await expect.poll(width).toBe(before + 16);
    const box = await restingPlace(head);
    await page.mouse.move(box.x + box.width - 3, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width + 57, box.y + 12, { steps: 4 });
    await page.mouse.up();
    await expect.poll(width).toBe(before + 76);
    await grid.locator(".edge").first().dblclick();
    await expect.poll(width).toBe(before);
    expect(problems).toEqual([]);
    await close();
  });

  test("runs stand below the one that they belong to, and a chart is zoomed into and asks again", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    await page.goto(`${served.url}/p/small/runs?nest=1&kind=step,user,pipeline`);
    await settled(page);
    const grid = page.getByRole("grid", { name: "Table of runs" });
    const lines = async () => Number(await grid.getAttribute("aria-rowcount"));
    // Before they are counted it is -1.
    await expect.poll(lines).toBeGreaterThan(1);
    const roots = await lines();
    await grid
      .getByRole("button", { name: /^Show \d+ runs below/ })
      .first()
      .click();
    await expect.poll(lines).toBeGreaterThan(roots);

    await page.goto(`${served.url}/p/small/runs?q=fit&layout=charts`);
    const chart = page.getByRole("img", { name: /^loss by step of 2 runs/ });
    await chart.locator("canvas").waitFor();
    const box = await restingPlace(chart.locator(".u-over"));
    const asked = page.waitForRequest((request) => request.url().includes("fromStep="));
    await page.mouse.move(box.x + box.width * 0.2, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 });
    await page.mouse.up();
    const from = Number(new URL((await asked).url()).searchParams.get("fromStep"));
    expect(from).toBeGreaterThan(5);
    expect(from).toBeLessThan(20);
    await page.getByRole("button", { name: "Whole curve" }).click();
    await page.getByRole("button", { name: "Whole curve" }).waitFor({ state: "detached" });
    await chart.focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("+");
    await page.getByRole("button", { name: "Whole curve" }).waitFor();
    await page.keyboard.press("0");
    await page.getByRole("button", { name: "Whole curve" }).waitFor({ state: "detached" });
    await page.getByRole("checkbox", { name: "log y" }).check();
    await page.getByRole("button", { name: "relative time" }).click();
    await page.getByRole("img", { name: /^loss by relative time of 2 runs/ }).waitFor();
    expect(page.url()).toContain("log=y");
    await page.getByRole("button", { name: "Table", exact: true }).nth(1).click();
    const choice = page.getByRole("combobox", { name: "Metric of the boxes" });
    await page.mouse.move(700, 600);
    // Cards are made as they come into view, and those above make the page longer.
    await expect
      .poll(async () => {
        await page.mouse.wheel(0, 5000);
        return choice.count();
      })
      .toBe(1);
    await choice.selectOption({ label: "auc" });
    await page.getByRole("combobox", { name: "What puts runs together" }).selectOption({ label: "rate" });
    await page.getByRole("img", { name: /^auc by rate: 0.1 median \S+ of 1, 0.3 median/ }).waitFor();
    await page.getByText("Fewer than twelve runs have this metric.").waitFor();
    expect(await accessibility(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });

  test("compared runs show what differs, their curves, and a file of each side by side", async () => {
    const { served, open } = world();
    const { page, problems, close } = await open();
    const ids = served.place.query("select id from run where name like 'fit %' order by name").map((row) => String(row["id"]));
    await page.goto(`${served.url}/p/small/compare?runs=${ids.join(",")}`);
    await page.getByRole("rowheader", { name: "rate", exact: true }).waitFor();
    expect(await page.getByRole("rowheader", { name: "kind", exact: true }).count()).toBe(0);
    await page.getByRole("button", { name: /^Show \d+ equal rows?/ }).click();
    await page.getByRole("rowheader", { name: "kind", exact: true }).waitFor();
    await page
      .getByRole("img", { name: /^loss by step of 2 runs/ })
      .locator("canvas")
      .waitFor();
    await page.getByRole("combobox", { name: "File to show side by side" }).selectOption("notes.txt");
    for (const rate of ["0.1", "0.3"])
      await page
        .getByRole("region", { name: `notes.txt of fit ${rate}` })
        .getByText(`rate ${rate}`)
        .waitFor();
    expect(await accessibility(page)).toEqual([]);
    await page.getByRole("link", { name: "as baseline fit 0.3" }).click();
    await page.waitForURL((url) => url.search.includes(`runs=${ids[1]}`));
    expect(problems).toEqual([]);
    await close();
  });
}
