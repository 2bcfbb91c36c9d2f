import type { Page } from "playwright-core";
import { act, type Seen, until } from "./watch.ts";

// Waiting for roles computes them for the whole page, on the thread that is measured: these are plain selectors.
const names = ".runs-body a.name";
const answered = `!document.querySelector(".runs-scroll.stale") && /\\d ms$/.test(document.querySelector(".filter-said").textContent)`;
const sorted = (direction: string): string => `document.querySelector(".runs-heads [aria-sort=${direction}]") && ${answered}`;
const there = (selector: string): string => `document.querySelector(${JSON.stringify(selector)}) !== null`;
const gone = (selector: string): string => `document.querySelector(${JSON.stringify(selector)}) === null`;

/** From the address to the first names of runs, and until the columns of the page's own choice and the number of runs are there. */
export async function openTable(page: Page, address: string): Promise<{ firstRowsMs: number; wholeMs: number }> {
  await page.goto(address, { waitUntil: "commit" });
  const at = async (what: string): Promise<number> => {
    await until(page, what);
    return page.evaluate<number>("performance.now()");
  };
  const firstRowsMs = await at(there(names));
  return {
    firstRowsMs,
    wholeMs: await at(
      `${there(".runs-body .at.num")} && /accuracy/.test(document.querySelector(".runs-heads").textContent) && ${answered}`,
    ),
  };
}

/** What one does with a table of very many runs, one after the other. */
export async function tableActs(page: Page): Promise<Seen[]> {
  const seen: Seen[] = [];
  const note = async (name: string, work: () => Promise<unknown>, done?: string): Promise<void> => {
    seen.push(await act(page, name, work, done));
  };
  const head = page.locator(".runs-heads button", { hasText: /^accuracy/ });
  const boxes = page.locator(".runs-body input[type=checkbox]");
  const group = page.locator(".runs-bar select").first();
  const layouts = page.locator("[aria-label=Layout] button");

  await note("sort by a metric", () => head.click(), sorted("descending"));
  await note("turn the order", () => head.click(), sorted("ascending"));
  await note("choose a run", () => boxes.nth(3).click(), there(".tray"));
  await note("choose another", () => boxes.nth(5).click());
  await note("choose none", () => page.locator(".tray [aria-label='Select none']").click(), gone(".tray"));
  await note("draw a run", () => page.locator(".runs-body .eye").nth(2).click());
  await page.locator(".runs-scroll").focus();
  await note("row by row", async () => {
    for (let i = 0; i < 25; i++) await page.keyboard.press("j");
  });
  await note("the end", () => page.keyboard.press("End"), there(names));
  await note("the beginning", () => page.keyboard.press("Home"), there(names));
  const box = await page.locator(".runs-scroll").boundingBox();
  if (!box) throw new Error("the table has no place");
  await page.mouse.move(box.x + 200, box.y + 200);
  await note("scroll", async () => {
    for (let i = 0; i < 40; i++) await page.mouse.wheel(0, 700);
  });
  await note("type a filter", async () => {
    await page.locator("[data-filter]").click();
    await page.keyboard.type("metrics.accuracy > 0.9 AND params.optimizer = 'adam'", { delay: 25 });
  });
  await note("close what is offered", () => page.keyboard.press("Escape"), answered);
  await note("clear the filter", () => page.locator("[aria-label='Clear the filter']").click(), answered);
  await note("open the columns", () => page.locator("button", { hasText: /^ *Columns/ }).click(), there(".found li"));
  await note(
    "search among thousands of names",
    () => page.keyboard.type("layer_39", { delay: 25 }),
    there(".found [title^='metrics.layer_39']"),
  );
  await note("add a column", () => page.locator(".found input").first().click(), there(".picked [title^='metrics.layer_39']"));
  await note("close the columns", () => page.keyboard.press("Escape"), gone(".picker"));
  await note("group by a param", () => group.selectOption("params.model"), there("[aria-label='Groups of runs']"));
  await note("open a group", () => page.locator("[aria-label='Groups of runs'] tbody button").first().click(), there("tr.member a"));
  await note("group by nothing", () => group.selectOption(""), there(names));
  for (const [at, name] of ["table", "charts", "split"].entries())
    await note(`layout ${name}`, () => layouts.nth(at === 0 ? 0 : at === 1 ? 2 : 1).click());
  return seen;
}
