import axe from "axe-core";
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Locator, type Page, type Request } from "playwright-core";

/** Where a real Chromium is; undefined when this machine has none. */
export const chromiumPath: string | undefined = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
].find((path) => existsSync(path));

/** Longer than a slow machine takes for anything here: only a test that fails waits that long. */
const patienceMs = 60_000;

export type Theme = "light" | "dark";
/** One person at one browser: what a page said or asked for in vain is in `problems`. */
export type Visit = { readonly page: Page; readonly context: BrowserContext; readonly problems: string[]; close(): Promise<void> };

export const openBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
  });

export async function visit(browser: Browser, theme: Theme = "light"): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: theme, reducedMotion: "reduce" });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`${page.url()} said: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`${page.url()} threw: ${error.message}`));
  page.on("requestfailed", (request) => {
    // What a page asked for is given up when one goes on.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") problems.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.url()} answered ${response.status()}`);
  });
  return { page, context, problems, close: () => context.close() };
}

/** Until a page has its heading and nothing on it loads any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator("main h1:not([data-left])").first().waitFor();
  await page.locator("[aria-busy=true], .skeleton").first().waitFor({ state: "detached" });
}

/** What the accessibility rules find on the page as it stands, each with where and why; what depends on colours in the other theme, too. */
export async function accessibility(page: Page): Promise<string[]> {
  await page.evaluate(`window.axe === undefined && (() => { ${axe.source} })()`);
  const here = new URL(page.url()).pathname;
  const found = async (theme: string, options: string): Promise<string[]> => {
    const { violations } = await page.evaluate<axe.AxeResults>(`axe.run(document, { resultTypes: ["violations"], ${options} })`);
    return violations.flatMap((one) =>
      one.nodes.map((node) => `${here} ${theme} ${one.id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`),
    );
  };
  const theme = (await page.locator("html").getAttribute("data-theme")) ?? "";
  const other = theme === "dark" ? "light" : "dark";
  const all = await found(theme, `runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`);
  await page.evaluate(`document.documentElement.dataset.theme = "${other}"`);
  all.push(...(await found(other, `runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] }`)));
  await page.evaluate(`document.documentElement.dataset.theme = "${theme}"`);
  return all;
}

/** Holds the requests to some addresses until what it answers with is called; later ones pass at once. */
export async function hold(page: Page, url: RegExp, only: (request: Request) => boolean = () => true): Promise<() => void> {
  const held = Promise.withResolvers<void>();
  await page.route(url, async (route) => {
    if (only(route.request())) await held.promise;
    // The page may have given it up.
    await route.continue().catch(() => undefined);
  });
  return held.resolve;
}

/** Presses keys as a person does who does not look: the next one waits for no answer to the one before. */
export const typeAhead = async (page: Page, keys: string): Promise<void> =>
  void (await Promise.all([...keys].map((key) => page.keyboard.press(key))));

/** Until the page has painted what it was told so far. */
export const painted = (page: Page): Promise<void> => page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");

/** Until it is known on a page who one is and what one may do. */
export const known = (page: Page): Promise<void> => page.getByRole("img", { name: /^You are / }).waitFor();

/** Where something is once it is there and moves no more. */
export async function restingPlace(thing: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  for (let before = ""; ;) {
    await thing.scrollIntoViewIfNeeded();
    await painted(thing.page());
    const box = await thing.boundingBox();
    if (box && JSON.stringify(box) === before) return box;
    before = JSON.stringify(box);
  }
}

/** Marks the heading that is shown, so that `settled` waits for that of the next page. */
export const leave = (page: Page): Promise<void> =>
  page
    .locator("main h1")
    .first()
    .evaluate((heading: { setAttribute(name: string, value: string): void }) => heading.setAttribute("data-left", ""));
