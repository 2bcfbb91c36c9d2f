import type { Page } from "playwright-core";
import { act, type Seen, until } from "./watch.ts";

const drawn = `document.querySelector(".plot canvas") !== null && !document.querySelector("[data-asking]")`;

/** From the address of a run to the drawing of its longest curve. */
export async function openCurve(page: Page, address: string): Promise<number> {
  await page.goto(address, { waitUntil: "commit" });
  await until(page, drawn);
  return page.evaluate<number>("performance.now()");
}

/** Into a long curve and out of it again, with the pointer and with keys. */
export async function curveActs(page: Page): Promise<Seen[]> {
  const seen: Seen[] = [];
  const over = page.locator(".plot .u-over").first();
  const box = await over.boundingBox();
  if (!box) throw new Error("the curve has no place");
  const part = `document.querySelector("main").textContent.includes("Whole curve") && ${drawn}`;
  for (const name of ["a part of the curve", "a part of the part"])
    seen.push(
      await act(
        page,
        name,
        async () => {
          await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
          await page.mouse.down();
          await page.mouse.move(box.x + box.width * 0.6, box.y + 50, { steps: 8 });
          await page.mouse.up();
        },
        part,
      ),
    );
  await page.locator(".plot [role=img]").first().focus();
  for (const [key, name] of [
    ["+", "closer"],
    ["-", "farther"],
    ["ArrowRight", "the cursor"],
  ] as const)
    seen.push(await act(page, name, () => page.keyboard.press(key), drawn));
  seen.push(await act(page, "the whole curve", () => page.keyboard.press("0"), drawn));
  return seen;
}
