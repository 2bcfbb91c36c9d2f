import { expect, test } from "vitest";
import { type Span, textOf, treeOf } from "./span-tree.ts";

const span = (id: string, parent: string | null, atSeconds: number): Span => ({
  id,
  parent,
  name: id,
  type: null,
  failed: false,
  message: "",
  atSeconds,
  seconds: 1,
  attributes: {},
  events: [],
});
const said = (spans: Span[], closed: string[] = []) =>
  treeOf(spans, new Set(closed)).map((one) => `${"  ".repeat(one.depth)}${one.span.id}`);

test("spans stand below the one that began them, by their begin", () => {
  const spans = [span("root", null, 0), span("late", "root", 2), span("early", "root", 1), span("deep", "early", 1.5)];
  expect(said(spans)).toEqual(["root", "  early", "    deep", "  late"]);
  expect(said(spans, ["early"])).toEqual(["root", "  early", "  late"]);
  expect(treeOf(spans, new Set())[0]?.children).toBe(2);
});

test("a span whose parent did not come stands at the top; circles end", () => {
  expect(said([span("a", "gone", 0), span("b", "a", 1)])).toEqual(["a", "  b"]);
  expect(said([span("a", "b", 0), span("b", "a", 1), span("c", null, 2)])).toEqual(["c"]);
});

test("JSON in a text is read, other text is left", () => {
  expect(textOf('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(textOf("{not json")).toBe("{not json");
  expect(textOf('"said"')).toBe("said");
  expect(textOf(3)).toBe("3");
});
