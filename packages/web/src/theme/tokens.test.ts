import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const text = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const themes = Object.fromEntries(
  [...text.matchAll(/\[data-theme="(\w+)"\] \{([^}]*)\}/g)].map(([, name = "", body = ""]) => [
    name,
    new Map([...body.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, token = "", hex = ""]) => [token, hex])),
  ]),
);

/** Relative luminance and contrast of WCAG 2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (high + 0.05) / (low + 0.05);
}
const grounds = ["canvas", "surface", "sunken", "raised"];
const verdicts = ["pass", "warn", "fail", "error", "inconclusive", "skipped"];

describe.each(Object.entries(themes))("%s", (_, tokens) => {
  const of = (token: string): string => tokens.get(token) ?? expect.fail(`no token ${token}`);
  test("text can be read on every ground", () => {
    for (const ink of ["ink", "ink-2", "ink-3", "accent-ink"])
      for (const ground of grounds) expect(contrast(of(ink), of(ground)), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of("accent-ink"), of("accent-soft"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of("on-accent"), of("accent"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of("on-fail"), of("fail"))).toBeGreaterThanOrEqual(4.5);
  });
  test("verdict words and shapes stand out on surface and on their tint", () => {
    for (const verdict of verdicts) {
      for (const ground of ["surface", `${verdict}-soft`]) {
        expect(contrast(of(verdict), of(ground)), `${verdict} on ${ground}`).toBeGreaterThanOrEqual(4.5);
        expect(contrast(of(`${verdict}-glyph`), of(ground)), `${verdict} glyph on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
  test("fields and series stand out", () => {
    for (const ground of ["canvas", "surface"]) expect(contrast(of("control"), of(ground))).toBeGreaterThanOrEqual(3);
    for (let i = 1; i <= 8; i++) expect(contrast(of(`series-${i}`), of("surface")), `series ${i}`).toBeGreaterThanOrEqual(3);
  });
});

test("both themes hold the same tokens", () => {
  const [light, dark] = [themes["light"], themes["dark"]];
  expect([...(dark?.keys() ?? [])].sort()).toEqual([...(light?.keys() ?? [])].sort());
});
