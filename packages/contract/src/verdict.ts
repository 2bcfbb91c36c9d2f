/** The six outcomes of anything that is asked. Inconclusive never counts as a pass. Order: most urgent first. */
export const verdicts = ["error", "fail", "inconclusive", "warn", "skipped", "pass"] as const;
export type Verdict = (typeof verdicts)[number];

/** The most urgent of several verdicts; nothing asked is `skipped`. */
export function worstVerdict(all: Iterable<Verdict>): Verdict {
  let worst: number = verdicts.length;
  for (const verdict of all) worst = Math.min(worst, verdicts.indexOf(verdict));
  return (verdicts as readonly Verdict[])[worst] ?? "skipped";
}

/** Only pass, and warn by being inside the hard bound, let anything go forward; skipped does when a rule skipped it. */
export const goesForward = (verdict: Verdict): boolean => verdict === "pass" || verdict === "warn" || verdict === "skipped";
