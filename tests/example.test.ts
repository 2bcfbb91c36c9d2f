import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { FEATURES } from "../examples/flight-delays/features.ts";
import { parseFault } from "../examples/flight-delays/fault.ts";
import { readPlay } from "../packages/capstan/src/face/cli/demo/play.ts";

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

const play = readPlay(`${root}examples/flight-delays`);
let texts: Map<string, string>;
beforeAll(() => {
  texts = new Map(sources.map((path) => [path, working(path)]));
});
const holders = (pattern: RegExp): string[] => [...texts].filter(([, text]) => pattern.test(text)).map(([path]) => path);
const quoted = (name: string): RegExp => new RegExp(`(["'\`/])${name.replace(/[-.]/g, "\\$&")}\\1?\\b`);

test("the program knows no column, model, check or script of the example", () => {
  // Words that mean something of their own in this program are looked for where the example is played.
  const distinctive = [
    ...FEATURES.filter((name) => name.includes("_")),
    "flight_id",
    "distance_band",
    play.model,
    play.route,
    ...Object.keys(play.file.config.checks ?? {}).filter((name) => name.includes("-")),
    ...Object.values(play.scripts).map(([script]) => script),
  ];
  for (const name of distinctive) expect([name, holders(quoted(name))]).toEqual([name, []]);
  const names = [...FEATURES, play.dataset.name, ...play.file.graph.nodes.keys()];
  const demo = sources.filter((path) => path.includes("/cli/demo"));
  expect(demo.length).toBeGreaterThan(4);
  for (const name of names)
    expect([name, demo.filter((path) => new RegExp(`["'\`]${name}["'\`]`).test(texts.get(path) ?? ""))]).toEqual([name, []]);
});

test("no day, amount or size of the example stands in the program", () => {
  const figures = [/3[ _.,]?000[ _.,]?000\b/, /\b2001-0[1-7]-\d\d(?!T10:00:00Z)/, /\b150[ _.,]?000\b/, /\b0\.21\b/, /miles to kilometres/];
  for (const figure of figures) expect([String(figure), holders(figure)]).toEqual([String(figure), []]);
});

test("a project that does not say how it is played is told so", async () => {
  const folder = await mkdtemp(join(tmpdir(), "capstan-play-"));
  try {
    await writeFile(join(folder, "capstan.yaml"), "capstan: 1\nproject: small\n");
    expect(() => readPlay(folder)).toThrow("capstan.yaml has no `x-demo`");
  } finally {
    await rm(folder, { recursive: true });
  }
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
