/** Relative risks that the evidence is averaged over, when nothing else is asked for. */
export const RELATIVE_RISKS: readonly number[] = [1.5, 2, 3, 5, 10, 20, 50, 100];

/** State of a failure-share e-process; plain JSON, so it can be kept and resumed. */
export interface FailureShare {
  relativeRisks: readonly number[];
  /** ln of the likelihood ratio collected so far, per relative risk. */
  logRatios: readonly number[];
  canaryFailures: number;
  controlFailures: number;
  /** Largest evidence seen so far (natural log): what an always-valid p-value may use. */
  maxLogEvidence: number;
}

export interface Evidence {
  /** E value: under "no worse" its expectation is ≤ 1 at every moment, so E ≥ 1/α ever happens with probability ≤ α. */
  e: number;
  logE: number;
  /** Always-valid p = min(1, 1 / largest E so far). */
  p: number;
}

/** Nothing observed yet: E = 1. */
export function startFailureShare(relativeRisks: readonly number[] = RELATIVE_RISKS): FailureShare {
  if (relativeRisks.length === 0 || relativeRisks.some((risk) => !(risk > 0))) throw new RangeError("relative risks must be positive");
  return { relativeRisks, logRatios: relativeRisks.map(() => 0), canaryFailures: 0, controlFailures: 0, maxLogEvidence: 0 };
}

/**
 * One more failure (or `count` failures at the same weight). `weight` is the canary's share of traffic at this moment, 0..1: if the canary is
 * no worse, a failure falls on it with probability ≤ weight. At relative risk r that probability is θ = wr/(1 − w + wr).
 * The weight may change between failures. At weight 0 or 1 a failure tells nothing.
 */
export function addFailure(state: FailureShare, arm: "canary" | "control", weight: number, count = 1): FailureShare {
  if (!(weight >= 0 && weight <= 1)) throw new RangeError(`weight must lie in [0, 1], got ${weight}`);
  const canary = arm === "canary";
  const tells = weight > 0 && weight < 1;
  const logRatios = state.relativeRisks.map((risk, i) => {
    const scale = 1 - weight + weight * risk;
    return state.logRatios[i]! + (tells ? count * (canary ? Math.log(risk / scale) : -Math.log(scale)) : 0);
  });
  return {
    relativeRisks: state.relativeRisks,
    logRatios,
    canaryFailures: state.canaryFailures + (canary ? count : 0),
    controlFailures: state.controlFailures + (canary ? 0 : count),
    maxLogEvidence: Math.max(state.maxLogEvidence, logMean(logRatios)),
  };
}

/** The evidence that the canary fails more often than its share of traffic. */
export function evidence(state: FailureShare): Evidence {
  const logE = logMean(state.logRatios);
  return { e: Math.exp(logE), logE, p: Math.min(1, Math.exp(-state.maxLogEvidence)) };
}

/** Has the evidence ever reached 1/α? Wrong with probability ≤ α, however often it is asked. */
export function exceeds(state: FailureShare, alpha: number): boolean {
  return state.maxLogEvidence >= -Math.log(alpha);
}

/** ln of the mean of exponentials, without overflow. */
function logMean(logs: readonly number[]): number {
  const top = Math.max(...logs);
  return top + Math.log(logs.reduce((total, log) => total + Math.exp(log - top), 0) / logs.length);
}
