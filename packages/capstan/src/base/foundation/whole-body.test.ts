import { PassThrough, Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { expect, it } from "vitest";
import { wholeBody } from "./whole-body.ts";

it("gives all bytes, none of them as an empty body", async () => {
  expect(await wholeBody(Readable.from([Buffer.from("ab"), Buffer.from("c")]), 3)).toEqual(Buffer.from("abc"));
  expect(await wholeBody(Readable.from([]), 3)).toEqual(Buffer.alloc(0));
});

it("stops beyond the limit and leaves the rest to be let through", async () => {
  const body = new PassThrough();
  body.write("abcd");
  expect(await wholeBody(body, 3)).toBeUndefined();
  body.end("e");
  await finished(body.resume());
});

it("rejects when the body breaks off", async () => {
  const body = new PassThrough();
  body.write("ab");
  const whole = wholeBody(body, 3);
  body.destroy();
  await expect(whole).rejects.toThrow("broke off");
});
