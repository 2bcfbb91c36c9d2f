import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Verdict } from "@capstan/contract";
import { releaseOperations } from "@capstan/contract/operations/release";
import { servingOperations } from "@capstan/contract/operations/serving";
import { checked } from "../../testing/checked.ts";
import { brittleModel, logisticModel, nanModel } from "../../build/inference/tiny-onnx.ts";
import type { ModelVersion } from "../../build/registry/model.ts";
import { ada, openServingFixture, type ServingFixture, v2 } from "../../testing/served-store.ts";
import { releaseMigrations } from "./migrations.ts";
import type { IncidentSink, Plan, Release } from "./model.ts";
import { releaseHandlers } from "./operations.ts";
import { createReleaseService, type ReleaseService, type StartRequest } from "./service.ts";

let nowMs = 1_000_000;
let fixture: ServingFixture;
let service: ReleaseService;
let verdict: Verdict;
let forbidden: string | undefined;
let incidents: Parameters<IncidentSink["rolledBack"]>[0][];
let sent = 0;
let failed = 0;

const open = async (): Promise<void> => {
  service = createReleaseService({
    store: fixture.opened.store,
    serving: fixture.serving,
    registry: fixture.registry,
    gate: {
      evaluate: async (question) => ({
        verdict: question.stage === "release" ? verdict : "pass",
        dossierDigest: null,
        results: [],
        ...(forbidden !== undefined && { forbidden }),
      }),
    },
    incidents: { rolledBack: async (event) => `INC-${incidents.push(event)}` },
  });
  await service.open();
};
beforeEach(async () => {
  nowMs = 1_000_000;
  [verdict, forbidden, incidents, sent, failed] = ["pass", undefined, [], 0, 0];
  fixture = await openServingFixture({ migrations: releaseMigrations, store: { clock: { nowMs: () => nowMs } } });
  await fixture.route();
  await open();
});
afterEach(async () => {
  await service.close();
  await fixture.close();
});

const plan = (more: Partial<Plan> = {}): Plan => ({
  strategy: "canary",
  shadow: false,
  steps: [0.1],
  eachMs: 2000,
  eachRows: 200,
  maxMs: 60_000,
  threshold: 0.5,
  guard: { alpha: 0.001, latencyP95Ms: null, scoreMean: 0.02 },
  ...more,
});
const start = (version: ModelVersion, more: Partial<StartRequest> = {}): Promise<Release> =>
  service.start(
    { project: "default", route: "late-arrival", model: "late-arrival", ref: `v${version.number}`, plan: plan(), override: false, ...more },
    ada,
  );
/** Requests with keys and varied inputs; counts what a client would call failed. */
const traffic = async (count: number, value: (i: number) => number = (i) => ((i * 7) % 100) / 100): Promise<void> => {
  for (let done = 0; done < count; done += 50) {
    const replies = await Promise.all(
      Array.from({ length: Math.min(50, count - done) }, () =>
        fixture.post("/v2/models/late-arrival/infer", v2({ a: [value(sent)] }, { keys: [`k${sent++}`] })),
      ),
    );
    failed += replies.filter((reply) => reply.status !== 200).length;
  }
};
const after = async (ms: number): Promise<void> => {
  nowMs += ms;
  await service.tick();
};
const current = (id: string): Promise<Release> => service.get("default", id);
const actions = async (): Promise<string[]> => {
  // Where the index is given after the commit, it is now.
  await fixture.opened.store.recorder.look();
  return (
    await fixture.opened.store.database.all<{ action: string }>("select action from entry where subject_type = 'release' order by idx")
  ).map((one) => one.action);
};
const good = (): Promise<ModelVersion> => fixture.register(logisticModel({ a: 1 }, 0));
const better = (): Promise<ModelVersion> => fixture.register(logisticModel({ a: 1.01 }, 0));
const worse = (): Promise<ModelVersion> => fixture.register(logisticModel({ a: 1 }, 1));
const firstLive = async (): Promise<ModelVersion> => {
  const version = await good();
  expect((await start(version)).state).toBe("live");
  return version;
};
const liveNumber = (): number | undefined => fixture.serving.find("late-arrival")?.live?.spec.number;

