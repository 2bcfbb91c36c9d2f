import type { Verdict } from "@capstan/contract";
import { goesForward, worstVerdict } from "@capstan/contract";
import type { Caller } from "../../base/foundation/caller.ts";
import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import { CapstanError, toCapstanError } from "../../base/foundation/errors.ts";
import type { EntryDraft } from "../../base/record/model.ts";
import type { Store } from "../../base/record/store.ts";
import type { Change } from "../../base/storage/database.ts";
import { versionName } from "../../build/registry/model.ts";
import type { ArmSpec, RouteTable } from "../serving/model.ts";
import { moved } from "../serving/rules.ts";
import type { NextTable, ServingService } from "../serving/service.ts";
import { type Analysis, createAnalysis, type Progress, worstLook } from "./analysis.ts";
import { type Gate, type GateAnswer, type IncidentSink, type Release, releaseName, type ReleaseState, type Stage } from "./model.ts";
import { advanceStages, decideStage, endStages, mayGo, runningStage, stateOf } from "./rules.ts";
import { insertTransition, listReleases, saveProgress, setIncident, updateRelease } from "./store.ts";

const controller: Caller = { actor: { kind: "system", name: "system:release" }, via: "system", roles: [], capabilities: new Set() };
/** Progress is kept this often. */
const saveMs = 1000;

export type MovingDeps = { readonly store: Store; readonly serving: ServingService; readonly gate: Gate; readonly incidents: IncidentSink };

/** One release while it moves a route, in the process that moves it. All of its transitions go through here, one at a time. */
export type MovingRelease = {
  readonly release: Release;
  readonly analysis: Analysis;
  readonly ended: boolean;
  /** Watches the route's traffic from now on. */
  watch(): void;
  /** Looks at the evidence and takes the step that it asks for; resolves when that is durable. */
  tick(): Promise<void>;
  pause(caller: Caller, reason: string | undefined): Promise<string>;
  /** Goes on from a pause, or takes the next step: refused unless the stage has what it asks for, or `override`. */
  advance(caller: Caller, override: boolean, reason: string | undefined): Promise<string>;
  /** All traffic back to what was live, on this turn; resolves when durable. */
  back(
    state: "rolled_back" | "inconclusive" | "stopped" | "failed",
    verdict: Verdict | null,
    because: string,
    caller?: Caller,
  ): Promise<{ entryId: string; tookMs: number; epoch: number }>;
  /** Waits for what is under way and lets go; the release itself goes on in the next process. */
  leave(): Promise<void>;
};

