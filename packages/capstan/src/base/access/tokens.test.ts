import { expect, test } from "vitest";
import { looksLikeToken, makeToken, tokenOfHeader } from "./tokens.ts";

test("a token is long, unlike any other, and finds a typing mistake", () => {
  const all = Array.from({ length: 200 }, makeToken);
  expect(new Set(all.map((one) => one.token)).size).toBe(200);
  for (const { id, token, hash } of all) {
    expect(looksLikeToken(token)).toBe(true);
    expect(token).toContain(id);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(token).not.toContain(hash);
    const at = 20;
    expect(looksLikeToken(token.slice(0, at) + (token[at] === "x" ? "y" : "x") + token.slice(at + 1))).toBe(false);
  }
});

test.each([
  ["Bearer abc", "abc"],
  ["bearer  abc", "abc"],
  [`Basic ${btoa("user:abc")}`, "abc"],
  [`Basic ${btoa("user:a:b")}`, "a:b"],
  [`Basic ${btoa(":abc")}`, "abc"],
  [`Basic ${btoa("user:")}`, ""],
  ["Bearer", ""],
  [`Basic ${btoa("no colon")}`, ""],
  ["Digest abc", ""],
  [undefined, undefined],
])("%s", (header, token) => expect(tokenOfHeader(header)).toBe(token));
