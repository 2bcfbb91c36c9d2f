import { expect, test } from "vitest";
import { tellingLine } from "./telling-line.ts";

test("the line that names the error is told from the code and the trace around it", () => {
  expect(tellingLine(["file:///train.mjs:5", 'throw new Error("too high");', "      ^", "", "Error: too high", "    at x"])).toBe(4);
  expect(tellingLine(["Traceback (most recent call last):", "  raise ValueError('x')", "pandas.errors.ParserError: no columns"])).toBe(2);
  expect(tellingLine(["TypeError [ERR_X]: bad"])).toBe(0);
  expect(tellingLine(["2026-01-01 INFO error rate 0.1", "2026-01-01 ERROR out of memory"])).toBe(1);
  expect(tellingLine(["step 1", "Killed"])).toBe(1);
  expect(tellingLine(["all", "well"])).toBe(-1);
});
