import type { Verdict } from "@capstan/contract";
import type { GateResultView } from "@capstan/contract/operations/governance";
import type { Caller } from "../../base/foundation/caller.ts";
import type { ArmSpec } from "../serving/model.ts";

export type ReleaseState =
  | "draft"
  | "shadow"
  | "canary"
  | "promoting"
  | "live"
  | "superseded"
  | "paused"
  | "rolled_back"
  | "failed"
  | "inconclusive"
  | "stopped";

/** What must hold between a model version and its traffic. Implemented by governance; asked before any traffic, and once more before all of it. */
export type Gate = {
  evaluate(
    question: { project: string; model: string; version: number; stage: "release" | "promotion"; because?: string },
    caller: Caller,
  ): Promise<GateAnswer>;
};
export type GateAnswer = {
  readonly verdict: Verdict;
  readonly dossierDigest: string | null;
  readonly results: readonly GateResultView[];
  /** Why nothing may release it, an override neither; absent when something may. */ readonly forbidden?: string;
  /** Digest of the policy in force. */ readonly policy?: string;
};

/** Told of every release that was taken back by evidence. Returns the incident's id, if there is one. */
export type IncidentSink = {
  rolledBack(event: {
    project: string;
    release: string;
    route: string;
    model: string;
    from: number;
    to: number;
    because: string;
    atMs: number;
    entryId: string;
    evidenceDigest: string;
  }): Promise<string | null>;
};

type GuardBounds = {
  readonly latencyP95Ms: number | null;
  readonly scoreMean: number | null;
  /** Chance that a good canary is ever taken back by one guard. */ readonly alpha: number;
};

export type Plan = {
  readonly strategy: "direct" | "canary";
  readonly shadow: boolean;
  readonly steps: readonly number[];
  readonly eachMs: number;
  readonly eachRows: number;
  readonly maxMs: number;
  readonly guard: GuardBounds;
  /** Score at or above which the decision is positive. */
  readonly threshold: number;
};

export type StageKind = "gate" | "shadow" | "canary" | "live";
export type Stage = {
  readonly name: string;
  readonly kind: StageKind;
  readonly share: number;
  readonly state: "waiting" | "running" | "done";
  readonly verdict: Verdict | null;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly rows: number;
  readonly because: string | null;
};

type GuardId = "failures" | "latency_p95" | "score_mean" | "invalid_outputs";
/** One look at one guard. */
export type Look = {
  readonly id: GuardId;
  readonly title: string;
  readonly verdict: Verdict;
  readonly control: number | null;
  readonly canary: number | null;
  readonly difference: number | null;
  readonly interval: readonly [number, number] | null;
  readonly eValue: number | null;
  readonly bound: number | null;
  readonly unit: "share" | "s" | "score" | "rows";
  readonly detail: string;
};

export type Release = {
  readonly project: string;
  readonly number: number;
  readonly route: string;
  readonly model: string;
  readonly from: number | null;
  readonly to: number;
  readonly bundle: string;
  readonly plan: Plan;
  readonly state: ReleaseState;
  /** Where a paused release goes on. */
  readonly pausedFrom: ReleaseState | null;
  readonly rev: number;
  readonly verdict: Verdict | null;
  readonly override: string | null;
  readonly gate: { readonly verdict: Verdict; readonly dossier: string | null; readonly results: readonly GateResultView[] } | null;
  readonly stages: readonly Stage[];
  readonly because: string;
  /** Entry that led to it. */
  readonly becauseEntry: string | null;
  readonly epoch: number | null;
  readonly evidenceDigest: string | null;
  /** From the decision to go back to the pointer write. */
  readonly tookMs: number | null;
  readonly incident: string | null;
  /** The arm that it brings, as it was loaded at the start. */
  readonly candidate: ArmSpec;
  readonly startedMs: number;
  readonly endedMs: number | null;
  readonly entryId: string;
};

export type Transition = {
  readonly rev: number;
  readonly from: ReleaseState;
  readonly to: ReleaseState;
  readonly atMs: number;
  readonly because: string;
  readonly epoch: number | null;
  readonly entryId: string;
};

export const releaseName = (number: number): string => `R-${number}`;
export const releaseNode = (number: number): string => `release:${releaseName(number)}`;
export const activeStates: readonly ReleaseState[] = ["draft", "shadow", "canary", "promoting", "paused"];
export const isActive = (release: Release): boolean => activeStates.includes(release.state);
