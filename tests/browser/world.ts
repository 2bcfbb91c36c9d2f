import type { Browser } from "playwright-core";
import type { ServedProject } from "./served-project.ts";
import { type Theme, type Visit, visit } from "./visits.ts";

/** What the journeys share: one browser, one served project, and the session of a person who opened the link. */
export type World = {
  readonly browser: Browser;
  readonly served: ServedProject;
  /** Another window of that person. */
  open(theme?: Theme): Promise<Visit>;
  /** A window of someone without a session. */
  visitor(): Promise<Visit>;
};

export async function makeWorld(browser: Browser, served: ServedProject): Promise<World> {
  const first = await visit(browser);
  await first.page.goto(await served.link());
  await first.page.locator("main h1").first().waitFor();
  const cookies = await first.context.cookies();
  await first.close();
  return {
    browser,
    served,
    async open(theme = "light") {
      const other = await visit(browser, theme);
      await other.context.addCookies(cookies);
      return other;
    },
    visitor: () => visit(browser),
  };
}

/** A window on the table of the runs named `fit`, in the order of their names. */
export async function openFits({ served, open }: World, more = "") {
  const one = await open();
  await one.page.goto(`${served.url}/p/small/runs?layout=table&q=fit&sort=name${more}`);
  const grid = one.page.getByRole("grid", { name: "Table of runs" });
  await grid.getByRole("link", { name: "fit 0.1" }).waitFor();
  return { ...one, served, grid };
}
