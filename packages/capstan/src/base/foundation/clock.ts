/** Wall clock, injected everywhere. */
export type Clock = {
  /** Milliseconds since 1970-01-01 UTC. */
  nowMs(): number;
};
export const systemClock: Clock = { nowMs: () => Date.now() };
export const toTime = (ms: number): string => new Date(ms).toISOString();
