import { afterEach, expect, it } from "vitest";
import { monitoringOperations } from "@capstan/contract/operations/monitoring";
import { checked } from "../../testing/checked.ts";
import {
  openWatchedWorld,
  project,
  season,
  type Week,
  type WatchedWorld,
  type WorldRow,
  week,
  worldConfig,
} from "../../testing/watched-world.ts";
import { monitoringHandlers } from "./operations.ts";

let world: WatchedWorld;
afterEach(() => world.close());
const quiet: readonly Week[] = [0.23, 0.21, 0.25, 0.22].map((share) => ({ share }));
const inKilometres: Week = { share: 0.23, change: (row) => ({ ...row, length: row.length * 1.609344 }) };
const entries = (action: string) =>
  world.store.database.all<{ id: string; subject_id: string; because: string | null }>(
    "select id, subject_id, because from entry where action = ? order by idx",
    [action],
  );

it("stays quiet while the world is as it was, and judges each window once", async () => {
  world = await openWatchedWorld(season);
  await world.live(quiet);
  const first = await world.monitoring.evaluate(project, world.now(), world.caller);
  expect(first).toMatchObject({ windows: 4, alerts: [], incidents: [], triggered: [] });
  expect((await world.monitoring.windows(project, "inputs")).map((window) => window.verdict)).not.toContain("fail");
  expect(await world.monitoring.evaluate(project, world.now(), world.caller)).toMatchObject({ windows: 0 });
  // Rows that are not watched change nothing either.
  await world.live([{ share: 0.9 }], { use: "release" });
  expect(await world.monitoring.evaluate(project, world.now(), world.caller)).toMatchObject({ windows: 0, alerts: [] });
  expect(await entries("window.judged")).toHaveLength(4);
  // Without a time, windows are closed by the newest row that is watched: the last one is still open.
  expect(await world.monitoring.evaluate(project, undefined, world.caller)).toMatchObject({ windows: 0 });
});

it("learns its level from the reference, and says on record what the bounds would have said of it", async () => {
  world = await openWatchedWorld(season);
  await world.live(quiet.slice(0, 1));
  const { backtests } = await world.monitoring.backtest(project, world.caller);
  expect(backtests[0]).toMatchObject({ monitor: "inputs", weeks: 13, cells: 13 * 6, verdict: "pass" });
  expect(backtests[0]!.alarms).toBeLessThanOrEqual(0.05 * backtests[0]!.cells);
  await world.monitoring.backtest(project, world.caller);
  expect(await entries("monitor.backtested")).toHaveLength(1);
  expect(await entries("monitor.declared")).toHaveLength(1);
});

it("finds a prior shift, explains by it what goes with it, makes the stretch one incident, closes it, and asks once for a retraining", async () => {
  world = await openWatchedWorld(season, { config: worldConfig({ trigger: true }) });
  await world.live([...quiet.slice(0, 2), { share: 0.08 }, { share: 0.09 }, ...quiet.slice(2)]);
  const evaluation = await world.monitoring.evaluate(project, world.now(), world.caller);
  const alerts = (await world.monitoring.alerts(project)).toReversed();
  expect(alerts.map((alert) => [alert.kind, alert.startMs, alert.incident, alert.state])).toEqual([
    ["prior", world.liveFrom + 2 * week, "INC-1", "closed"],
    ["prior", world.liveFrom + 3 * week, "INC-1", "closed"],
  ]);
  expect(alerts[0]!.title).toMatch(/^Prior shift: share of late fell to \d/);
  expect(alerts[0]!.series).toEqual(expect.arrayContaining(["realised:label-share", "prediction:mean", "column:delay"]));
  expect(alerts[0]!.series).not.toContain("column:length");
  expect(await world.incidents.get(project, "INC-1")).toMatchObject({
    state: "stable",
    class: "prior",
    restoredMs: world.liveFrom + 4 * week,
  });
  expect(evaluation.triggered).toHaveLength(1);
  const end = world.liveFrom + 3 * week;
  expect(evaluation.triggered[0]).toMatchObject({
    trigger: "retrain",
    incident: "INC-1",
    set: [`window.until=${new Date(end).toISOString()}`],
    dueMs: end + week + 12 * 3_600_000,
    alertEntry: alerts[0]!.entryId,
  });
  const [job, ...others] = await world.jobs.list(project);
  expect(others).toEqual([]);
  expect(job).toMatchObject({ id: evaluation.triggered[0]!.job, kind: "trigger.run", because: alerts[0]!.entryId, state: "waiting" });
});

