import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { beforeAll, expect, test } from "vitest";
import { FEATURES } from "../examples/flight-delays/features.ts";
import { parseFault } from "../examples/flight-delays/fault.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = globSync(["packages/*/src/**/*.{ts,tsx,css}", "scripts/*.{ts,mjs}"], { cwd: root }).filter(
  (path) => !/\.test\.tsx?$|\/testing\/|conformance/.test(path),
);

/** Texts and numbers of a program: what it says in comments, and what its help shows as examples, computes nothing. */
const working = (path: string): string =>
  readFileSync(root + path, "utf8")
    .replace(/\/\*[^]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/\s\/\/ .*$/gm, "")
    .replace(/\bexamples: \[[^\]]*\]/g, "");

type Declared = Record<"data" | "models" | "steps" | "checks", Record<string, unknown>> & {
  "x-demo": Record<string, string[]>;
  purpose: { pays: Record<string, number> };
};
let texts: Map<string, string>;
let declared: Declared;
beforeAll(() => {
  texts = new Map(sources.map((path) => [path, working(path)]));
  declared = parse(readFileSync(`${root}examples/flight-delays/capstan.yaml`, "utf8")) as Declared;
});
const holders = (pattern: RegExp): string[] => [...texts].filter(([, text]) => pattern.test(text)).map(([path]) => path);
const quoted = (name: string): RegExp => new RegExp(`(["'\`/])${name.replace(/[-.]/g, "\\$&")}\\1?\\b`);

test("the program knows no column, model, check or script of the example", () => {
  // Words that mean something of their own in this program are looked for where the example is played.
  const distinctive = [
    ...FEATURES.filter((name) => name.includes("_")),
    "flight_id",
    "distance_band",
    ...Object.keys(declared.models),
    ...Object.keys(declared.checks).filter((name) => name.includes("-")),
    ...Object.values(declared["x-demo"]).flatMap((words) => words.filter((word) => word.endsWith(".ts"))),
  ];
  for (const name of distinctive) expect([name, holders(quoted(name))]).toEqual([name, []]);
  const names = [...FEATURES, ...Object.keys(declared.data), ...Object.keys(declared.steps)];
  const demo = sources.filter((path) => path.includes("/cli/demo"));
  expect(demo.length).toBeGreaterThan(4);
  for (const name of names)
    expect([name, demo.filter((path) => new RegExp(`["'\`]${name}["'\`]`).test(texts.get(path) ?? ""))]).toEqual([name, []]);
});

test("no day, amount or size of the example stands in the program", () => {
  const figures = [/3[ _.,]?000[ _.,]?000\b/, /\b2001-0[1-7]-\d\d(?!T10:00:00Z)/, /\b150[ _.,]?000\b/, /\b0\.21\b/, /miles to kilometres/];
  for (const figure of figures) expect([String(figure), holders(figure)]).toEqual([String(figure), []]);
});

test("faults of the replay are what their one line says", () => {
  const scaled = parseFault("distance*1.609344 from 2001-06-04");
  expect([scaled.from * 60_000, scaled.changed("distance", 100), scaled.changed("minute", 100), scaled.missing("ATL")]).toEqual([
    Date.parse("2001-06-04"),
    160.9344,
    100,
    false,
  ]);
  expect(parseFault("origin_delay_3h+60 from 2001-06-04").changed("origin_delay_3h", 5)).toBe(65);
  expect([parseFault("without ATL from 2001-06-04").missing("ATL"), parseFault("none").from]).toEqual([true, Infinity]);
  for (const wrong of ["", "delay*2 from 2001-06-04", "distance*2", "without atl from 2001-06-04"])
    expect(() => parseFault(wrong)).toThrow("is no fault");
});
