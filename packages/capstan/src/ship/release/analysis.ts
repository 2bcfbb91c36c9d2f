import {
  addFailure,
  chiSquareFit,
  differenceSequence,
  evidence,
  exceeds,
  type FailureShare,
  type Moments,
  mergeMoments,
  moments,
  emptyMoments,
  pairedSequence,
  startFailureShare,
} from "@capstan/statistics";
import { worstVerdict } from "@capstan/contract";
import { createLatency, type Latency } from "../serving/latency.ts";
import type { Values } from "../../build/inference/model.ts";
import type { Look, Plan, StageKind } from "./model.ts";
import { thin, tripWire } from "./rules.ts";

/** One look for the UI. Differences are canary (or shadow) minus control. */
type Point = {
  readonly atMs: number;
  readonly stage: string;
  readonly canaryRows: number;
  readonly controlRows: number;
  readonly eValue: number | null;
  readonly scoreDifference: number | null;
  readonly scoreLower: number | null;
  readonly scoreUpper: number | null;
  readonly canaryFailures: number;
  readonly controlFailures: number;
  readonly canaryP95Ms: number | null;
  readonly controlP95Ms: number | null;
};
/** Shown at most this many. */
const pointLimit = 300;
/** Chance that a guard which lets pass is wrong about its bound. */
const passAlpha = 0.05;

/** Everything observed since the release began; plain JSON, so that another process can go on. Score and rows are of the running stage. */
export type Progress = {
  stage: {
    name: string;
    kind: StageKind;
    canaryRows: number;
    controlRows: number;
    canaryRequests: number;
    controlRequests: number;
    share: number;
  };
  failures: FailureShare;
  slow: FailureShare;
  consecutiveFailures: number;
  invalid: number;
  canaryFailures: number;
  controlFailures: number;
  canaryScores: Moments;
  controlScores: Moments;
  shadow: { rows: number; onlyInShadow: number; flips: number; largest: number; differences: Moments };
  traffic: { requests: number; failed: number; fallbacks: number };
  points: Point[];
  sampleMs: number;
  sampledMs: number;
  /** Measured so far of the stage, over all processes. */
  ranMs: number;
};

const newProgress = (): Progress => ({
  stage: { name: "gate", kind: "gate", canaryRows: 0, controlRows: 0, canaryRequests: 0, controlRequests: 0, share: 0 },
  failures: startFailureShare(),
  slow: startFailureShare(),
  consecutiveFailures: 0,
  invalid: 0,
  canaryFailures: 0,
  controlFailures: 0,
  canaryScores: emptyMoments(),
  controlScores: emptyMoments(),
  shadow: { rows: 0, onlyInShadow: 0, flips: 0, largest: 0, differences: emptyMoments() },
  traffic: { requests: 0, failed: 0, fallbacks: 0 },
  points: [],
  sampleMs: 100,
  sampledMs: 0,
  ranMs: 0,
});

export type Analysis = {
  readonly progress: Progress;
  /** Rows of the running stage in the arm that is being tried. */
  rows(): number;
  begin(stage: { name: string; kind: StageKind; share: number }): void;
  /** A sentence when a trip-wire or the failure evidence says back, at once. */
  answered(event: {
    arm: "live" | "canary";
    rows: number;
    failed: boolean;
    invalid: boolean;
    latencyUs: number;
    scores: Values | null;
    share: number;
  }): string | null;
  shadowed(event: { rows: number; live: Values; shadow: Values | null }): void;
  looks(): Look[];
  /** A point when one is due, or `now` in any case. */
  sample(nowMs: number, now?: boolean): void;
  /** How the seen share of requests agrees with the planned one. */
  shareSeen(): { seen: number; p: number } | null;
};