it("asks for the retraining only when its event time has come", async () => {
  world = await openWatchedWorld(season, { config: worldConfig({ trigger: true }) });
  await world.live([{ share: 0.08 }]);
  expect((await world.monitoring.evaluate(project, world.now(), world.caller)).triggered).toEqual([]);
  expect(await world.jobs.list(project)).toEqual([]);
  await world.live([{ share: 0.23 }]);
  expect((await world.monitoring.evaluate(project, world.now(), world.caller)).triggered).toHaveLength(1);
  expect(await world.jobs.list(project)).toHaveLength(1);
});

it("names a changed unit in its first window, and learns nothing from it", async () => {
  world = await openWatchedWorld(season, { config: worldConfig({ trigger: true }) });
  await world.live([...quiet.slice(0, 2), inKilometres, inKilometres]);
  const evaluation = await world.monitoring.evaluate(project, world.now(), world.caller);
  const [second, first] = await world.monitoring.alerts(project);
  expect(first).toMatchObject({
    kind: "unit",
    title: "length: miles to kilometres",
    startMs: world.liveFrom + 2 * week,
    incident: "INC-1",
    retrains: false,
    series: ["column:length"],
  });
  expect(second).toMatchObject({ kind: "unit", incident: "INC-1" });
  expect(evaluation.triggered).toEqual([]);
  const [opened] = await entries("alert.opened");
  const judged = await entries("window.judged");
  const segments = await entries("segment.closed");
  expect(judged.find((entry) => entry.id === opened!.because)).toMatchObject({ because: segments[2]!.id });
});

it("names a feed that reports too much, and does not take what it does to the answers for a prior shift", async () => {
  world = await openWatchedWorld(season, { config: worldConfig({ trigger: true }) });
  const tooMuch: Week = {
    share: 0.23,
    change: (row) => ({ ...row, delay: row.delay + 60, score: 1 / (1 + (1 / row.score - 1) * Math.exp(-1.5)) }),
  };
  await world.live([...quiet.slice(0, 2), tooMuch, tooMuch]);
  const evaluation = await world.monitoring.evaluate(project, world.now(), world.caller);
  const alerts = (await world.monitoring.alerts(project)).toReversed();
  expect(alerts.map((alert) => [alert.kind, alert.incident, alert.retrains])).toEqual([
    ["data", "INC-1", false],
    ["data", "INC-1", false],
  ]);
  expect(alerts[0]!.title).toMatch(/^delay: (59|60|61)(\.\d+)? more than before$/);
  expect(alerts[0]!.series).toEqual(expect.arrayContaining(["column:delay", "prediction:mean"]));
  expect(evaluation.triggered).toEqual([]);
});

it("tells a burst of missing values, and two causes in one window apart", async () => {
  world = await openWatchedWorld(season);
  await world.live([
    { share: 0.08, change: (row) => ({ ...row, length: row.length * 1.609344, town: row.score < 0.07 ? null : row.town }) },
  ]);
  await world.monitoring.evaluate(project, world.now(), world.caller);
  const alerts = await world.monitoring.alerts(project);
  expect(alerts.map((alert) => alert.kind).toSorted()).toEqual(["data", "prior", "unit"]);
  expect(alerts.map((alert) => alert.incident).toSorted()).toEqual(["INC-1", "INC-2", "INC-3"]);
  expect(alerts.find((alert) => alert.kind === "data")!.title).toBe("town: missing values rose");
});

