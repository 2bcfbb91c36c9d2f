import { afterEach, beforeEach, expect, it } from "vitest";
import { incidentsOperations } from "@capstan/contract/operations/incidents";
import { checked } from "../../testing/checked.ts";
import { openWatchedWorld, project, season, type Week, type WatchedWorld, week, worldConfig } from "../../testing/watched-world.ts";
import { incidentsHandlers } from "./operations.ts";

let world: WatchedWorld;
beforeEach(async () => {
  world = await openWatchedWorld(season, { config: worldConfig({ trigger: true }) });
});
afterEach(() => world.close());
const quiet: Week = { share: 0.23 };
const inKilometres: Week = { share: 0.23, change: (row) => ({ ...row, length: row.length * 1.609344 }) };
const handlers = () =>
  checked(
    incidentsOperations,
    incidentsHandlers(world.incidents, world.store, async () => ({ tier: "minimal", level: 1 })),
  );
const evaluate = () => world.monitoring.evaluate(project, world.now(), world.caller);

it("assembles the story of a prior shift from the record, in the order of the world", async () => {
  await world.live([quiet, { share: 0.08 }, { share: 0.09 }, quiet]);
  await evaluate();
  // An entry has its place once it is included.
  await world.store.recorder.signed();
  const view = await handlers()["incidents.get"]({ project, incident: "INC-1" }, world.caller);
  expect(view).toMatchObject({ class: "prior", state: "stable", alerts: 2, silentSeconds: week / 1000, restoreSeconds: (2 * week) / 1000 });
  expect(view.timeline.flatMap((item) => item.mark ?? [])).toEqual(["cause", "impact", "detected", "restored"]);
  expect(view.timeline.map((item) => Date.parse(item.at))).toEqual(
    view.timeline.map((item) => Date.parse(item.at)).toSorted((a, b) => a - b),
  );
  expect(view.factors.length).toBeGreaterThanOrEqual(2);
  expect(view.impact!.points.map((point) => Date.parse(point.at))).toContain(world.liveFrom + week);
  expect(view.clocks[0]).toMatchObject({ applies: false });
});

it("closes only when its follow-ups are done, which the record decides", async () => {
  await world.live([inKilometres]);
  await evaluate();
  const operations = handlers();
  await expect(operations["incidents.close"]({ project, incident: "INC-1", message: "feed repaired" }, world.caller)).rejects.toThrow(
    "A-1.1 open",
  );
  const config = worldConfig();
  world.configure({
    ...config,
    checks: { ...config.checks, units: { for: "data:world", tests: [{ kind: "unit_scale", column: "length" }] } },
  });
  expect(
    await operations["incidents.close"]({ project, incident: "INC-1", message: "feed repaired, unit is checked now" }, world.caller),
  ).toMatchObject({ state: "closed" });
  await expect(operations["incidents.close"]({ project, incident: "INC-1", message: "again" }, world.caller)).rejects.toThrow("closed");
  expect((await operations["incidents.list"]({ project, state: "open", limit: 10 }, world.caller)).incidents).toEqual([]);
});

it("counts a prior shift as answered when what it asked for was decided", async () => {
  await world.live([{ share: 0.08 }, quiet]);
  const { triggered } = await evaluate();
  const incident = await world.incidents.get(project, "INC-1");
  expect((await world.incidents.followUps(incident))[0]).toMatchObject({ state: "open" });
  const { entries } = await world.store.recorder.commit(
    [],
    [
      {
        action: "model.version.registered",
        subject: { type: "model", id: "answers@v2" },
        project,
        actor: { kind: "system", name: "system:pipeline" },
        because: triggered[0]!.alertEntry,
        payload: {},
      },
    ],
  );
  expect((await world.incidents.followUps(incident))[0]).toMatchObject({ state: "open" });
  await world.store.recorder.commit(
    [],
    [
      {
        action: "dossier.declined",
        subject: { type: "dossier", id: "answers@v2" },
        project,
        actor: { kind: "person", name: "local:ada" },
        because: entries[0]!.id,
        payload: { reason: "no better" },
      },
    ],
  );
  expect((await world.incidents.followUps(incident))[0]).toMatchObject({ state: "done", verdict: "pass" });
  const view = await handlers()["incidents.get"]({ project, incident: "INC-1" }, world.caller);
  expect(view.facts.find((fact) => fact.label === "Retrained")!.value).toBe("answers@v2");
});

it("tells the gate what is open with the entries that answer it, and what is late", async () => {
  await world.live([inKilometres]);
  await evaluate();
  const [alert] = await world.monitoring.alerts(project);
  const facts = await world.incidents.facts(project, "answers");
  // Declared as 2; one lower, because nobody was served worse.
  expect(facts.open).toMatchObject([{ id: "INC-1", severity: 3, title: "length: miles to kilometres" }]);
  expect(facts.open[0]!.entries).toContain(alert!.entryId);
  expect(facts.overdue).toEqual([]);
  expect((await world.incidents.facts(project, "another")).open).toEqual([]);
});

it("keeps a release that was taken back as an incident that is over", async () => {
  const { entries } = await world.store.recorder.commit(
    [],
    [
      {
        action: "release.rolled_back",
        subject: { type: "release", id: "R-3" },
        project,
        actor: { kind: "system", name: "system:release" },
        payload: {},
      },
    ],
  );
  const name = await world.incidents.rolledBack({
    project,
    release: "R-3",
    route: "answers",
    model: "answers",
    from: 2,
    to: 3,
    because: "mean score moved",
    atMs: 1000,
    entryId: entries[0]!.id,
    evidenceDigest: "0".repeat(64),
  });
  expect(name).toBe("INC-1");
  const view = await handlers()["incidents.get"]({ project, incident: "INC-1" }, world.caller);
  expect(view).toMatchObject({ class: "release", state: "stable", alerts: 0, actionsOpen: 0 });
  expect(view.timeline.map((item) => item.title)).toContain("INC-1 opened");
  expect((await world.incidents.facts(project)).open).toEqual([]);
  expect(await handlers()["incidents.close"]({ project, incident: "INC-1", message: "known" }, world.caller)).toMatchObject({
    state: "closed",
  });
});
