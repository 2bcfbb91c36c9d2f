import type { OutputOf } from "@capstan/contract";
import type { ProjectConfig } from "@capstan/contract/config";
import type { releaseOperations } from "@capstan/contract/operations/release";
import type { servingOperations } from "@capstan/contract/operations/serving";
import { toTime } from "../../base/foundation/clock.ts";
import type { Handlers } from "../../base/foundation/caller.ts";
import type { Store } from "../../base/record/store.ts";
import { versionName } from "../../build/registry/model.ts";
import { actorsOf } from "../../build/registry/store.ts";
import type { ServingService } from "../serving/service.ts";
import type { Progress } from "./analysis.ts";
import { createAnalysis } from "./analysis.ts";
import { isActive, type Look, type Release, releaseName, type Stage, type Transition } from "./model.ts";
import { releasePlan } from "./plan.ts";
import { decideStage, runningStage } from "./rules.ts";
import type { ReleaseService } from "./service.ts";
import { listTransitions } from "./store.ts";

type Operations = typeof releaseOperations & Pick<typeof servingOperations, "routes.rollback">;
type Detail = OutputOf<Operations["releases.get"]>;
type Summary = OutputOf<Operations["releases.list"]>["releases"][number];
type Seen = { readonly looks: readonly Look[]; readonly progress: Progress };

export const releaseHandlers = (
  service: ReleaseService,
  serving: ServingService,
  store: Store,
  /** The project file of a project, when it is at hand and sound. */
  configs: { config(project: string): Promise<ProjectConfig | undefined> },
): Handlers<Operations> => {
  /** The evidence of this moment, or the frozen one. */
  const seenOf = async (release: Release): Promise<Seen | null> => {
    const moving = service.moving(release.project, releaseName(release.number));
    if (moving) return { looks: moving.analysis.looks(), progress: moving.analysis.progress };
    if (release.evidenceDigest === null) return null;
    return JSON.parse((await store.blobs.bytes(release.evidenceDigest)).toString()) as Seen;
  };
  const running = (release: Release): { rows: number; ranMs: number } | null => {
    const moving = service.moving(release.project, releaseName(release.number));
    return moving ? { rows: moving.analysis.rows(), ranMs: moving.analysis.progress.ranMs } : null;
  };
  const summaries = async (releases: readonly Release[]): Promise<Summary[]> => {
    const actors = await actorsOf(
      store.database,
      releases.map((release) => release.entryId),
    );
    return releases.map((release) => summaryOf(release, running(release), actors.get(release.entryId) ?? ""));
  };

  return {
    "releases.list": async ({ project, route, limit }) => ({
      releases: await summaries(await service.list(project, { limit, ...(route !== undefined && { route }) })),
    }),
    async "releases.get"({ project, release: id }) {
      const release = await service.get(project, id);
      const [[summary], seen, transitions] = await Promise.all([
        summaries([release]),
        seenOf(release),
        listTransitions(store.database, project, release.number),
      ]);
      const actors = await actorsOf(
        store.database,
        transitions.map((one) => one.entryId),
      );
      return { ...(summary as Summary), ...detailOf(release, seen, transitions, actors, serving) };
    },
    "releases.plan": async ({ project, route, model }) => releasePlan(await configs.config(project), route, model),
    async "releases.start"(input, caller) {
      const release = await service.start(
        {
          project: input.project,
          route: input.route,
          model: input.model,
          ref: input.version,
          override: input.override,
          plan: {
            strategy: input.strategy,
            shadow: input.shadow,
            steps: [...input.steps].sort((a, b) => a - b),
            eachMs: input.each.seconds * 1000,
            eachRows: input.each.rows,
            maxMs: input.maxSeconds * 1000,
            threshold: input.threshold,
            guard: {
              alpha: input.guard.alpha,
              latencyP95Ms: input.guard.latencyP95 === undefined ? null : input.guard.latencyP95 * 1000,
              scoreMean: input.guard.scoreMean ?? null,
            },
          },
          ...(input.reason !== undefined && { reason: input.reason }),
          ...(input.because !== undefined && { because: input.because }),
        },
        caller,
      );
      return {
        release: releaseName(release.number),
        state: release.state,
        entry: release.entryId,
        gate: release.gate && { verdict: release.gate.verdict, dossier: release.gate.dossier },
        because: release.because,
      };
    },
    async "releases.pause"({ project, release: id, reason }, caller) {
      const { release, entryId } = await service.pause(project, id, caller, reason);
      return { release: id, state: release.state, entry: entryId };
    },
    async "releases.advance"({ project, release: id, override, reason }, caller) {
      const { release, entryId } = await service.advance(project, id, caller, override, reason);
      return { release: id, state: release.state, entry: entryId };
    },
    async "releases.stop"({ project, release: id, reason }, caller) {
      const { release, entryId, tookMs } = await service.stop(project, id, caller, reason);
      return { release: id, state: release.state, entry: entryId, took: tookMs / 1000 };
    },
    async "routes.rollback"({ project, route, to, reason }, caller) {
      const back = await service.rollback(project, route, caller, {
        ...(to !== undefined && { to }),
        ...(reason !== undefined && { reason }),
      });
      return {
        route,
        from: back.from,
        to: back.to,
        epoch: back.epoch,
        took: back.tookMs / 1000,
        release: back.release,
        entry: back.entryId,
      };
    },
  };
};

