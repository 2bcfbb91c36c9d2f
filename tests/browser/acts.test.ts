import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logisticModel } from "../../packages/capstan/src/build/inference/tiny-onnx.ts";
import { describeWith } from "../../packages/capstan/src/testing/needs.ts";
import { type ServedProject, serveSmallProject } from "./served-project.ts";
import { smallProject } from "./small-project.ts";
import { accessibility, chromiumPath, known, openBrowser, settled } from "./visits.ts";
import { makeWorld, type World } from "./world.ts";

/** The small project with its risk answered: a model that is not prohibited and may be decided on. */
function answeredProject(): Record<string, string | Uint8Array> {
  const files = smallProject();
  const risk =
    "{ eu: true, role: provider, prohibited: [], safety_component: false, area: none, exemption: none, profiles_persons: false, talks_to_persons: false, general_purpose: false, personal_data: none, effect: [service_quality, advice], persons_per_month: 0, harm: nuisance, reversible: true, vulnerable: false, protected: none, money_per_day: 50000, max_outage: 4h, third_party: licensed, retrains_itself: false }";
  const config = String(files["capstan.yaml"])
    .replace("owner: ops,", `owner: ops, deputy: platform, risk: ${risk},`)
    .replace("log: fast }", "log: fast, release: { steps: [20 %, 60 %], each: { time: 10 min, rows: 50 } } }");
  return { ...files, "capstan.yaml": config };
}