export function createAnalysis(plan: Plan, progress: Progress = newProgress()): Analysis {
  const { alpha, latencyP95Ms, scoreMean } = plan.guard;
  const backAt = 1 / alpha;
  let canaryLatency: Latency = createLatency();
  let controlLatency: Latency = createLatency();
  // Scores wait in plain lists: moments of many at once cost less than one by one.
  let canaryScores: number[] = [];
  let controlScores: number[] = [];
  let differences: number[] = [];

  const settle = (): void => {
    if (canaryScores.length > 0) progress.canaryScores = mergeMoments(progress.canaryScores, moments(canaryScores));
    if (controlScores.length > 0) progress.controlScores = mergeMoments(progress.controlScores, moments(controlScores));
    if (differences.length > 0) progress.shadow.differences = mergeMoments(progress.shadow.differences, moments(differences));
    [canaryScores, controlScores, differences] = [[], [], []];
  };
  const plannedN = (): number => {
    const { kind, share } = progress.stage;
    return Math.max(200, Math.round(kind === "canary" && share > 0 ? plan.eachRows / share : plan.eachRows));
  };
  /** Two sequences over the same rows: the wide one decides for back, the narrow one for forward. */
  const scoreLook = (): { look: Look; estimate: number; lower: number; upper: number } => {
    settle();
    const shadow = progress.stage.kind === "shadow";
    const at = (level: number) =>
      shadow
        ? pairedSequence(progress.shadow.differences, { alpha: level, plannedN: plannedN() })
        : differenceSequence(progress.controlScores, progress.canaryScores, { alpha: level, plannedN: plannedN() });
    const back = at(alpha / Math.max(1, plan.steps.length));
    const forward = at(passAlpha);
    // Equal answers on every row have no spread: the difference is known exactly.
    const exact = shadow && progress.shadow.rows >= 30 && progress.shadow.differences.m2 === 0;
    const known = exact ? { lower: progress.shadow.differences.mean, upper: progress.shadow.differences.mean } : undefined;
    const [lower, upper] = [known?.lower ?? forward.lower, known?.upper ?? forward.upper];
    const [backLower, backUpper] = [known?.lower ?? back.lower, known?.upper ?? back.upper];
    const bound = scoreMean ?? Number.POSITIVE_INFINITY;
    const verdict =
      scoreMean === null
        ? "skipped"
        : backLower > bound || backUpper < -bound
          ? "fail"
          : lower >= -bound && upper <= bound
            ? "pass"
            : "inconclusive";
    const estimate = shadow ? progress.shadow.differences.mean : back.estimate;
    const [arm, control] = shadow ? [null, null] : [meanOf(progress.canaryScores), meanOf(progress.controlScores)];
    const shown = verdict === "fail" ? back : { lower, upper };
    return {
      estimate,
      lower,
      upper,
      look: {
        id: "score_mean",
        title: "Mean score",
        verdict,
        control,
        canary: arm,
        difference: Number.isFinite(estimate) ? estimate : null,
        interval: Number.isFinite(shown.lower) && Number.isFinite(shown.upper) ? [shown.lower, shown.upper] : null,
        eValue: null,
        bound: scoreMean,
        unit: "score",
        detail: `score mean ${signed(estimate)} [${signed(shown.lower)}, ${signed(shown.upper)}], ${Number.isFinite(bound) ? `bound ±${bound}` : "no bound"}`,
      },
    };
  };
  const failureLook = (): Look => {
    const { e } = evidence(progress.failures);
    const { canaryRequests, controlRequests } = progress.stage;
    return {
      id: "failures",
      title: "Failures",
      verdict: exceeds(progress.failures, alpha) ? "fail" : "pass",
      control: share(progress.controlFailures, controlRequests),
      canary: share(progress.canaryFailures, canaryRequests),
      difference: null,
      interval: null,
      eValue: e,
      bound: backAt,
      unit: "share",
      detail: `failures ${progress.canaryFailures} of ${canaryRequests} against ${progress.controlFailures} of ${controlRequests}, e ${round(e)}, back at ${round(backAt)}`,
    };
  };
  const latencyLook = (): Look | null => {
    if (latencyP95Ms === null || progress.stage.kind === "shadow") return null;
    const canary = msOf(canaryLatency);
    const control = msOf(controlLatency);
    const { e } = evidence(progress.slow);
    const over = exceeds(progress.slow, alpha);
    const verdict =
      over && (canary ?? 0) > latencyP95Ms
        ? "fail"
        : canary === null
          ? "inconclusive"
          : canary <= latencyP95Ms
            ? "pass"
            : (control ?? 0) > latencyP95Ms
              ? "warn"
              : "inconclusive";
    return {
      id: "latency_p95",
      title: "p95 latency",
      verdict,
      control: inSeconds(control),
      canary: inSeconds(canary),
      difference: canary !== null && control !== null ? (canary - control) / 1000 : null,
      interval: null,
      eValue: e,
      bound: latencyP95Ms / 1000,
      unit: "s",
      detail: `p95 ${round(canary ?? Number.NaN)} against ${round(control ?? Number.NaN)} ms, bound ${latencyP95Ms} ms${verdict === "warn" ? ": both are slow" : ""}`,
    };
  };
  const invalidLook = (): Look => {
    const shadow = progress.stage.kind === "shadow";
    const seen = shadow ? progress.shadow.onlyInShadow : progress.invalid;
    return {
      id: "invalid_outputs",
      title: shadow ? "Errors only in shadow" : "Invalid outputs",
      verdict: (shadow ? seen > 0 : tripWire(0, seen) !== null) ? "fail" : "pass",
      control: 0,
      canary: seen,
      difference: null,
      interval: null,
      eValue: null,
      bound: 0,
      unit: "rows",
      detail: shadow
        ? `${seen} of ${progress.shadow.rows} rows failed only in shadow`
        : `${seen} answers were no numbers or out of their range`,
    };
  };

  return {
    progress,
    rows: () => (progress.stage.kind === "shadow" ? progress.shadow.rows : progress.stage.canaryRows),
    begin(stage) {
      settle();
      progress.stage = { ...stage, canaryRows: 0, controlRows: 0, canaryRequests: 0, controlRequests: 0 };
      progress.canaryScores = emptyMoments();
      progress.controlScores = emptyMoments();
      progress.canaryFailures = 0;
      progress.controlFailures = 0;
      progress.ranMs = 0;
      canaryLatency = createLatency();
      controlLatency = createLatency();
    },
    answered(event) {
      const { stage, traffic } = progress;
      traffic.requests++;
      if (event.failed) traffic.fallbacks++;
      const canary = event.arm === "canary";
      if (stage.kind !== "canary") {
        stage.controlRows += event.rows;
        stage.controlRequests++;
        return null;
      }
      if (canary) {
        stage.canaryRows += event.rows;
        stage.canaryRequests++;
        canaryLatency.add(event.latencyUs);
        progress.consecutiveFailures = event.failed ? progress.consecutiveFailures + 1 : 0;
        if (event.invalid) progress.invalid++;
      } else {
        stage.controlRows += event.rows;
        stage.controlRequests++;
        controlLatency.add(event.latencyUs);
      }
      if (event.scores) {
        const into = canary ? canaryScores : controlScores;
        for (let i = 0; i < event.scores.length; i++) into.push(Number(event.scores[i]));
      }
      if (latencyP95Ms !== null && event.latencyUs > latencyP95Ms * 1000)
        progress.slow = addFailure(progress.slow, canary ? "canary" : "control", event.share);
      if (!event.failed) return null;
      if (canary) progress.canaryFailures++;
      else progress.controlFailures++;
      progress.failures = addFailure(progress.failures, canary ? "canary" : "control", event.share);
      const wire = canary ? tripWire(progress.consecutiveFailures, progress.invalid) : null;
      return wire ?? (exceeds(progress.failures, alpha) ? failureLook().detail : null);
    },
    shadowed(event) {
      const { shadow } = progress;
      shadow.rows += event.rows;
      if (!event.shadow) {
        shadow.onlyInShadow += event.rows;
        return;
      }
      for (let i = 0; i < event.rows; i++) {
        const [live, other] = [Number(event.live[i]), Number(event.shadow[i])];
        differences.push(other - live);
        shadow.largest = Math.max(shadow.largest, Math.abs(other - live));
        if (live >= plan.threshold !== other >= plan.threshold) shadow.flips++;
      }
    },
    looks() {
      if (progress.stage.kind === "shadow") return [invalidLook(), scoreLook().look];
      if (progress.stage.kind !== "canary") return [];
      const latency = latencyLook();
      return [failureLook(), invalidLook(), ...(latency ? [latency] : []), scoreLook().look];
    },
    sample(nowMs, now = false) {
      if (progress.stage.kind === "gate" || (!now && nowMs - progress.sampledMs < progress.sampleMs)) return;
      progress.sampledMs = nowMs;
      const { stage } = progress;
      const score = scoreLook();
      progress.points.push({
        atMs: nowMs,
        stage: stage.name,
        canaryRows: stage.kind === "shadow" ? progress.shadow.rows : stage.canaryRows,
        controlRows: stage.controlRows,
        eValue: stage.kind === "canary" ? evidence(progress.failures).e : null,
        scoreDifference: finite(score.estimate),
        scoreLower: finite(score.lower),
        scoreUpper: finite(score.upper),
        canaryFailures: progress.canaryFailures,
        controlFailures: progress.controlFailures,
        canaryP95Ms: msOf(canaryLatency),
        controlP95Ms: msOf(controlLatency),
      });
      if (progress.points.length >= pointLimit) {
        progress.points = thin(progress.points, pointLimit);
        progress.sampleMs *= 2;
      }
    },
    shareSeen() {
      const { canaryRequests, controlRequests, share: planned } = progress.stage;
      const all = canaryRequests + controlRequests;
      if (progress.stage.kind !== "canary" || all < 100 || planned <= 0 || planned >= 1) return null;
      return { seen: canaryRequests / all, p: chiSquareFit([canaryRequests, controlRequests], [planned, 1 - planned]).p };
    },
  };
}

export const worstLook = (looks: readonly Look[]) => worstVerdict(looks.map((look) => look.verdict));
const meanOf = (one: Moments): number | null => (one.n > 0 ? one.mean : null);
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const share = (count: number, of: number): number | null => (of > 0 ? count / of : null);
const msOf = (latency: Latency): number | null => {
  const us = latency.quantile(0.95);
  return us === undefined ? null : us / 1000;
};
const inSeconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
const round = (value: number): string => (Number.isNaN(value) ? "no" : value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const signed = (value: number): string =>
  Number.isFinite(value)
    ? `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`
    : value < 0
      ? "−∞"
      : Number.isNaN(value)
        ? "unknown"
        : "+∞";