function stageOut(stage: Stage, release: Release, now: { rows: number; ranMs: number } | null): Summary["stages"][number] {
  const live = stage.state === "running" ? now : null;
  const asks = stage.kind === "shadow" || stage.kind === "canary";
  return {
    name: stage.name,
    kind: stage.kind,
    share: stage.share,
    state: stage.state,
    verdict: stage.verdict,
    startedAt: stage.startedMs === null ? null : toTime(stage.startedMs),
    endedAt: stage.endedMs === null ? null : toTime(stage.endedMs),
    seconds: live ? live.ranMs / 1000 : stage.startedMs !== null && stage.endedMs !== null ? (stage.endedMs - stage.startedMs) / 1000 : 0,
    asksSeconds: asks ? release.plan.eachMs / 1000 : 0,
    rows: live && asks ? live.rows : stage.rows,
    asksRows: asks ? release.plan.eachRows : 0,
    because: stage.because,
  };
}

const summaryOf = (release: Release, now: { rows: number; ranMs: number } | null, actor: string): Summary => ({
  release: releaseName(release.number),
  route: release.route,
  model: release.model,
  from: release.from === null ? null : versionName(release.from),
  to: versionName(release.to),
  bundle: release.bundle,
  strategy: release.plan.strategy,
  state: release.state,
  verdict: release.verdict,
  override: release.override,
  epoch: release.epoch,
  startedAt: toTime(release.startedMs),
  endedAt: release.endedMs === null ? null : toTime(release.endedMs),
  actor,
  because: release.because,
  stages: release.stages.map((stage) => stageOut(stage, release, now)),
});

