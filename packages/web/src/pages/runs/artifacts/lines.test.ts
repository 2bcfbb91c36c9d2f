import { expect, test } from "vitest";
import { linesOf } from "./lines.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a part ends at its last line break, and the next begins there", () => {
  expect(linesOf(bytes("one\ntwo\nthr"), 0, 100)).toEqual({ from: 0, next: 8, lines: ["one", "two"] });
  expect(linesOf(bytes("three\r\nfour"), 8, 19)).toEqual({ from: 8, next: null, lines: ["three", "four"] });
  expect(linesOf(bytes("end\n"), 10, 14)).toEqual({ from: 10, next: null, lines: ["end"] });
});

test("a line longer than a part is cut; an empty file has no line", () => {
  expect(linesOf(bytes("aaaa"), 0, 100)).toEqual({ from: 0, next: 4, lines: ["aaaa"] });
  expect(linesOf(bytes(""), 0, 0)).toEqual({ from: 0, next: null, lines: [""] });
});