it("what the law forbids is not released by an override either", async () => {
  forbidden = "article 5: may not be used at all";
  verdict = "fail";
  const version = await good();
  await expect(start(version, { override: true, reason: "only for a test" })).rejects.toMatchObject({ code: "CAP-GOV-001" });
  expect(await service.list("default")).toEqual([]);
});

describe("forward", () => {
  it("the first release goes live directly, after the gate", async () => {
    await firstLive();
    expect(liveNumber()).toBe(1);
    expect((await fixture.registry.get("default", "late-arrival", "live")).number).toBe(1);
    expect(await actions()).toEqual(["release.started", "release.passed", "release.promoted"]);
  });

  it("shadow, canary and promotion on evidence, with an entry each and no failed request", async () => {
    await firstLive();
    const release = await start(await better(), { plan: plan({ shadow: true }) });
    expect(release).toMatchObject({ state: "shadow", from: 1, to: 2 });
    await traffic(250);
    await after(1000);
    expect((await current("R-2")).state).toBe("shadow");
    await after(1500);
    expect(await current("R-2")).toMatchObject({ state: "canary" });
    await traffic(3000);
    await after(2500);
    const live = await current("R-2");
    expect(live).toMatchObject({ state: "live", verdict: "pass" });
    expect(live.stages.map((stage) => [stage.name, stage.verdict])).toEqual([
      ["gate", "pass"],
      ["shadow", "pass"],
      ["10 %", "pass"],
      ["live", "pass"],
    ]);
    expect(liveNumber()).toBe(2);
    expect(failed).toBe(0);
    expect((await current("R-1")).state).toBe("superseded");
    expect(await actions()).toEqual([
      "release.started",
      "release.passed",
      "release.promoted",
      "release.started",
      "release.stepped",
      "release.shadowed",
      "release.passed",
      "release.promoted",
    ]);

    const handlers = checked(
      { ...releaseOperations, ...servingOperations },
      releaseHandlers(service, fixture.serving, fixture.opened.store, { config: async () => undefined }),
    );
    const detail = await handlers["releases.get"]({ project: "default", release: "R-2" }, ada);
    expect(detail.shadow).toMatchObject({ rows: 250, onlyInShadow: 0 });
    expect(detail.shadow!.meanDifference!).toBeGreaterThan(0);
    expect(detail.shadow!.interval![0]).toBeLessThan(detail.shadow!.meanDifference!);
    expect(detail.guards.map((guard) => [guard.id, guard.verdict])).toEqual([
      ["failures", "pass"],
      ["invalid_outputs", "pass"],
      ["score_mean", "pass"],
    ]);
    expect(detail.evidence.points.length).toBeGreaterThan(2);
    expect(detail.evidence).toMatchObject({ rollbackAt: 1000, scoreBound: 0.02 });
    expect(detail.transitions.map((one) => one.to)).toEqual(["draft", "shadow", "canary", "promoting", "live"]);
    expect(detail.traffic).toMatchObject({ failed: 0, requests: 3250 });
    expect(detail.actions.pause).toContain("R-2 is live");
  });

  it("without an answer in time it is inconclusive, and does not promote", async () => {
    await firstLive();
    await start(await better());
    await traffic(300);
    await after(10_000);
    expect((await current("R-2")).state).toBe("canary");
    await after(60_000);
    expect(await current("R-2")).toMatchObject({ state: "inconclusive", verdict: "inconclusive" });
    expect((await current("R-2")).because).toContain("of 200 rows");
    expect(liveNumber()).toBe(1);
    expect(fixture.serving.find("late-arrival")?.canary).toBeUndefined();
  });

  it("a gate that says no is a recorded end; an override goes on, on record", async () => {
    await firstLive();
    verdict = "fail";
    const version = await better();
    expect(await start(version)).toMatchObject({ state: "failed", verdict: "fail" });
    expect(liveNumber()).toBe(1);
    await expect(start(version, { override: true })).rejects.toMatchObject({ code: "CAP-RELEASE-005" });
    expect(await start(version, { override: true, reason: "a drill" })).toMatchObject({ state: "canary", override: "a drill" });
    expect(await actions()).toContain("release.refused");
  });

  it("one release moves a route at a time; what is live is not released again; another signature is refused", async () => {
    const version = await firstLive();
    await expect(start(version)).rejects.toMatchObject({ code: "CAP-RELEASE-006" });
    await expect(start(await fixture.register(logisticModel({ b: 1 }, 0)))).rejects.toMatchObject({ code: "CAP-RELEASE-007" });
    const next = await better();
    const both = await Promise.allSettled([start(next), start(next)]);
    expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(start(next)).rejects.toMatchObject({ code: "CAP-RELEASE-002" });
  });
});