describeWith("acts in a browser", "Chromium", chromiumPath, (path) => {
  let browser: Browser;
  let served: ServedProject;
  let world: World;
  beforeAll(async () => {
    [browser, served] = await Promise.all([openBrowser(path), serveSmallProject(answeredProject())]);
    served.place.write("other.onnx", logisticModel({ distance: 0.0006, hour: 0.15 }, -2.9));
    const { code, stderr } = await served.place.run("register", "late", "other.onnx");
    if (code !== 0) throw new Error(stderr);
    world = await makeWorld(browser, served);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  const visit = async (page: Page, where: string): Promise<void> => {
    await page.goto(`${served.url}/p/small/${where}`);
    await settled(page);
  };
  const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true }).first();
  const inSheet = (page: Page) => page.getByRole("dialog");
  /** Outcome and subject of the newest entry of an action. */
  const newest = async (page: Page, action: string): Promise<{ subject: string; payload: Record<string, unknown> } | undefined> => {
    const reply = await page.request.get(`${served.url}/api/v1/p/small/record/entries?limit=1&action=${action}`);
    const { entries } = (await reply.json()) as { entries: { subject: { id: string }; payload: Record<string, unknown> }[] };
    return entries[0] && { subject: entries[0].subject.id, payload: entries[0].payload };
  };

  test("a review is asked for and decided no; signing says why it is closed", async () => {
    const { page, problems, close } = await world.open();
    await visit(page, "models/late/v2");
    await button(page, "Ask for review").click();
    await page.getByRole("status").filter({ hasText: "waits for" }).waitFor();
    const sign = button(page, "Sign dossier");
    await expect.poll(() => sign.getAttribute("title")).toBe("its gate says fail");
    await sign.click({ force: true });
    expect(await inSheet(page).count()).toBe(0);
    await button(page, "Decide no").click();
    const no = inSheet(page).getByRole("button", { name: "Decide no" });
    await expect.poll(() => no.getAttribute("aria-disabled")).toBe("true");
    await inSheet(page).getByLabel("Reason").fill("not compared with the first");
    expect(await accessibility(page)).toEqual([]);
    await no.click();
    await page.getByText("decided no").waitFor();
    await page.getByText("not compared with the first").waitFor();
    expect(await newest(page, "dossier.declined")).toMatchObject({ payload: { reason: "not compared with the first" } });
    expect(problems).toEqual([]);
    await close();
  });

  test("a version is described in Markdown, which is an entry", async () => {
    const { page, problems, close } = await world.open();
    await visit(page, "models/late/v2");
    await button(page, "Write one").click();
    await inSheet(page).getByLabel("Text").fill("For **flights** of one day. <script>document.title = 'taken'</script>");
    expect(await accessibility(page)).toEqual([]);
    await inSheet(page).getByRole("button", { name: "Save description" }).click();
    await page.locator("strong", { hasText: "flights" }).waitFor();
    expect(await newest(page, "model.version.described")).toMatchObject({ subject: "late@v2" });
    expect(await page.title()).not.toBe("taken");
    expect(problems).toEqual([]);
    await close();
  });

  test("a release goes past the gate with a reason only, and is rolled back with one click", async () => {
    const { page, problems, close } = await world.open();
    await visit(page, "models/late/v2");
    await button(page, "Release v2").click();
    const start = inSheet(page).getByRole("button", { name: "Start the release of v2" });
    await inSheet(page).getByText("those that capstan.yaml declares for this route").waitFor();
    await expect.poll(() => inSheet(page).getByLabel("Shares, %").inputValue()).toBe("20, 60");
    await expect.poll(() => inSheet(page).getByLabel("and rows").inputValue()).toBe("50");
    await inSheet(page).getByLabel("Strategy").selectOption("direct");
    await expect.poll(() => start.getAttribute("title")).toBe("the gate says fail");
    await inSheet(page)
      .getByLabel(/^Override/)
      .check();
    await expect.poll(() => start.getAttribute("title")).toBe("an override takes a reason");
    await inSheet(page)
      .getByLabel(/^Reason/)
      .fill("to see it go back");
    expect(await accessibility(page)).toEqual([]);
    await start.click();
    await page.waitForURL(/\/releases\/R-2$/);
    await page.getByText("to see it go back").first().waitFor();
    await visit(page, "routes/late");
    await button(page, "Roll back to v1").click();
    await page.getByRole("status").getByText("v1 serves late").waitFor();
    expect(await accessibility(page)).toEqual([]);
    await page.getByRole("link", { name: "start it from v2" }).click();
    await page.getByRole("heading", { name: "late v2" }).waitFor();
    expect(await newest(page, "release.rolled_back")).toMatchObject({ subject: "R-2" });
    expect(problems).toEqual([]);
    await close();
  });

  test("a canary is paused, goes on and is stopped while its page follows", async () => {
    const { page, problems, close } = await world.open();
    await visit(page, "models/late/v2");
    await button(page, "Release v2").click();
    await inSheet(page).getByRole("link", { name: "R-2" }).waitFor();
    await inSheet(page)
      .getByLabel(/^Shadow first/)
      .uncheck();
    await inSheet(page)
      .getByLabel(/^Override/)
      .check();
    await inSheet(page)
      .getByLabel(/^Reason/)
      .fill("again");
    await inSheet(page).getByRole("button", { name: "Start the release of v2" }).click();
    await page.waitForURL(/\/releases\/R-3$/);
    await button(page, "Pause").click();
    await button(page, "Go on").click();
    await button(page, "Advance").waitFor();
    await button(page, "Stop").click();
    await page.locator(".title").getByText("stopped").waitFor();
    expect(await newest(page, "release.stopped")).toMatchObject({ subject: "R-3" });
    expect(problems).toEqual([]);
    await close();
  });

  test("the playground asks each loaded version with a row that fits, and the log has it", async () => {
    const { page, problems, close } = await world.open();
    await visit(page, "routes/late/play");
    const distance = page.getByRole("textbox", { name: /^distance/ });
    await distance.fill("far");
    await expect.poll(() => button(page, "Predict").getAttribute("title")).toContain("distance");
    await distance.fill("1234");
    await page.getByRole("textbox", { name: /^hour/ }).fill("17");
    await button(page, "Predict").click();
    const answers = page.getByRole("status", { name: "Answers" });
    await answers.getByText("live 100 %").waitFor();
    await page.getByRole("img", { name: /as distance goes/ }).waitFor();
    expect(await accessibility(page)).toEqual([]);
    await visit(page, "routes/late");
    await page.getByRole("group", { name: "Predictions" }).getByText("playground").first().waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test("the record is verified, exported as a file, and a payload is erased by its number", async () => {
    const { page, problems, close } = await world.open();
    await visit(page, "record");
    await button(page, "Verify now").click();
    await page.getByRole("heading", { name: "Verification" }).waitFor();
    await button(page, "Export bundle").click();
    const link = page.getByRole("link", { name: "Download the bundle" });
    await link.waitFor();
    const bundle = await page.request.get(new URL((await link.getAttribute("href")) ?? "", served.url).href);
    expect((await bundle.body()).includes("bundle.json")).toBe(true);
    await visit(page, "record/2");
    await button(page, "Erase payload").click();
    const erase = inSheet(page).getByRole("button", { name: "Erase payload of 2" });
    await inSheet(page).getByLabel("Number of the entry").fill("3");
    await inSheet(page)
      .getByLabel(/^Reason/)
      .fill("asked for");
    await expect.poll(() => erase.getAttribute("aria-disabled")).toBe("true");
    await inSheet(page).getByLabel("Number of the entry").fill("2");
    await erase.click();
    await page.getByText("erased, the proof stays valid").waitFor();
    await button(page, "Verify now").click();
    await page.getByRole("row").filter({ hasText: "payloads" }).getByText("erased").waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  test("without a session the same pages are read, and each act says what opens it", async () => {
    const { page, problems, close } = await world.visitor();
    for (const [where, names] of [
      ["models/late/v1", ["Ask for review", "Alias"]],
      ["models/late/v2", ["Release v2"]],
      ["routes/late", ["Roll back to v1"]],
      ["record", ["Export bundle", "Anchor"]],
    ] as const) {
      await visit(page, where);
      await known(page);
      for (const name of where === "routes/late" ? [/^Roll back/] : names) {
        const act = button(page, name);
        expect(await act.getAttribute("aria-disabled")).toBe("true");
        await act.click({ force: true });
        expect(await inSheet(page).count()).toBe(0);
      }
    }
    await page.locator(".said").getByText("capstan open").waitFor();
    expect(problems).toEqual([]);
    await close();
  });
});
