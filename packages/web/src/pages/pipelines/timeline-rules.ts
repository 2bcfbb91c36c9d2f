/** A step on the clock of its run, in seconds since the run began; null where it has not come that far. */
export type Timed = { step: string; from: number | null; to: number | null; needs: readonly string[] };

/** When what a step needs was there: the end of the last of them, or the begin of the run. */
export function readyAt(step: Timed, all: ReadonlyMap<string, Timed>): number {
  return Math.max(0, ...step.needs.map((name) => all.get(name)?.to ?? 0));
}

/** The steps that no other could have made shorter: from the one that ended last, back through the need that ended last. */
export function criticalPath(steps: readonly Timed[]): ReadonlySet<string> {
  const all = new Map(steps.map((step) => [step.step, step]));
  const path = new Set<string>();
  let at = steps.filter((step) => step.to !== null).toSorted((a, b) => (b.to ?? 0) - (a.to ?? 0))[0];
  while (at && !path.has(at.step)) {
    path.add(at.step);
    at = at.needs
      .map((name) => all.get(name))
      .filter((one): one is Timed => one !== undefined && one.to !== null)
      .toSorted((a, b) => (b.to ?? 0) - (a.to ?? 0))[0];
  }
  return path;
}

/** Round times from zero on, at most six, the last within the whole. */
export function ticksOf(whole: number): number[] {
  const sizes = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400, 604_800];
  const size = sizes.find((one) => whole / one <= 5) ?? whole / 5;
  const ticks: number[] = [];
  for (let tick = 0; tick <= whole + size / 1000; tick += size) ticks.push(Number(tick.toPrecision(6)));
  return ticks;
}