describe("back by itself", () => {
  const expectBack = async (because: string): Promise<Release> => {
    const release = await current("R-2");
    expect(release).toMatchObject({ state: "rolled_back", verdict: "fail", incident: "INC-1" });
    expect(release.because).toContain(because);
    expect(liveNumber()).toBe(1);
    expect(fixture.serving.find("late-arrival")?.canary).toBeUndefined();
    expect(failed).toBe(0);
    expect(incidents).toMatchObject([{ release: "R-2", from: 1, to: 2, route: "late-arrival" }]);
    expect((await actions()).at(-1)).toBe("release.rolled_back");
    return release;
  };

  it("by the mean-score guard, without a failed request, and not again without override", async () => {
    await firstLive();
    const version = await worse();
    await start(version);
    for (let i = 0; i < 40 && (await current("R-2")).state === "canary"; i++) {
      await traffic(50);
      await after(100);
    }
    const release = await expectBack("score mean +0.1");
    expect(release.tookMs!).toBeLessThan(50);
    const evidence = JSON.parse((await fixture.opened.store.blobs.bytes(release.evidenceDigest!)).toString());
    expect(evidence.progress.stage.canaryRows).toBeGreaterThanOrEqual(30);
    const handlers = checked(
      { ...releaseOperations, ...servingOperations },
      releaseHandlers(service, fixture.serving, fixture.opened.store, { config: async () => undefined }),
    );
    const detail = await handlers["releases.get"]({ project: "default", release: "R-2" }, ada);
    expect(detail.guards.find((guard) => guard.id === "score_mean")).toMatchObject({ verdict: "fail", bound: 0.02 });
    expect(detail.evidence.points.at(-1)!.scoreLower!).toBeGreaterThan(0);
    await expect(start(version)).rejects.toMatchObject({ code: "CAP-RELEASE-003" });
    expect((await start(version, { override: true, reason: "again" })).state).toBe("canary");
  });

  it("by five failures in a row, each answered by the other arm", async () => {
    await firstLive();
    await start(await fixture.register(brittleModel("a")), { plan: plan({ steps: [0.5] }) });
    await traffic(400, () => 50);
    await after(1);
    const release = await expectBack("failures in a row");
    expect(release.stages[1]!.rows).toBeLessThan(60);
  });

  it("by answers that are no numbers", async () => {
    await firstLive();
    await start(await fixture.register(nanModel("a")));
    await traffic(400, (i) => (i % 2 ? 1 : -1));
    await after(1);
    await expectBack("no numbers or out of their range");
  });

  it("by the failure evidence, when failures are rare", async () => {
    await firstLive();
    await start(await fixture.register(brittleModel("a")), {
      plan: plan({ steps: [0.5], eachRows: 100_000, guard: { alpha: 0.001, latencyP95Ms: null, scoreMean: null } }),
    });
    for (let i = 0; i < 40 && (await current("R-2")).state === "canary"; i++) {
      await traffic(100, (k) => (k % 7 === 0 ? 50 : 5));
      await after(100);
    }
    await expectBack("failures");
  });

  it("in shadow, when only the shadow fails", async () => {
    await firstLive();
    await start(await fixture.register(brittleModel("a")), { plan: plan({ shadow: true }) });
    await traffic(20, () => 50);
    await after(1);
    await expectBack("failed only in shadow");
  });

  it("a good canary is hardly ever taken back: many small batches, looked at each time", async () => {
    await firstLive();
    await start(await better(), { plan: plan({ eachRows: 1_000_000 }) });
    for (let i = 0; i < 30; i++) {
      await traffic(50);
      await after(100);
    }
    expect((await current("R-2")).state).toBe("canary");
    expect(service.moving("default", "R-2")!.analysis.shareSeen()!.p).toBeGreaterThan(0.001);
  });
});