function detailOf(
  release: Release,
  seen: Seen | null,
  transitions: readonly Transition[],
  actors: ReadonlyMap<string, string>,
  serving: ServingService,
): Omit<Detail, keyof Summary> {
  const { progress, looks } = seen ?? { progress: null, looks: [] };
  const shadow = progress?.shadow;
  const differences = shadow?.differences;
  const served = serving.find(release.route);
  const canary = served?.canary?.spec;
  const analysis = progress && isActive(release) ? createAnalysis(release.plan, structuredClone(progress)) : null;
  const seenShare = analysis?.shareSeen() ?? null;
  const shadowLook = looks.find((look) => look.id === "score_mean");
  return {
    rev: release.rev,
    gate: release.gate && {
      verdict: release.gate.verdict,
      dossier: release.gate.dossier,
      results: release.gate.results.map((one) => ({ ...one })),
    },
    guards: looks.map((look) => ({ ...look, interval: look.interval ? [look.interval[0], look.interval[1]] : null })),
    shadow:
      shadow && shadow.rows > 0
        ? {
            rows: shadow.rows,
            dropped: served?.counts.shadowDropped ?? 0,
            onlyInShadow: shadow.onlyInShadow,
            meanDifference: differences && differences.n > 0 ? differences.mean : null,
            interval:
              progress?.stage.kind === "shadow" && shadowLook?.interval
                ? [shadowLook.interval[0], shadowLook.interval[1]]
                : shadowInterval(release, shadow),
            largest: shadow.largest,
            flips: shadow.flips,
            flipShare: differences && differences.n > 0 ? shadow.flips / differences.n : null,
            threshold: release.plan.threshold,
          }
        : null,
    evidence: {
      rollbackAt: 1 / release.plan.guard.alpha,
      scoreBound: release.plan.guard.scoreMean,
      digest: release.evidenceDigest,
      points: (progress?.points ?? []).map((point) => ({
        at: toTime(point.atMs),
        stage: point.stage,
        canaryRows: point.canaryRows,
        controlRows: point.controlRows,
        eValue: point.eValue,
        scoreDifference: point.scoreDifference,
        scoreLower: point.scoreLower,
        scoreUpper: point.scoreUpper,
        canaryFailures: point.canaryFailures,
        controlFailures: point.controlFailures,
        canaryP95: point.canaryP95Ms === null ? null : point.canaryP95Ms / 1000,
        controlP95: point.controlP95Ms === null ? null : point.controlP95Ms / 1000,
      })),
    },
    transitions: transitions.map((one) => ({
      at: toTime(one.atMs),
      from: one.from,
      to: one.to,
      actor: actors.get(one.entryId) ?? "",
      because: one.because,
      rev: one.rev,
      epoch: one.epoch,
      entry: one.entryId,
    })),
    arms: {
      control: release.from === null ? null : versionName(release.from),
      canary: canary ? versionName(canary.number) : null,
      share: canary?.share ?? 0,
      shareSeen: seenShare?.seen ?? null,
      shareP: seenShare?.p ?? null,
    },
    traffic: progress?.traffic ?? { requests: 0, failed: 0, fallbacks: 0 },
    back: {
      version: release.from === null ? null : versionName(release.from),
      warm: [served?.live, served?.back].some((arm) => arm?.spec.number === release.from),
      took: release.tookMs === null ? null : release.tookMs / 1000,
    },
    incident: release.incident,
    actions: actionsOf(release, seen),
  };
}

/** The paired interval of the shadow stage after it has ended: made from what was kept of it. */
function shadowInterval(release: Release, shadow: Progress["shadow"]): [number, number] | null {
  const analysis = createAnalysis(release.plan);
  analysis.begin({ name: "shadow", kind: "shadow", share: 0 });
  Object.assign(analysis.progress.shadow, shadow);
  const interval = analysis.looks().find((look) => look.id === "score_mean")?.interval;
  return interval ? [interval[0], interval[1]] : null;
}

/** Null where the caller may act; else why not, in one sentence. */
function actionsOf(release: Release, seen: Seen | null): Detail["actions"] {
  const over = isActive(release) ? null : `${releaseName(release.number)} is ${release.state}`;
  const stage = release.stages[runningStage(release.stages)];
  let advance = over;
  if (!over && release.state !== "paused" && stage && seen) {
    const rows = seen.progress.stage.kind === "shadow" ? seen.progress.shadow.rows : seen.progress.stage.canaryRows;
    const decision = decideStage(release.plan, stage, seen.looks, rows, seen.progress.ranMs);
    advance = decision.act === "advance" ? null : decision.because;
  }
  return { pause: over ?? (release.state === "paused" ? "it is paused already" : null), advance, stop: over };
}
