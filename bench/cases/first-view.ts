import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { chromium, type Page } from "playwright-core";
import { type Case, type Figure, median, type NotRun, root, round } from "../measure.ts";
import { serve } from "./server.ts";

const dist = `${root}packages/web/dist`;
const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** What a first visit to Home fetches from the built pages, and when it first paints, in a real browser on loopback. */
export const firstView: Case = async (bench) => {
  if (!existsSync(`${dist}/index.html`)) return [{ name: "first view", notRun: "the pages are not built" }];
  const index = readFileSync(`${dist}/index.html`, "utf8");
  const named = [...index.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map((match) => match[1] ?? "");
  const declared = [index, ...named.map((path) => readFileSync(join(dist, path)))].reduce(
    (sum, bytes) => sum + brotliCompressSync(bytes).length,
    0,
  );
  const figures: (Figure | NotRun)[] = [];
  const executablePath = browsers.find((path) => existsSync(path));
  if (!executablePath)
    return [
      {
        name: "first view, first contentful paint",
        notRun: `no Chromium; index.html and what it names have ${round(declared / 1000, 1)} KB`,
      },
    ];

  const served = await serve(bench);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const paints: number[] = [];
    let bytes = 0;
    let files: string[] = [];
    for (let i = 0; i < 3; i++) {
      const context = await browser.newContext();
      const page = await context.newPage();
      const cdp = await context.newCDPSession(page);
      await cdp.send("Network.enable");
      const urls = new Map<string, string>();
      let sum = 0;
      cdp.on("Network.responseReceived", (event) => urls.set(event.requestId, new URL(event.response.url).pathname));
      cdp.on("Network.loadingFinished", (event) => {
        if (!urls.get(event.requestId)?.startsWith("/api/")) sum += event.encodedDataLength;
      });
      await page.goto(served.url, { waitUntil: "load" });
      paints.push(await firstPaintMs(page));
      await page.waitForTimeout(1500);
      bytes = sum;
      files = [...new Set(urls.values())].filter((path) => !path.startsWith("/api/"));
      await context.close();
    }
    const kb = bytes / 1000;
    const ms = median(paints);
    figures.push({
      name: "first view, compressed, fonts included",
      value: round(kb, 1),
      unit: "KB",
      goal: { text: "300 KB", holds: kb <= 300 },
      limit: { value: round(declared / 1000, 1), program: "index.html and what it names, brotli" },
      facts: { files: files.length },
    });
    figures.push({
      name: "first contentful paint",
      value: round(ms, 0),
      unit: "ms",
      goal: { text: "1 s", holds: ms <= 1000 },
      facts: { times: 3, browser: browser.version(), slowestMs: round(Math.max(...paints), 0) },
    });
  } finally {
    await browser.close();
    await served.stop();
  }
  return figures;
};

const firstPaintMs = (page: Page): Promise<number> =>
  page.evaluate(
    `new Promise((resolve) => {
      const seen = performance.getEntriesByName("first-contentful-paint")[0];
      if (seen) return resolve(seen.startTime);
      new PerformanceObserver((list) => { for (const one of list.getEntriesByName("first-contentful-paint")) resolve(one.startTime); }).observe({ type: "paint", buffered: true });
      setTimeout(() => resolve(NaN), 10000);
    })`,
  );
