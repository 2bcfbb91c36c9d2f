import type { Page } from "playwright-core";

/** What one act of a person cost, as the browser itself counts it. */
export type Seen = {
  name: string;
  /** From the event to the next paint, of the slowest event of the act; Chromium tells it in steps of 8 ms and only from 16 ms on. */
  paintMs: number;
  /** The longest task on the page's thread meanwhile; those below 50 ms are not told. */
  taskMs: number;
  /** Until what the act asked for was there. */
  doneMs: number;
};

/** Notes events and long tasks from the first document on. */
export const watch = (page: Page): Promise<unknown> =>
  page.addInitScript(`
    window.seen = { events: [], tasks: [] };
    new PerformanceObserver((list) => window.seen.events.push(...list.getEntries().map((one) => ({ name: one.name, at: one.startTime, ms: one.duration })))).observe({ type: "event", durationThreshold: 16, buffered: true });
    new PerformanceObserver((list) => window.seen.tasks.push(...list.getEntries().map((one) => ({ at: one.startTime, ms: one.duration })))).observe({ type: "longtask", buffered: true });
  `);

const settle = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60))))`;
/** Moving the pointer is no interaction: it has no answer to wait for. */
const isInteraction = /^(pointerdown|pointerup|mousedown|mouseup|click|keydown|keypress|keyup|input|beforeinput|change|dblclick)$/;

const mostMs = 30_000;
/** Waits, a frame at a time, until an expression holds in the page. */
export const until = (page: Page, expression: string): Promise<unknown> =>
  page.evaluate(`new Promise((done, fail) => {
    const began = performance.now();
    const holds = () => { try { return ${expression}; } catch { return false; } };
    const look = () => holds() ? done() : performance.now() - began > ${mostMs} ? fail(new Error(${JSON.stringify(expression)} + " did not come")) : requestAnimationFrame(look);
    look();
  })`);

/** Does something as a person would and waits until an expression says that it is done. */
export async function act(page: Page, name: string, work: () => Promise<unknown>, done?: string): Promise<Seen> {
  await page.evaluate(`(window.seen.events.length = 0, window.seen.tasks.length = 0, true)`);
  const began = performance.now();
  await work();
  if (done !== undefined) await until(page, done);
  const doneMs = performance.now() - began;
  await page.evaluate(settle);
  const { events, tasks } = await page.evaluate<{ events: { name: string; ms: number }[]; tasks: { ms: number }[] }>(
    `({ events: [...window.seen.events], tasks: [...window.seen.tasks] })`,
  );
  const paints = events.filter((one) => isInteraction.test(one.name)).map((one) => one.ms);
  return { name, paintMs: Math.max(0, ...paints), taskMs: Math.max(0, ...tasks.map((one) => one.ms)), doneMs };
}