export function createMovingRelease(deps: MovingDeps, initial: Release, progress?: Progress): MovingRelease {
  const { store, serving } = deps;
  let release = initial;
  let ended = false;
  let busy: Promise<void> | undefined;
  /** A rollback that evidence asked for and that is not durable yet. */
  let ending: Promise<void> | undefined;
  let unobserve: (() => void) | undefined;
  let lastMs = store.clock.nowMs();
  let savedMs = lastMs;
  const analysis = createAnalysis(initial.plan, progress);
  const name = releaseName(initial.number);

  const tableOf = (): RouteTable | undefined => serving.find(release.route)?.table;
  const liveSpec = (): ArmSpec | undefined => tableOf()?.arms.find((arm) => arm.arm === "live");
  const changed = (): void => store.events.emit("changed", { project: release.project, kind: "release", id: name });
  const stage = (): Stage | undefined => release.stages[runningStage(release.stages)];

  const entryOf = (
    next: Release,
    action: string,
    entryId: string,
    caller: Caller,
    because: string,
    more: { [key: string]: Json | undefined } = {},
  ): EntryDraft => ({
    id: entryId,
    action,
    subject: { type: "release", id: name, digest: next.bundle },
    project: next.project,
    actor: caller.actor,
    ...(next.verdict && { outcome: next.verdict }),
    ...(next.becauseEntry !== null && { because: next.becauseEntry }),
    payload: {
      route: next.route,
      from: next.from === null ? "nothing" : versionName(next.from),
      to: versionName(next.to),
      state: next.state,
      because,
      override: next.override ?? undefined,
      ...more,
    },
  });
  const transition = (next: Release, entryId: string, because: string): Change => [
    ...updateRelease(next, release.rev),
    ...insertTransition(next, {
      rev: next.rev,
      from: release.state,
      to: next.state,
      atMs: store.clock.nowMs(),
      because,
      epoch: next.epoch,
      entryId,
    }),
  ];
  const stepTo = (state: ReleaseState, more: Partial<Release>): Release => {
    if (!mayGo(release.state, state))
      throw new CapstanError("CAP-RELEASE-004", { release: name, state: release.state, action: `become ${state}` });
    return { ...release, ...more, state, rev: release.rev + 1, pausedFrom: more.pausedFrom ?? null };
  };
  /** Committed without a new route table. */
  const commit = async (
    next: Release,
    action: string,
    caller: Caller,
    because: string,
    more?: { [key: string]: Json | undefined },
  ): Promise<string> => {
    const entryId = store.recorder.newEntryId();
    await store.recorder.commit(transition(next, entryId, because), [entryOf(next, action, entryId, caller, because, more)]);
    release = next;
    changed();
    return entryId;
  };
  /** Committed together with the table that serves it. */
  const publish = async (
    next: Release,
    arms: readonly ArmSpec[],
    back: ArmSpec | null,
    action: string,
    caller: Caller,
    because: string,
    extra: Change = [],
    more?: { [key: string]: Json | undefined },
  ): Promise<string> => {
    const entryId = store.recorder.newEntryId();
    const table: NextTable = {
      project: next.project,
      route: next.route,
      arms,
      back,
      salt: name,
      release: next.state === "live" ? null : name,
      reason: `${name}: ${because}`,
      entryId,
    };
    // A rollback decided meanwhile has the last word.
    if (ended) throw new CapstanError("CAP-RELEASE-004", { release: name, state: release.state, action: "move" });
    const before = release;
    const published = await serving.publish(
      table,
      [...transition(next, entryId, because), ...extra],
      [entryOf(next, action, entryId, caller, because, more)],
    );
    // A rollback on the same turn has already decided otherwise: its own change was guarded by `rev`.
    if (release === before) release = { ...next, epoch: published.table.epoch };
    changed();
    return entryId;
  };

  const freeze = async (): Promise<string> => {
    analysis.sample(store.clock.nowMs(), true);
    const { digest } = await store.blobs.putBytes(
      Buffer.from(
        canonicalJson(
          JSON.parse(JSON.stringify({ release: name, route: release.route, looks: analysis.looks(), progress: analysis.progress })) as Json,
        ),
      ),
    );
    return digest;
  };

  /** The arms of the next stage, and the change that leads there. */
  const goForward = async (verdict: Verdict, because: string, caller: Caller): Promise<string> => {
    const now = store.clock.nowMs();
    const stages = advanceStages(release.stages, verdict, because, analysis.rows(), now);
    const next = stages[runningStage(stages)];
    const live = liveSpec();
    if (!next) throw new CapstanError("CAP-INTERNAL-001", { what: "a release without a next stage" });
    if (next.kind === "live" || !live) return promote(stages, because, caller);
    const { candidate } = release;
    const back = tableOf()?.back ?? null;
    const arms =
      next.kind === "shadow"
        ? [moved(live, "live", 1, live.sinceMs), moved(candidate, "shadow", 0, now)]
        : [moved(live, "live", 1 - next.share, live.sinceMs), moved(candidate, "canary", next.share, now)];
    const action = release.state === "draft" ? "release.stepped" : stage()?.kind === "shadow" ? "release.shadowed" : "release.stepped";
    const stepped = stepTo(stateOf(next), { stages, because: `${next.name}: just begun` });
    const entryId = await publish(stepped, arms, back, action, caller, because, [], { share: next.share, stage: next.name });
    analysis.begin({ name: next.name, kind: next.kind, share: next.share });
    return entryId;
  };

  /** Decided, then signed, then asked once more, then served. The first version of a route had nobody to be tried beside, so there is nothing more to ask. */
  const promote = async (stages: Stage[], because: string, caller: Caller): Promise<string> => {
    const rows = analysis.rows();
    await commit(stepTo("promoting", { stages, because: "waits until its evidence is signed" }), "release.passed", caller, because, {
      rows,
    });
    await store.recorder.signed();
    const answer: GateAnswer =
      release.from === null
        ? { verdict: "skipped", dossierDigest: null, results: [] }
        : await deps.gate.evaluate(
            {
              project: release.project,
              model: release.model,
              version: release.to,
              stage: "promotion",
              ...(release.becauseEntry !== null && { because: release.becauseEntry }),
            },
            caller,
          );
    const gate = {
      verdict: worstVerdict([release.gate?.verdict ?? "skipped", answer.verdict]),
      dossier: answer.dossierDigest ?? release.gate?.dossier ?? null,
      results: answer.results.length > 0 ? answer.results : (release.gate?.results ?? []),
    };
    if (!goesForward(answer.verdict) && release.override === null) {
      release = { ...release, gate };
      const open = answer.results.filter((one) => !goesForward(one.verdict)).map((one) => `${one.id} ${one.observed ?? one.verdict}`);
      const { entryId } = await goBack(
        answer.verdict === "inconclusive" ? "inconclusive" : "failed",
        answer.verdict,
        `the gate before all traffic says ${answer.verdict}: ${open.join("; ") || "no reason"}`,
        caller,
        true,
      );
      return entryId;
    }
    const now = store.clock.nowMs();
    const live = liveSpec();
    const done = stages.map((one): Stage =>
      one.kind === "live" ? { ...one, state: "done", verdict: "pass", endedMs: now, because: "serves everyone" } : one,
    );
    const verdict =
      release.override !== null && !goesForward(gate.verdict)
        ? "warn"
        : worstVerdict(done.flatMap((one) => (one.verdict && one.kind !== "gate" ? [one.verdict] : [])));
    const evidenceDigest = await freeze();
    const next = stepTo("live", {
      stages: done,
      gate,
      verdict,
      endedMs: now,
      evidenceDigest,
      because: `${versionName(release.to)} serves everyone: ${because}`,
    });
    const before = (await listReleases(store.database, release.project, { route: release.route })).find((one) => one.state === "live");
    const supersede = before ? updateRelease({ ...before, state: "superseded", rev: before.rev + 1 }, before.rev) : [];
    const entryId = await publish(
      next,
      [moved(release.candidate, "live", 1, now)],
      live ?? null,
      "release.promoted",
      caller,
      because,
      supersede,
      { evidence: evidenceDigest, requests: analysis.progress.traffic.requests, failed: analysis.progress.traffic.failed },
    );
    end();
    return entryId;
  };

  const end = (): void => {
    ended = true;
    unobserve?.();
  };

  /** `inside` a step that is under way, which then is not waited for. */
  const goBack = async (
    state: Parameters<MovingRelease["back"]>[0],
    verdict: Verdict | null,
    because: string,
    caller: Caller,
    inside: boolean,
  ): ReturnType<MovingRelease["back"]> => {
    if (ended) throw new CapstanError("CAP-RELEASE-004", { release: name, state: release.state, action: "be taken back" });
    end();
    const entryId = store.recorder.newEntryId();
    const table = tableOf();
    const live = table?.arms.find((arm) => arm.arm === "live");
    const now = store.clock.nowMs();
    const stages = endStages(release.stages, verdict ?? "skipped", because, analysis.rows(), now);
    const nextOf = (tookMs: number | null, epoch: number | null, evidenceDigest: string): Release =>
      stepTo(state, { stages, verdict, because, endedMs: now, tookMs, epoch, evidenceDigest });
    const action = `release.${state}`;
    // Nothing moved yet: there is no table to go back from.
    if (!table || !live || table.arms.length === 1) {
      const evidenceDigest = await freeze();
      const entry = await commit(nextOf(null, release.epoch, evidenceDigest), action, caller, because, { evidence: evidenceDigest });
      return { entryId: entry, tookMs: 0, epoch: table?.epoch ?? 0 };
    }
    let next = release;
    const reverted = serving.revert(
      {
        project: release.project,
        route: release.route,
        arms: [moved(live, "live", 1, live.sinceMs)],
        back: table.back,
        salt: name,
        release: null,
        reason: `${name}: ${because}`,
        entryId,
      },
      async ({ epoch, tookMs }) => {
        // A step that was under way settles first: it holds the newer `rev`, or it failed.
        if (!inside) await busy;
        const evidenceDigest = await freeze();
        next = nextOf(tookMs, epoch, evidenceDigest);
        return {
          change: transition(next, entryId, because),
          entries: [entryOf(next, action, entryId, caller, because, { evidence: evidenceDigest, tookMs, epoch })],
        };
      },
    );
    await reverted.committed;
    release = next;
    changed();
    if (state === "rolled_back" && caller === controller) await openIncident(entryId, because);
    return { entryId, tookMs: reverted.tookMs, epoch: reverted.table.epoch };
  };

  const back: MovingRelease["back"] = (state, verdict, because, caller = controller) => goBack(state, verdict, because, caller, false);

  const openIncident = async (entryId: string, because: string): Promise<void> => {
    try {
      const incident = await deps.incidents.rolledBack({
        project: release.project,
        release: name,
        route: release.route,
        model: release.model,
        from: release.from ?? 0,
        to: release.to,
        because,
        atMs: store.clock.nowMs(),
        entryId,
        evidenceDigest: release.evidenceDigest ?? "",
      });
      if (incident === null) return;
      await store.database.commit(setIncident(release.project, release.number, incident));
      release = { ...release, incident };
      changed();
    } catch (error) {
      store.log.error("release.incident", { release: name, error: String(error) });
    }
  };

  /** Runs one step at a time; whoever comes meanwhile is refused by `ended` or by the guard. */
  const exclusively = async <T>(step: () => Promise<T>): Promise<T> => {
    await busy;
    if (ended) throw new CapstanError("CAP-RELEASE-004", { release: name, state: release.state, action: "move" });
    const running = step();
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    busy = settled;
    try {
      return await running;
    } finally {
      if (busy === settled) busy = undefined;
    }
  };

  const report = (error: unknown): void => {
    const known = toCapstanError(error);
    if (known.code !== "CAP-RELEASE-004") store.log.error("release.step", { release: name, code: known.code, error: known.message });
  };

  const decide = async (): Promise<void> => {
    const running = stage();
    if (!running || (release.state !== "shadow" && release.state !== "canary" && release.state !== "paused")) return;
    const now = store.clock.nowMs();
    analysis.progress.ranMs += Math.max(0, now - lastMs);
    lastMs = now;
    analysis.sample(now);
    const decision = decideStage(release.plan, running, analysis.looks(), analysis.rows(), analysis.progress.ranMs);
    if (decision.act === "back") await back("rolled_back", "fail", decision.because);
    else if (release.state === "paused") return;
    else if (decision.act === "give-up") await back("inconclusive", "inconclusive", decision.because);
    else if (decision.act === "advance") await exclusively(() => goForward(decision.verdict, decision.because, controller));
    if (!ended && now - savedMs >= saveMs) {
      savedMs = now;
      await store.database.commit(saveProgress(release.project, release.number, analysis.progress, now));
      changed();
    }
  };

  return {
    get release() {
      return release;
    },
    get ended() {
      return ended;
    },
    analysis,
    watch() {
      unobserve ??= serving.observe(release.route, {
        answered(event) {
          if (ended) return;
          const alarm = analysis.answered(event);
          if (alarm !== null) ending = back("rolled_back", "fail", alarm).then(() => undefined, report);
        },
        shadowed(event) {
          if (!ended) analysis.shadowed(event);
        },
        unanswered() {
          analysis.progress.traffic.failed++;
        },
      });
    },
    async tick() {
      await ending;
      if (ended || busy) return;
      try {
        await decide();
      } catch (error) {
        report(error);
      }
    },
    pause: (caller, reason) =>
      exclusively(() => {
        const because = reason ?? "paused by hand";
        return commit(stepTo("paused", { pausedFrom: release.state, because }), "release.paused", caller, because);
      }),
    advance: (caller, override, reason) =>
      exclusively(async () => {
        if (release.state === "draft")
          return release.override === null
            ? goForward("pass", "the gate lets it pass", caller)
            : goForward("warn", `in spite of the gate: ${release.override}`, caller);
        if (release.state === "paused") {
          const to = release.pausedFrom ?? "canary";
          if (to === "promoting") return promote([...release.stages], reason ?? "goes on by hand", caller);
          return commit(stepTo(to, { because: reason ?? "goes on" }), "release.resumed", caller, reason ?? "goes on by hand");
        }
        const running = stage();
        if (!running) throw new CapstanError("CAP-RELEASE-004", { release: name, state: release.state, action: "advance" });
        const decision = decideStage(release.plan, running, analysis.looks(), analysis.rows(), analysis.progress.ranMs);
        if (decision.act !== "advance" && !override)
          throw new CapstanError("CAP-RELEASE-004", { release: name, state: release.state, action: `advance: ${decision.because}` });
        if (override && reason === undefined) throw new CapstanError("CAP-RELEASE-005", {});
        return goForward(decision.act === "advance" ? decision.verdict : worstLook(analysis.looks()), reason ?? decision.because, caller);
      }),
    back,
    async leave() {
      unobserve?.();
      await ending;
      await busy;
      if (!ended) await store.database.commit(saveProgress(release.project, release.number, analysis.progress, store.clock.nowMs()));
      ended = true;
    },
  };
}
