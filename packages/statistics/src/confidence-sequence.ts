import type { Moments } from "./moments.ts";
import { varianceOf } from "./moments.ts";
import { requireShare } from "./numbers.ts";

/** An interval that holds at all times at once: it may be looked at after every row. */
export interface SequenceInterval {
  estimate: number;
  standardError: number;
  lower: number;
  upper: number;
  alpha: number;
  /** Rows in all arms together. */
  n: number;
  /** Always-valid two-sided p-value of "the true value is 0" (of this look; keep the smallest over looks if you want the running one). */
  p: number;
}

export interface SequenceOptions {
  /** Chance that the truth is ever outside. */
  alpha?: number;
  /** Total rows at which the sequence should be tightest. */
  plannedN?: number;
  /** Fewer rows than this in any arm give an unbounded interval: the guarantee is asymptotic. */
  minimumN?: number;
}

/** The mixing parameter ρ that makes the sequence tightest near `plannedN` rows (Waudby-Smith et al., arXiv 2103.06476, eq. 161). */
export function tuningRho(plannedN: number, alpha = 0.05): number {
  requireShare(alpha, "alpha");
  return Math.sqrt((-2 * Math.log(alpha) + Math.log(1 - 2 * Math.log(alpha))) / plannedN);
}

/** Two-sided half-width at n rows of standard deviation `deviation` (same paper, eq. 9), in the unit of the deviation. */
export function sequenceHalfWidth(n: number, deviation: number, rho: number, alpha = 0.05): number {
  const grown = n * rho * rho + 1;
  return deviation * Math.sqrt(((2 * grown) / (n * rho) ** 2) * Math.log(Math.sqrt(grown) / alpha));
}

/** Always-valid p-value of a zero effect: min(1, √(nρ²+1) · exp(−ρ²·n·estimate² / (2·SE²·(nρ²+1)))). */
export function alwaysValidP(n: number, estimate: number, standardError: number, rho: number): number {
  if (estimate === 0) return 1;
  const grown = n * rho * rho + 1;
  const exponent = (rho * rho * estimate * estimate * n) / (2 * standardError * standardError * grown);
  return Math.min(1, Math.sqrt(grown) * Math.exp(-exponent));
}

function sequence(estimate: number, standardError: number, n: number, smallest: number, options: SequenceOptions): SequenceInterval {
  const { alpha = 0.05, plannedN = 5000, minimumN = 30 } = options;
  const rho = tuningRho(plannedN, alpha);
  const known = { estimate, standardError, alpha, n };
  if (smallest < minimumN || !(standardError > 0))
    return { ...known, lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY, p: 1 };
  const half = sequenceHalfWidth(n, Math.sqrt(n) * standardError, rho, alpha);
  return { ...known, lower: estimate - half, upper: estimate + half, p: alwaysValidP(n, estimate, standardError, rho) };
}

/** Confidence sequence of one mean. */
export function meanSequence(rows: Moments, options: SequenceOptions = {}): SequenceInterval {
  return sequence(rows.mean, Math.sqrt(varianceOf(rows) / rows.n), rows.n, rows.n, options);
}

/** Confidence sequence of treatment mean − control mean of two independent arms. */
export function differenceSequence(control: Moments, treatment: Moments, options: SequenceOptions = {}): SequenceInterval {
  const standardError = Math.sqrt(varianceOf(control) / control.n + varianceOf(treatment) / treatment.n);
  return sequence(treatment.mean - control.mean, standardError, control.n + treatment.n, Math.min(control.n, treatment.n), options);
}

/** Confidence sequence of the mean of paired differences (shadow against live on the same rows). */
export function pairedSequence(differences: Moments, options: SequenceOptions = {}): SequenceInterval {
  return meanSequence(differences, options);
}

/**
 * Mixture sequential probability ratio test of a zero mean: Λ = √(V/(V+nτ²))·exp(τ²S²/(2V(V+nτ²))), S = n·mean, with known row variance V and mixing
 * variance τ². `p` is that of this look; the smallest over looks is always valid.
 */
export function mixtureSprt(n: number, mean: number, variance: number, mixingVariance: number): { ratio: number; p: number } {
  const total = variance + n * mixingVariance;
  const ratio = Math.sqrt(variance / total) * Math.exp((mixingVariance * (n * mean) ** 2) / (2 * variance * total));
  return { ratio, p: Math.min(1, 1 / ratio) };
}
