import { expect, test } from "vitest";
import { changedFirst, differenceOf } from "./differences.ts";

test("differences are of finite numbers, and none when nothing changed", () => {
  expect(differenceOf(0.7968, 0.7912)).toBe(0.0056);
  expect([differenceOf(1, 1), differenceOf("NaN", 1), differenceOf(1, undefined)]).toEqual([undefined, undefined, undefined]);
});

test("parameters that differ come first", () => {
  expect(changedFirst({ a: "1", b: "2", c: "3" }, { a: "1", b: "1" })).toEqual(["b", "c", "a"]);
  expect(changedFirst({ a: "1" }, undefined)).toEqual(["a"]);
});
