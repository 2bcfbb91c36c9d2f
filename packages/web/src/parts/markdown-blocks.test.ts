import { expect, test } from "vitest";
import { blocksOf, spansOf } from "./markdown-blocks.ts";

test("blocks of a card", () => {
  expect(
    blocksOf(
      "---\na: 1\n---\n# Card\n\nSome text\nthat goes on\n- one\n  more\n- two\n\n1. a\n\n```py\n# no heading\n```\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\n---\n> said\n> so",
    ),
  ).toEqual([
    { kind: "heading", level: 1, text: "Card" },
    { kind: "text", text: "Some text that goes on" },
    { kind: "list", ordered: false, items: ["one more", "two"] },
    { kind: "list", ordered: true, items: ["a"] },
    { kind: "code", text: "# no heading" },
    { kind: "table", head: ["a", "b"], rows: [["1", "2"]] },
    { kind: "rule" },
    { kind: "quote", text: "said so" },
  ]);
});

test("spans of a line: only http links are links, HTML is text", () => {
  expect(spansOf("a **b** `c` *d* [e](https://x.org) f_g_h")).toEqual([
    { kind: "text", text: "a " },
    { kind: "strong", text: "b" },
    { kind: "text", text: " " },
    { kind: "code", text: "c" },
    { kind: "text", text: " " },
    { kind: "em", text: "d" },
    { kind: "text", text: " " },
    { kind: "link", text: "e", href: "https://x.org" },
    { kind: "text", text: " f_g_h" },
  ]);
  for (const href of ["javascript:alert`1`", "data:text/html,x", "/api/v1/x", "//x.org", "JAVASCRIPT:1"])
    expect(spansOf(`[x](${href})`)).toEqual([{ kind: "text", text: "x" }]);
  expect(spansOf("<script>1</script>")).toEqual([{ kind: "text", text: "<script>1</script>" }]);
});