it("names a category that is missing, and takes what its absence does to other columns for its consequence", async () => {
  const far = (row: WorldRow): WorldRow => (row.town === "B" ? { ...row, length: row.length * 3.3 } : row);
  world = await openWatchedWorld(season.map((one) => ({ ...one, change: far })));
  const without: Week = { share: 0.23, change: far, without: (row) => row.town === "B" };
  await world.live([...quiet.slice(0, 2).map((one) => ({ ...one, change: far })), without, without]);
  await world.monitoring.evaluate(project, world.now(), world.caller);
  const alerts = (await world.monitoring.alerts(project)).toReversed();
  expect(alerts.map((alert) => [alert.kind, alert.title, alert.incident, alert.startMs])).toEqual([
    ["data", "town: B is missing", "INC-1", world.liveFrom + 2 * week],
    ["data", "town: B is missing", "INC-1", world.liveFrom + 3 * week],
  ]);
  expect(alerts[0]!.series).toEqual(expect.arrayContaining(["column:town", "column:length"]));
  expect(alerts[0]!.causes[0]!.evidence).toMatch(/^B was 2\d(\.\d)? % of the rows, is 0/);
});

it("makes one alert and one incident of all that moved in one window without a known reason", async () => {
  world = await openWatchedWorld(season);
  const odd: Week = {
    share: 0.23,
    change: (row) => ({ ...row, length: row.length ** 1.06, town: row.town === "A" && row.length % 1 < 0.6 ? "C" : row.town }),
  };
  const odder: Week = {
    ...odd,
    change: (row) => ({ ...(odd.change?.(row) ?? row), delay: Math.sign(row.delay) * Math.abs(row.delay) ** 1.25 }),
  };
  await world.live([...quiet.slice(0, 2), odd, odder]);
  await world.monitoring.evaluate(project, world.now(), world.caller);
  const alerts = (await world.monitoring.alerts(project)).toReversed();
  expect(alerts.map((alert) => [alert.kind, alert.incident])).toEqual([
    ["upstream", "INC-1"],
    ["upstream", "INC-1"],
  ]);
  expect(alerts[0]!.title).toMatch(/^(length and town|town and length) moved without a known reason$/);
  expect(alerts[0]!.series.toSorted()).toEqual(["column:length", "column:town"]);
  expect(alerts[1]!.series.toSorted()).toEqual(["column:delay", "column:length", "column:town"]);
});

it("lets a person acknowledge, explain and mute; each is in the record, and a mute holds back what it names only", async () => {
  world = await openWatchedWorld(season, { config: worldConfig({ trigger: true }) });
  await world.live([{ share: 0.08 }]);
  await world.monitoring.evaluate(project, world.now(), world.caller);
  const handlers = checked(monitoringOperations, monitoringHandlers(world.monitoring, world.store));
  expect((await handlers["alerts.acknowledge"]({ project, alert: "AL-1", note: "looking" }, world.caller)).state).toBe("acknowledged");
  await expect(handlers["alerts.acknowledge"]({ project, alert: "AL-1" }, world.caller)).rejects.toMatchObject({ code: "CAP-STATE-001" });
  const until = (days: number): string => new Date(world.store.clock.nowMs() + days * 86_400_000).toISOString();
  for (const wrong of [-1, 91])
    await expect(handlers["alerts.mute"]({ project, alert: "AL-1", reason: "r", until: until(wrong) }, world.caller)).rejects.toMatchObject(
      {
        code: "CAP-REQUEST-001",
      },
    );
  expect((await handlers["alerts.mute"]({ project, alert: "AL-1", reason: "known", until: until(30) }, world.caller)).state).toBe(
    "acknowledged",
  );

  // Quiet in between, so that the next is an incident of its own, which would ask for its work.
  await world.live([...quiet.slice(0, 1), { share: 0.08 }, inKilometres, ...quiet.slice(1, 3)]);
  await world.monitoring.evaluate(project, world.now(), world.caller);
  const [unit, again] = await world.monitoring.alerts(project);
  expect([again?.kind, again?.retrains, unit?.kind]).toEqual(["prior", false, "unit"]);
  const opened = await world.store.database.all<{ payload: string }>(
    "select p.payload from entry e join entry_payload p on p.entry_id = e.id where e.action = 'alert.opened' order by e.idx",
  );
  expect(opened.map((one) => "muted" in (JSON.parse(one.payload) as object))).toEqual([false, true, false]);
  const [first] = await entries("alert.acknowledged");
  const [mute] = await entries("alert.muted");
  const [alert] = await entries("alert.opened");
  expect([first?.because, mute?.because]).toEqual([alert?.id, alert?.id]);
});

