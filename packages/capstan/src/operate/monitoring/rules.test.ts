import { numericProfile, referenceEdges } from "@capstan/statistics";
import { expect, it } from "vitest";
import { normal, random } from "../../testing/watched-world.ts";
import { createBaseline } from "./baseline.ts";
import { boundOf } from "./bounds.ts";
import type { Monitor, SeriesSpec, WindowFacts } from "./model.ts";
import { backtest, backtestAt, judge, levels, opensAlert } from "./rules.ts";
import { anchorOf, closedSpans, spanAt, tileLengthOf } from "./windows.ts";

const day = 86_400_000;
const week = 7 * day;
const monitor = { name: "inputs" } as Monitor;
const columns = ["a", "b", "c", "d", "e", "f"];
const series: readonly SeriesSpec[] = columns.map((column) => ({
  id: `column:${column}`,
  name: column,
  group: "column",
  unit: "psi",
  measure: "distance",
  of: { kind: "column", column },
  labels: false,
  method: "psi",
  alpha: null,
  effect: null,
  minRows: null,
}));

/** Windows whose columns have means of their own each week, as real ones do; `shift` moves column a. */
function world(seed: number, windows: number, rows: number) {
  const next = random(seed);
  const draw = (shift: number, some = rows): Float64Array[] =>
    columns.map((_, i) => {
      const centre = 0.15 * normal(next) + (i === 0 ? shift : 0);
      return Float64Array.from({ length: some }, () => centre + normal(next));
    });
  const edges = referenceEdges(
    Float64Array.from({ length: 4000 }, () => normal(next) * 1.05),
    50,
  );
  const window = (index: number, values: readonly Float64Array[]): WindowFacts => ({
    startMs: index * week,
    endMs: (index + 1) * week,
    firstMs: 0,
    lastMs: 0,
    quality: null,
    versions: {},
    tiles: new Map([
      [
        0,
        {
          rows: values[0]!.length,
          profiles: Object.fromEntries(columns.map((column, i) => [column, numericProfile(values[i]!, edges)])),
          scoreSum: 0,
          labels: 0,
          labelSum: 0,
        },
      ],
    ]),
  });
  const reference = Array.from({ length: windows }, (_, i) => window(i, draw(0)));
  return {
    baseline: createBaseline({ name: "reference", digest: "", counting: { kinds: {}, edges: {}, categories: {} }, windows: reference }),
    live: (shift: number, some?: number) => window(100, draw(shift, some)),
  };
}

it("is quiet in at least 95 of 100 windows like the reference's, and finds a planted shift", () => {
  let [windows, loud, found] = [0, 0, 0];
  for (let seed = 1; seed <= 60; seed++) {
    const { baseline, live } = world(seed, 13, 250);
    const { alpha } = backtest(baseline, monitor, series);
    for (let i = 0; i < 5; i++) {
      windows++;
      if (judge(baseline, series, live(0), { alpha, mature: true }).verdict === "fail") loud++;
    }
    if (judge(baseline, series, live(1.5), { alpha, mature: true }).cells[0]!.verdict === "fail") found++;
  }
  expect(loud / windows).toBeLessThanOrEqual(0.05);
  expect(found).toBeGreaterThanOrEqual(57);
});

it("chooses the most watchful level at which the reference itself is quiet", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { baseline } = world(seed, 13, 250);
    const chosen = backtest(baseline, monitor, series);
    const before = levels.slice(0, levels.indexOf(chosen.alpha as (typeof levels)[number]));
    for (const level of before) expect(backtestAt(baseline, monitor, series, level).verdict).not.toBe("pass");
    if (chosen.verdict === "pass") expect(chosen.alarms / chosen.cells).toBeLessThanOrEqual(0.05);
  }
});

it("a lone marginal column warns; what failed goes on failing while it is outside", () => {
  const { baseline, live } = world(7, 13, 250);
  let warned: ReturnType<typeof judge> | undefined;
  for (let i = 0; i < 400 && !warned; i++) {
    const window = live(0.35);
    const judged = judge(baseline, series, window, { alpha: 0.025, mature: true });
    if (judged.verdict !== "warn" || judged.cells[0]!.verdict !== "warn") continue;
    warned = judged;
    expect(judged.cells[0]!.value).toBeGreaterThan(judged.cells[0]!.bound!);
    expect(judge(baseline, series, window, { alpha: 0.025, mature: true, failing: new Set(["column:a"]) }).verdict).toBe("fail");
    expect(judge(baseline, series, window, { alpha: 0.025, mature: true, failing: new Set(["column:b"]) }).verdict).toBe("warn");
  }
  expect(warned).toBeDefined();
});

it("does not judge thin windows, nor by too few reference windows", () => {
  const { baseline, live } = world(3, 13, 250);
  const thin = judge(baseline, series, live(5, 100), { alpha: 0.025, mature: true });
  expect(thin).toMatchObject({ verdict: "inconclusive", reason: "100 rows, needs 125" });
  expect(judge(world(3, 4, 250).baseline, series, live(5), { alpha: 0.025, mature: true }).verdict).toBe("inconclusive");
});

it("bounds are prediction bounds, not maxima, and a value on the bound has the level as its p", () => {
  const values = [0.06, 0.15, 0.09, 0.2, 0.11, 0.07, 0.12, 0.3];
  for (const alpha of [0.05, 0.01]) {
    for (const measure of ["distance", "upper", "lower"] as const) {
      const { bound } = boundOf(measure, 0.1, values, alpha)!;
      expect(boundOf(measure, bound!, values, alpha)!.p).toBeCloseTo(alpha, 9);
      if (measure !== "lower") expect(bound).toBeGreaterThan(0.3);
    }
    const level = boundOf("level", 0.1, values, alpha)!;
    for (const end of [level.bound!, level.lower!]) expect(boundOf("level", end, values, alpha)!.p).toBeCloseTo(alpha, 9);
  }
  expect(boundOf("distance", 1, [0.1], 0.05)).toBeNull();
  expect(boundOf("distance", 1, [0.1, 0.1, 0.1], 0.05)!.p).toBeLessThan(1e-3);
});

it("windows of weeks begin on Mondays, of days at midnight, wherever rows begin", () => {
  expect(new Date(spanAt(Date.parse("2001-04-25T13:00:00Z"), week).startMs).toISOString()).toBe("2001-04-23T00:00:00.000Z");
  expect(new Date(spanAt(Date.parse("2001-01-01T00:00:00Z"), week).startMs).toISOString()).toBe("2001-01-01T00:00:00.000Z");
  expect(anchorOf(day)).toBe(0);
  expect(closedSpans(Date.parse("2001-04-01"), Date.parse("2001-04-16"), week).map((span) => new Date(span.startMs).getUTCDate())).toEqual([
    26, 2, 9,
  ]);
  expect([tileLengthOf(week), tileLengthOf(day), tileLengthOf(3_600_000)]).toEqual([day, 3_600_000, 3_600_000]);
});

it("opens an alert after so many of the newest windows", () => {
  expect(opensAlert(undefined, ["fail"])).toBe(true);
  expect(opensAlert("2 of 3", ["fail", "pass", "fail"])).toBe(true);
  expect(opensAlert("2 of 3", ["fail", "pass", "pass", "fail"])).toBe(false);
  expect(opensAlert("1 of 2", ["pass", "fail"])).toBe(false);
});
