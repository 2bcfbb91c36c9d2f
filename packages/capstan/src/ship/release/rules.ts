import type { Verdict } from "@capstan/contract";
import { worstVerdict } from "@capstan/contract";
import type { Facts } from "../governance/model.ts";
import { type Look, type Plan, type Release, releaseName, type ReleaseState, type Stage } from "./model.ts";

/** From which state one may come to which. What is not here does not happen. */
const transitions: Readonly<Record<ReleaseState, readonly ReleaseState[]>> = {
  draft: ["shadow", "canary", "promoting", "failed", "stopped"],
  shadow: ["canary", "promoting", "paused", "rolled_back", "inconclusive", "stopped", "failed"],
  canary: ["canary", "promoting", "paused", "rolled_back", "inconclusive", "stopped", "failed"],
  promoting: ["live", "rolled_back", "inconclusive", "stopped", "failed"],
  paused: ["shadow", "canary", "promoting", "rolled_back", "stopped"],
  live: ["superseded", "rolled_back"],
  superseded: ["live"],
  rolled_back: [],
  failed: [],
  inconclusive: [],
  stopped: [],
};
export const mayGo = (from: ReleaseState, to: ReleaseState): boolean => transitions[from].includes(to);
export const reachable = (from: ReleaseState): readonly ReleaseState[] => transitions[from];

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

/** The stages of a plan, in order; without a live version there is nothing to compare with, so it goes live directly. */
export function stagesOf(plan: Plan, hasControl: boolean): Stage[] {
  const stage = (name: string, kind: Stage["kind"], share: number): Stage => ({
    name,
    kind,
    share,
    state: "waiting",
    verdict: null,
    startedMs: null,
    endedMs: null,
    rows: 0,
    because: null,
  });
  const between = hasControl
    ? [
        ...(plan.shadow ? [stage("shadow", "shadow", 0)] : []),
        ...(plan.strategy === "canary" ? plan.steps.map((share) => stage(percent(share), "canary", share)) : []),
      ]
    : [];
  return [stage("gate", "gate", 0), ...between, stage("live", "live", 1)];
}

export const stateOf = (stage: Stage): ReleaseState =>
  stage.kind === "shadow" ? "shadow" : stage.kind === "canary" ? "canary" : "promoting";
export const runningStage = (stages: readonly Stage[]): number => stages.findIndex((stage) => stage.state === "running");

/** Ends the running stage and begins the next one. */
export function advanceStages(stages: readonly Stage[], verdict: Verdict, because: string, rows: number, nowMs: number): Stage[] {
  const at = runningStage(stages);
  return stages.map((stage, i) => {
    if (i === at) return { ...stage, state: "done", verdict, endedMs: nowMs, rows, because };
    if (i === at + 1) return { ...stage, state: "running", startedMs: nowMs };
    return stage;
  });
}
/** Ends the running stage; the others are never reached. */
export const endStages = (stages: readonly Stage[], verdict: Verdict, because: string, rows: number, nowMs: number): Stage[] =>
  stages.map((stage) =>
    stage.state === "running"
      ? {
          ...stage,
          state: "done",
          verdict,
          endedMs: nowMs,
          rows: stage.kind === "gate" || stage.kind === "live" ? stage.rows : rows,
          because,
        }
      : stage,
  );

export type StageDecision =
  | { act: "wait"; because: string }
  | { act: "advance"; verdict: Verdict; because: string }
  | { act: "back"; because: string }
  | { act: "give-up"; because: string };

/** What a stage's evidence means now. A guard that fails takes back at once; time, rows and every guard's pass are needed to go on. */
export function decideStage(plan: Plan, stage: Stage, looks: readonly Look[], rows: number, ranMs: number): StageDecision {
  const failed = looks.find((look) => look.verdict === "fail" || look.verdict === "error");
  if (failed) return { act: "back", because: failed.detail };
  const open = looks.find((look) => look.verdict === "inconclusive");
  const missing =
    rows < plan.eachRows
      ? `${rows} of ${plan.eachRows} rows`
      : ranMs < plan.eachMs
        ? `${seconds(ranMs)} of ${seconds(plan.eachMs)} s`
        : open
          ? open.detail
          : null;
  if (missing === null)
    return {
      act: "advance",
      verdict: worstVerdict(looks.map((look) => look.verdict)),
      because: `${rows} rows in ${seconds(ranMs)} s, every guard passes`,
    };
  if (ranMs >= plan.maxMs) return { act: "give-up", because: `${stage.name} has no answer after ${seconds(ranMs)} s: ${missing}` };
  return { act: "wait", because: missing };
}
const seconds = (ms: number): string => (ms / 1000).toFixed(ms < 10_000 ? 1 : 0);

/** Runs of failures and broken answers that need no statistics. Null while neither limit is reached. */
const consecutiveLimit = 5;
const invalidLimit = 3;
export function tripWire(consecutiveFailures: number, invalidAnswers: number): string | null {
  if (invalidAnswers >= invalidLimit) return `${invalidAnswers} answers were no numbers or out of their range`;
  if (consecutiveFailures >= consecutiveLimit) return `${consecutiveFailures} failures in a row`;
  return null;
}

/** Halves a series that has grown to its limit by keeping every second point and the last. */
export const thin = <T>(points: readonly T[], limit: number): T[] =>
  points.length < limit ? [...points] : points.filter((_, i) => i % 2 === 0 || i === points.length - 1);

/** A release as the gate sees it. Of several canary steps the newest one that was begun counts. */
export function exposureOf(
  release: Release,
  runningRows: number,
  loaded: { bundle: string; verified: boolean } | null,
): NonNullable<Facts["release"]> {
  const rowsOf = (stage: Stage): number => (stage.state === "running" ? runningRows : stage.rows);
  const begun = release.stages.filter((stage) => stage.state !== "waiting");
  const shadow = begun.findLast((stage) => stage.kind === "shadow");
  const canary = begun.findLast((stage) => stage.kind === "canary");
  const asked = release.plan.eachRows;
  return {
    id: releaseName(release.number),
    shadow: shadow ? { rows: rowsOf(shadow), asked } : null,
    canary: canary ? { rows: rowsOf(canary), asked, verdict: canary.verdict ?? "inconclusive" } : null,
    automaticRollback: release.from !== null,
    loaded,
  };
}