it("waits for the truth: judged without it first, and again when the label delay has passed", async () => {
  world = await openWatchedWorld(season);
  await world.live(quiet.slice(0, 1));
  const end = world.liveFrom + week;
  expect((await world.monitoring.evaluate(project, end, world.caller)).windows).toBe(1);
  const [early] = await world.monitoring.windows(project, "inputs");
  expect(early!.cells.find((cell) => cell.series === "realised:label-share")).toMatchObject({ mature: false, verdict: "inconclusive" });
  expect(early!.verdict).not.toBe("inconclusive");
  expect((await world.monitoring.evaluate(project, world.now(), world.caller)).windows).toBe(1);
  const [late] = await world.monitoring.windows(project, "inputs");
  expect(late!.cells.find((cell) => cell.series === "realised:label-share")!.mature).toBe(true);
  expect(await world.monitoring.windows(project, "inputs")).toHaveLength(1);
});

it("answers in the contract's shapes, from evidence that was frozen", async () => {
  world = await openWatchedWorld(season);
  await world.live([...quiet.slice(0, 1), inKilometres]);
  const handlers = checked(monitoringOperations, monitoringHandlers(world.monitoring, world.store));
  await handlers["monitors.backtest"]({ project }, world.caller);
  const evaluated = await handlers["monitors.evaluate"]({ project, until: new Date(world.now()).toISOString() }, world.caller);
  expect(evaluated.alerts.map((alert) => alert.id)).toEqual(["AL-1"]);
  const { monitors } = await handlers["monitors.list"]({ project }, world.caller);
  expect(monitors[0]).toMatchObject({ verdict: "fail", alertsOpen: 1, series: 6 });
  const view = await handlers["monitors.get"]({ project, monitor: "inputs" }, world.caller);
  expect(view.windowList).toHaveLength(2);
  for (const series of view.seriesList) expect(series.cells).toHaveLength(2);
  const column = await handlers["monitors.column"]({ project, monitor: "inputs", column: "length" }, world.caller);
  expect(column.distribution!.median.current! / column.distribution!.median.reference!).toBeGreaterThan(1.5);
  const { bins, special } = column.distribution!;
  for (const side of ["reference", "current"] as const)
    expect([...bins, ...special].reduce((sum, bin) => sum + bin[side], 0)).toBeCloseTo(1, 9);
  expect(column.causes[0]).toMatchObject({ kind: "unit" });
  expect(column.evidence).toBe(evaluated.alerts[0]!.evidence);
  expect((await handlers["alerts.get"]({ project, alert: "AL-1" }, world.caller)).causes).toHaveLength(1);
  await expect(handlers["monitors.column"]({ project, monitor: "inputs", column: "nothing" }, world.caller)).rejects.toThrow("no series");
  await expect(handlers["alerts.get"]({ project, alert: "AL-9" }, world.caller)).rejects.toThrow("no alert");
});
