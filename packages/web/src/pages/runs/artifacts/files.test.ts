import { expect, test } from "vitest";
import { hasSource, kindOf, looksLikeText, urlOf } from "./files.ts";

test("a file is shown by its name, whatever its case, and one without a known name is bytes", () => {
  expect(["a/b.PNG", "x.csv", "deep/x.Parquet", "r.html", "MLmodel", "model.pkl", "weights.bin", "noname", ".png"].map(kindOf)).toEqual([
    "image",
    "table",
    "table",
    "html",
    "text",
    "pickle",
    "bytes",
    "bytes",
    "image",
  ]);
  expect(["a.svg", "a.png", "a.csv", "a.parquet", "a.html"].map((path) => hasSource(path, kindOf(path)))).toEqual([
    true,
    false,
    true,
    false,
    true,
  ]);
});

test("text is told from bytes, also when it is cut within a character", () => {
  const text = new TextEncoder().encode("füße");
  expect(looksLikeText(text)).toBe(true);
  expect(looksLikeText(text.slice(0, 2))).toBe(true);
  expect(looksLikeText(new Uint8Array([104, 0, 105]))).toBe(false);
  expect(looksLikeText(new Uint8Array([0xff, 0xfe, 65]))).toBe(false);
});

test("every segment of a path is written as an address holds it", () => {
  expect(urlOf("p", "r", "a b/ü#?.txt")).toBe("/api/v1/p/p/runs/r/files/a%20b/%C3%BC%23%3F.txt");
});