describe("by hand", () => {
  it("pause holds, guards stay on, advance goes on", async () => {
    await firstLive();
    const handlers = checked(
      { ...releaseOperations, ...servingOperations },
      releaseHandlers(service, fixture.serving, fixture.opened.store, { config: async () => undefined }),
    );
    const begun = await handlers["releases.start"](
      {
        ...releaseOperations["releases.start"].input.parse({
          project: "default",
          route: "late-arrival",
          model: "late-arrival",
          shadow: false,
          guard: { scoreMean: 0.02, latencyP95: 1, alpha: 0.001 },
          each: { seconds: 2, rows: 200 },
        }),
        version: `v${(await better()).number}`,
      },
      ada,
    );
    expect(begun).toMatchObject({ release: "R-2", state: "canary" });
    await traffic(100);
    expect((await handlers["releases.list"]({ project: "default", limit: 10 }, ada)).releases[0]!.stages[1]).toMatchObject({
      state: "running",
      asksRows: 200,
      asksSeconds: 2,
    });
    expect((await handlers["releases.get"]({ project: "default", release: "R-2" }, ada)).actions.advance).toContain("of 200 rows");
    await service.pause("default", "R-2", ada, "lunch");
    await traffic(2500);
    await after(3000);
    expect((await current("R-2")).state).toBe("paused");
    await service.advance("default", "R-2", ada, false);
    await after(100);
    expect((await current("R-2")).state).toBe("live");
  });

  it("advance before its time is refused, with override it is on record", async () => {
    await firstLive();
    await start(await better());
    await expect(service.advance("default", "R-2", ada, false)).rejects.toMatchObject({ code: "CAP-RELEASE-004" });
    const { release } = await service.advance("default", "R-2", ada, true, "I am sure");
    expect(release.state).toBe("live");
  });

  it("stop and rollback in mid-release end at what was live", async () => {
    await firstLive();
    await start(await better());
    expect((await service.stop("default", "R-2", ada)).release.state).toBe("stopped");
    expect(liveNumber()).toBe(1);
    await start(await better());
    const back = await service.rollback("default", "late-arrival", ada, { reason: "a feeling" });
    expect(back).toMatchObject({ from: "v2", to: "v1", release: "R-3" });
    expect((await current("R-3")).state).toBe("rolled_back");
    expect(incidents).toEqual([]);
  });

  it("rollback of a live version: milliseconds, one entry, warm, no failed request under load", async () => {
    await firstLive();
    await start(await better(), { plan: plan({ strategy: "direct" }) });
    expect(liveNumber()).toBe(2);
    const load = traffic(600);
    const before = (await actions()).length;
    const handlers = checked(
      { ...releaseOperations, ...servingOperations },
      releaseHandlers(service, fixture.serving, fixture.opened.store, { config: async () => undefined }),
    );
    const back = await handlers["routes.rollback"]({ project: "default", route: "late-arrival" }, ada);
    expect(back).toMatchObject({ from: "v2", to: "v1", release: "R-2" });
    expect(back.took).toBeLessThan(0.05);
    await load;
    expect(failed).toBe(0);
    expect((await actions()).length).toBe(before + 1);
    expect((await current("R-2")).state).toBe("rolled_back");
    expect((await current("R-1")).state).toBe("live");
    expect((await fixture.registry.get("default", "late-arrival", "live")).number).toBe(1);
    await expect(service.rollback("default", "late-arrival", ada)).rejects.toMatchObject({ code: "CAP-SERVE-007" });
    expect(await service.rollback("default", "late-arrival", ada, { to: "v2" })).toMatchObject({ from: "v1", to: "v2" });
  });
});

it("goes on in the next process, with its evidence", async () => {
  await firstLive();
  await start(await better());
  await traffic(1500);
  await after(1500);
  const rows = service.moving("default", "R-2")!.analysis.rows();
  await service.close();
  await fixture.reopen();
  await open();
  expect(service.moving("default", "R-2")!.analysis.rows()).toBe(rows);
  await traffic(1500);
  await after(1500);
  expect((await current("R-2")).state).toBe("live");
});
