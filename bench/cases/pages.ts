import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { type Case, type Figure, median, type NotRun, root, round } from "../measure.ts";
import { addNames } from "../pages/names.ts";
import { curveActs, openCurve } from "../pages/curve-acts.ts";
import { logLongRun, longPoints } from "../pages/long-run.ts";
import { openTable, tableActs } from "../pages/table-acts.ts";
import { type Seen, watch } from "../pages/watch.ts";
import { fillStore } from "../search/fill.ts";
import { startCapstan } from "../tracking/server.ts";

const seed = 20_261_121;
const runs = 100_000;
const names = { metrics: 4000, params: 1000, perRun: 10 };
const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const goalMs = 100;
const visits = 3;

/** How the pages of tracking answer a person in a real browser: a table of 100 000 runs with thousands of names, and a curve of a million points. */
export const pages: Case = async (bench) => {
  if (!existsSync(`${root}packages/web/dist/index.html`)) return [{ name: "pages", notRun: "the pages are not built" }];
  const executablePath = browsers.find((path) => existsSync(path));
  if (!executablePath) return [{ name: "pages", notRun: "no Chromium" }];
  const folder = join(bench.folder, "pages");
  const made = await startCapstan(bench, folder);
  await made.stop();
  fillStore(made.database, runs, seed);
  addNames(made.database, { ...names, seed });
  const logging = await startCapstan(bench, folder);
  const long = await logLongRun(logging.url);
  await logging.stop();

  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const cold: { firstRowsMs: number; wholeMs: number }[] = [];
    const acts: Seen[][] = [];
    const curves: { openMs: number; acts: Seen[] }[] = [];
    for (let i = 0; i < visits; i++) {
      // The first visit finds a server that has read nothing yet.
      const server = await startCapstan(bench, folder);
      try {
        cold.push(await visited(browser, (page) => openTable(page, `${server.url}/p/default/runs`)));
        acts.push(
          await visited(browser, async (page) => {
            await openTable(page, `${server.url}/p/default/runs`);
            await page.waitForTimeout(1000);
            return tableActs(page);
          }),
        );
        curves.push(
          await visited(browser, async (page) => {
            const openMs = await openCurve(page, `${server.url}/p/default/runs/${long}/metrics`);
            await page.waitForTimeout(500);
            return { openMs, acts: await curveActs(page) };
          }),
        );
      } finally {
        await server.stop();
      }
    }
    const facts = { runs, names: names.metrics + names.params, visits, browser: browser.version(), load: round(loadavg()[0] ?? 0, 1) };
    return [
      opened(
        "runs table, first rows of a server that just started",
        cold.map((one) => one.firstRowsMs),
        facts,
      ),
      opened(
        "runs table, its columns and the exact total",
        cold.map((one) => one.wholeMs),
        facts,
      ),
      answered("runs table, slowest interaction to the next paint", acts, facts),
      opened(
        "curve of a million points, from its address to its drawing",
        curves.map((one) => one.openMs),
        { ...facts, points: longPoints },
      ),
      answered(
        "curve of a million points, slowest interaction to the next paint",
        curves.map((one) => one.acts),
        { ...facts, points: longPoints },
      ),
    ];
  } finally {
    await browser.close();
  }
};

async function visited<T>(browser: Browser, work: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  try {
    const page = await context.newPage();
    await watch(page);
    return await work(page);
  } finally {
    await context.close();
  }
}

const opened = (name: string, times: readonly number[], facts: Figure["facts"]): Figure => ({
  name,
  value: round(median(times), 0),
  unit: "ms",
  facts: { ...facts, slowestMs: round(Math.max(...times), 0) },
});

/** Of each act the median of the visits, of those the worst. */
function answered(name: string, visits: readonly (readonly Seen[])[], facts: Figure["facts"]): Figure | NotRun {
  const table = (visits[0] ?? []).map((act, i) => {
    const of = (pick: (seen: Seen) => number): number => round(median(visits.map((one) => pick(one[i] ?? act))), 0);
    return { act: act.name, paintMs: of((one) => one.paintMs), longTaskMs: of((one) => one.taskMs), doneMs: of((one) => one.doneMs) };
  });
  const worst = Math.max(...table.map((one) => one.paintMs));
  return { name, value: worst, unit: "ms", goal: { text: `${goalMs} ms`, holds: worst <= goalMs }, facts, table };
}
